import { cellOf } from '../features/check-features.ts'
import type { Provider, TextCall } from '../provider.ts'
import type { ResolvedSchema } from '../schemas/resolve-schema.ts'
import type { Feature } from '../vocabulary/features.ts'
import type { PartMessage } from '../vocabulary/messages.ts'
import type { ModelCard, ModelRef } from '../vocabulary/models.ts'
import type { TextSettings } from '../vocabulary/settings.ts'
import type { ToolChoice, ToolSpec } from '../vocabulary/tools.ts'
import type { Loss } from '../vocabulary/warnings.ts'
import type { CheckedText } from './check-text-options.ts'
import type { CheckedTools } from './check-tools.ts'

/** What is asked, in neutral words, before a provider is chosen. A class: see `Leg`. */
export class TextDraft {
  readonly messages: readonly PartMessage[]
  readonly settings: TextSettings
  readonly stream: boolean
  readonly tools: CheckedTools
  readonly toolChoice: ToolChoice
  readonly parallelToolCalls: boolean | undefined
  readonly output: ResolvedSchema | undefined
  readonly outputMode: 'auto' | 'native' | 'emulated'
  /** No more tools: the output is due now. */
  readonly mustOutput: boolean

  /** A question of a call; by default its first one. */
  constructor(
    checked: CheckedText,
    messages: readonly PartMessage[],
    stream = false,
    toolChoice: ToolChoice = checked.toolChoice,
    mustOutput = false,
  ) {
    this.messages = messages
    this.settings = checked.settings
    this.stream = stream
    this.tools = checked.tools
    this.toolChoice = toolChoice
    this.parallelToolCalls = checked.parallelToolCalls
    this.output = checked.output
    this.outputMode = checked.outputMode
    this.mustOutput = mustOutput
  }
}

/** What one provider is asked. A class: see `Leg`. */
export class PreparedCall {
  readonly call: TextCall
  readonly losses: readonly Loss[]
  /** How the output is asked for; absent when none is. */
  declare readonly outputMode?: 'native' | 'emulated'
  /** The tool whose arguments are the output. */
  declare readonly outputTool?: string

  constructor(call: TextCall, losses: readonly Loss[]) {
    this.call = call
    this.losses = losses
  }
}

/** A call for text alone. A class: see `Leg`. */
class PlainTextCall implements TextCall {
  readonly messages: readonly PartMessage[]
  readonly settings: TextSettings
  readonly stream: boolean
  readonly options: unknown
  readonly tools: readonly ToolSpec[]
  readonly toolChoice: ToolChoice

  constructor({ messages, settings, stream, toolChoice }: TextDraft, tools: readonly ToolSpec[], options: unknown) {
    this.messages = messages
    this.settings = settings
    this.stream = stream
    this.options = options
    this.tools = tools
    this.toolChoice = toolChoice
  }
}

const noTools: readonly ToolSpec[] = Object.freeze([])

/** Puts a draft into the form that one provider can keep, by the loss table of the surface that serves the model. */
export function createTextCall(draft: TextDraft, provider: Provider, ref: ModelRef, options: unknown): PreparedCall {
  const { messages, settings, stream, tools, parallelToolCalls, output } = draft
  const specs = tools.size === 0 ? noTools : [...tools.values()].map(({ spec }) => spec)
  if (!output && parallelToolCalls === undefined) {
    return finish(provider, ref, new PlainTextCall(draft, specs, options))
  }
  const common = {
    messages,
    settings,
    stream,
    options,
    ...(parallelToolCalls !== undefined && { parallelToolCalls }),
  }
  if (!output) return finish(provider, ref, { ...common, tools: specs, toolChoice: draft.toolChoice })
  const keeps = keeper(provider, ref, options)
  const feature: Feature = specs.length > 0 ? 'output-with-tools' : 'output'
  const isNative = draft.outputMode !== 'emulated' && keeps(feature) === 'kept'
  if (isNative || draft.outputMode === 'native') {
    const prepared = finish(provider, ref, {
      ...common,
      tools: specs,
      toolChoice: draft.mustOutput && specs.length > 0 ? 'none' : draft.toolChoice,
      output: { name: 'output', schema: output.jsonSchema },
    })
    return { ...prepared, outputMode: 'native', losses: [...prepared.losses, ...refuseNative(isNative, feature)] }
  }
  const outputTool = freeName(tools)
  // Without another tool, or with none left to ask, the output is the one thing to call.
  const isForced = draft.mustOutput || specs.length === 0 || draft.toolChoice === 'none'
  const spec: ToolSpec = {
    name: outputTool,
    description: 'Gives the final answer. Call it once, when the answer is known, with the whole answer as arguments.',
    inputSchema: toObjectSchema(output),
    strict: true,
  }
  const prepared = finish(provider, ref, {
    ...common,
    tools: isForced ? [spec] : [...specs, spec],
    // Not `required`: that makes models call their tools again and again.
    toolChoice: isForced ? { tool: outputTool } : draft.toolChoice,
  })
  return { ...prepared, outputMode: 'emulated', outputTool }
}

function finish(provider: Provider, ref: ModelRef, call: TextCall): PreparedCall {
  const frozen = Object.freeze(call)
  return new PreparedCall(frozen, provider.check(frozen, ref))
}

function keeper(provider: Provider, ref: ModelRef, options: unknown): (feature: Feature) => string {
  const surface = provider.surfaceOf(ref, options)
  const card = findCard(provider, ref)
  return (feature) => cellOf(surface, feature, card).keep
}

function refuseNative(isNative: boolean, feature: Feature): readonly Loss[] {
  if (isNative) return []
  return [
    {
      effect: 'refuse',
      code: `${feature}-not-native`,
      setting: 'outputMode',
      message: 'this model has no output by schema of its own',
      hint: "Уберите outputMode: 'native': схема будет выдержана через вызов инструмента.",
    },
  ]
}

/** Arguments are an object: an output of another type is wrapped, see {@link readOutputCall}. */
function toObjectSchema({ jsonSchema }: ResolvedSchema): ToolSpec['inputSchema'] {
  if (isObjectSchema(jsonSchema)) return jsonSchema
  const { $defs, definitions, ...schema } = jsonSchema
  return {
    type: 'object',
    properties: { value: schema },
    required: ['value'],
    ...($defs !== undefined && { $defs }),
    ...(definitions !== undefined && { definitions }),
  }
}

/** The output in the arguments of the output tool. */
export function readOutputCall(input: unknown, { jsonSchema }: ResolvedSchema): unknown {
  if (isObjectSchema(jsonSchema)) return input
  return typeof input === 'object' && input !== null ? (input as { value?: unknown }).value : undefined
}

function isObjectSchema(schema: ToolSpec['inputSchema']): boolean {
  return schema['type'] === 'object' || schema['$ref'] !== undefined
}

function freeName(tools: CheckedTools): string {
  let name = 'output'
  while (tools.has(name)) name += '_'
  return name
}

/** The card of a model, compared without case. */
export function findCard(provider: Provider, ref: ModelRef): ModelCard | undefined {
  const { catalogueId } = ref
  const { models } = provider
  const exact = models.find(({ id }) => id === catalogueId)
  if (exact) return exact
  const wanted = catalogueId.toLowerCase()
  return models.find(({ id }) => id.toLowerCase() === wanted)
}
