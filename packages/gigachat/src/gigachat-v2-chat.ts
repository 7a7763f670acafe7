import { ChatRequest, JsonExchange } from '@shlyuz/core'
import type {
  CallPart,
  Loss,
  ModelRef,
  Operation,
  Reply,
  SchemaRules,
  StreamReply,
  TextCall,
  TextResult,
  WireRequest,
} from '@shlyuz/core'
import { checkGigachatFunctions, checkToolChoice, convertToGigachatFunctions } from './convert-to-gigachat-functions.ts'
import { convertToGigachatV2Messages } from './convert-to-gigachat-v2-messages.ts'
import { checkResponseFormat, createResponseFormat, ignoredTopP } from './gigachat-chat.ts'
import { uploadFiles } from './gigachat-files.ts'
import { createGigachatHeaders, type GigachatOptions } from './gigachat-options.ts'
import { isObject } from './gigachat-settings.ts'
import { readV2Options, type GigachatV2Options } from './gigachat-v2-options.ts'
import { GigachatV2StreamDecoder } from './gigachat-v2-stream-decoder.ts'
import { gigachatV2AnswerShape, readGigachatV2Answer } from './read-gigachat-v2-answer.ts'

/**
 * Address of version 2 for a base address: a version at its end becomes 2, and without one it stays as it is.
 * Source: ai-forever/gigachat, its address of the primary chat.
 */
export function createV2Url(baseUrl: string): string {
  return baseUrl.replace(/\/v\d+(\/*)$/, '/v2$1')
}

/** `POST /v2/chat/completions`. `providerName`: whose the files are that the service makes. */
export function* converseV2(call: TextCall, model: ModelRef, providerName: string): Operation<TextResult> {
  const fileIds = yield* uploadFiles(call)
  const body = createGigachatV2Body(call, model, fileIds)
  return call.stream
    ? yield* converseStreamed(createRequest(call, body), model, providerName)
    : yield* converseWhole(createRequest(call, body), model, providerName)
}

function* converseWhole(request: WireRequest, model: ModelRef, providerName: string): Operation<TextResult> {
  const reply = (yield new JsonExchange(request, gigachatV2AnswerShape)) as Reply
  return readGigachatV2Answer(reply.body, model, providerName)
}

function* converseStreamed(request: WireRequest, model: ModelRef, providerName: string): Operation<TextResult> {
  let decoder = new GigachatV2StreamDecoder(model, providerName)
  const createDecoder = (): GigachatV2StreamDecoder => (decoder = new GigachatV2StreamDecoder(model, providerName))
  const { end, content } = (yield { do: 'stream', request, createDecoder }) as StreamReply
  return {
    content,
    finishReason: end.finishReason,
    ...(end.rawFinishReason !== undefined && { rawFinishReason: end.rawFinishReason }),
    usage: end.usage,
    ...(decoder.modelId !== undefined && { modelId: decoder.modelId }),
    ...(decoder.rawModel !== undefined && { rawModel: decoder.rawModel }),
    ...(end.warnings !== undefined && { warnings: end.warnings }),
  }
}

function createRequest(call: TextCall, body: object): WireRequest {
  const headers = createGigachatHeaders(call.options as GigachatOptions)
  return new ChatRequest('v2', '/chat/completions', headers, body, call.stream)
}

/**
 * The body of a v2 request. Settings stand in `model_options`. It keeps parallel calls and `reasoningEffort: 'off'`,
 * which v1 cannot; several system messages, temperature 0, `toolChoice: 'required'` and failed results are translated
 * as on v1, and `seed`, the penalties and `stop` are unknown to it as well.
 * Source: official OpenAPI file (api.yml), `POST /v2/chat/completions`; `reasoning`, `parallel_tool_calls`, `preset`
 * and the filter's settings: the official Python client.
 */
export function createGigachatV2Body(call: TextCall, model: ModelRef, fileIds: ReadonlyMap<CallPart, string>): object {
  const { extraBody, profanityCheck, flags, functionRanker } = call.options as GigachatOptions
  const v2 = readV2Options(call.options)
  const { toolResultRole = 'function', disableFilter, filterConfig, timezone } = v2
  const ranker = functionRanker || v2.rankerOptions ? { ...functionRanker, ...v2.rankerOptions } : undefined
  return {
    ...extraBody,
    model: model.catalogueId,
    messages: convertToGigachatV2Messages(call.messages, fileIds, toolResultRole),
    ...withoutAbsent({
      model_options: createModelOptions(call, v2),
      ...createToolFields(call, v2),
      disable_filter: disableFilter ?? (profanityCheck === undefined ? undefined : !profanityCheck),
      filter_config: filterConfig && {
        request_content: filterConfig.requestContent,
        response_content: filterConfig.responseContent,
      },
      ranker_options: ranker && {
        enabled: ranker.enabled,
        top_n: ranker.topN,
        embeddings_model: v2.rankerOptions?.embeddingsModel,
      },
      user_info: timezone === undefined ? undefined : { timezone },
      flags,
      stream: call.stream ? true : undefined,
    }),
  }
}

function createModelOptions(call: TextCall, v2: GigachatV2Options): object | undefined {
  const { settings, tools, parallelToolCalls, output } = call
  const { temperature, topP, maxOutputTokens, reasoningEffort } = settings
  const options = call.options as GigachatOptions
  const further = options.extraBody?.['model_options']
  const hasReasoning = reasoningEffort !== undefined || v2.reasoningMaxTokens !== undefined
  const created = {
    ...(isObject(further) ? further : {}),
    ...withoutAbsent({
      // 0 is outside the schema's range; the most likely word alone is what it means.
      ...(temperature === 0 ? { top_p: 0 } : { temperature, top_p: topP }),
      max_tokens: maxOutputTokens,
      repetition_penalty: options.repetitionPenalty,
      update_interval: options.updateInterval,
      unnormalized_history: v2.unnormalizedHistory,
      preset: v2.preset,
      response_format: createResponseFormat(output, options),
      reasoning: hasReasoning
        ? withoutAbsent({ effort: reasoningEffort, max_tokens: v2.reasoningMaxTokens })
        : undefined,
      parallel_tool_calls: tools.length > 0 ? parallelToolCalls : undefined,
    }),
  }
  return Object.keys(created).length > 0 ? created : undefined
}

/** v2 takes schemas whole, as the official Python client sends them; only references are not known to be followed. */
const functionSchemaRulesV2: SchemaRules = { service: 'GigaChat', inlineReferences: true, requireProperties: true }

/** `tools` and `tool_config`: one key for each tool, all own functions under one of them. */
function createToolFields({ tools, toolChoice }: TextCall, v2: GigachatV2Options): object {
  const builtIns = Object.entries(v2.builtInTools ?? {}).map(([name, use]) => ({ [name]: use === true ? {} : use }))
  if (tools.length === 0 && builtIns.length === 0) return {}
  return {
    tools: [
      ...(tools.length > 0
        ? [{ functions: { specifications: convertToGigachatFunctions(tools, functionSchemaRulesV2) } }]
        : []),
      ...builtIns,
    ],
    tool_config: createToolConfig(tools, toolChoice, v2.forcedTool),
  }
}

function createToolConfig(
  tools: TextCall['tools'],
  choice: TextCall['toolChoice'],
  forcedTool: GigachatV2Options['forcedTool'],
): object {
  if (typeof choice === 'object') return { mode: 'forced', function_name: choice.tool }
  const [only] = tools
  // There is no `required`; several tools are refused in `checkToolChoice`.
  if (choice === 'required' && only) return { mode: 'forced', function_name: only.name }
  if (choice === 'none') return { mode: 'none' }
  return forcedTool === undefined ? { mode: 'auto' } : { mode: 'forced', tool_name: forcedTool }
}

/** What v2 cannot keep of a call beyond its column of the loss table. */
export function checkV2Call(call: TextCall): readonly Loss[] {
  const { temperature, topP } = call.settings
  return [
    ...(temperature === 0 && topP !== undefined ? [ignoredTopP] : []),
    ...checkToolChoice(call),
    ...checkGigachatFunctions(call.tools, functionSchemaRulesV2),
    ...checkResponseFormat(call),
    ...checkOptions(call),
  ]
}

function checkOptions({ tools, toolChoice, options }: TextCall): readonly Loss[] {
  const { builtInFunctions = [] } = options as GigachatOptions
  const { forcedTool } = readV2Options(options)
  const isForcedInVain = forcedTool !== undefined && (tools.length > 0 || toolChoice === 'none')
  return [...(builtInFunctions.length > 0 ? [builtInsOfV1] : []), ...(isForcedInVain ? [forcedToolConflict] : [])]
}

const builtInsOfV1: Loss = {
  effect: 'refuse',
  code: 'option-of-other-api',
  setting: 'providerOptions.gigachat.builtInFunctions',
  message: 'builtInFunctions are functions of v1; v2 has tools of its own',
  hint: 'Для v2 пишите providerOptions.gigachat.v2.builtInTools: { image_generate: true } вместо builtInFunctions.',
}

/** Every step of the call would be forced, and none of its tools be asked for. */
const forcedToolConflict: Loss = {
  effect: 'refuse',
  code: 'forced-tool-conflict',
  setting: 'providerOptions.gigachat.v2.forcedTool',
  message: "forcedTool excludes tools, an output that needs a tool, and toolChoice 'none'",
  hint: "Оставьте одно: providerOptions.gigachat.v2.forcedTool или tools; toolChoice: 'none' при forcedTool уберите.",
}

function withoutAbsent(fields: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/** Built-in tools that carry words of the conversation out into the web, or fetch from there. */
const remoteTools = ['web_search', 'url_content_extraction']

/** Those of {@link remoteTools} that the call switches on: the policy decides on them. */
export function remoteToolsOf({ options }: TextCall): readonly string[] {
  const { builtInTools = {} } = readV2Options(options)
  return Object.keys(builtInTools).filter((name) => remoteTools.includes(name))
}
