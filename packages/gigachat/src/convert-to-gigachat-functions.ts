import {
  normaliseJsonSchema,
  type JsonSchema,
  type Loss,
  type SchemaRules,
  type TextCall,
  type ToolSpec,
} from '@shlyuz/core'
import { builtInFunctions, type GigachatOptions } from './gigachat-options.ts'

/** A function as GigaChat describes it, in `functions` of v1 and in the specifications of v2. */
export interface GigachatFunction {
  readonly name: string
  readonly description?: string
  readonly parameters: JsonSchema
  readonly few_shot_examples?: readonly { readonly request: string; readonly params: unknown }[]
  readonly return_parameters?: JsonSchema
}

/**
 * What v1 takes of JSON Schema: no `$ref`, no unions, and `properties` at every object (else 422 `Field
 * 'properties.data.properties' is missing`). Source: ai-forever/gigachain issue 253, langchain-gigachat issues 11, 12.
 */
export const functionSchemaRules: SchemaRules = {
  service: 'GigaChat',
  inlineReferences: true,
  mergeAllOf: true,
  noUnions: true,
  requireProperties: true,
}

/** The tools of a call as functions. Their schemas lose what {@link checkGigachatFunctions} says. */
export function convertToGigachatFunctions(
  tools: readonly ToolSpec[],
  rules: SchemaRules = functionSchemaRules,
): readonly GigachatFunction[] {
  return tools.map(({ name, description, inputSchema, examples, outputSchema }) => ({
    name,
    ...(description !== undefined && { description }),
    parameters: normaliseJsonSchema(inputSchema, rules, `tools.${name}`).schema,
    ...(examples !== undefined &&
      examples.length > 0 && {
        few_shot_examples: examples.map(({ request, input }) => ({ request, params: input })),
      }),
    ...(outputSchema !== undefined && {
      return_parameters: normaliseJsonSchema(outputSchema, rules, `tools.${name}.outputSchema`).schema,
    }),
  }))
}

/** What of the tools GigaChat cannot be told. */
export function checkGigachatFunctions(
  tools: readonly ToolSpec[],
  rules: SchemaRules = functionSchemaRules,
): readonly Loss[] {
  const reserved: readonly string[] = builtInFunctions
  return tools.flatMap(({ name, inputSchema, outputSchema }): readonly Loss[] => [
    ...(reserved.includes(name) ? [reservedName(name)] : []),
    ...normaliseJsonSchema(inputSchema, rules, `tools.${name}`).losses,
    ...(outputSchema ? normaliseJsonSchema(outputSchema, rules, `tools.${name}.outputSchema`).losses : []),
  ])
}

/** The service would run its own function under this name, and the tool never. */
function reservedName(name: string): Loss {
  return {
    effect: 'refuse',
    code: 'tool-name-reserved',
    setting: `tools.${name}`,
    message: `'${name}' is a function of GigaChat itself`,
    hint: `Переименуйте инструмент '${name}': это имя встроенной функции GigaChat (builtInFunctions).`,
  }
}

/** `functions` and `function_call` of a v1 request; nothing without tools. */
export function createFunctionFields({ tools, toolChoice }: TextCall, options: GigachatOptions): object {
  const builtIns = options.builtInFunctions ?? []
  if (tools.length === 0 && builtIns.length === 0) return {}
  return {
    functions: [...convertToGigachatFunctions(tools), ...builtIns.map((name) => ({ name }))],
    // Stated in any case: without it older models took `none` for granted.
    function_call: tools.length === 0 && toolChoice !== 'none' ? 'auto' : convertToolChoice(tools, toolChoice),
  }
}

function convertToolChoice(
  tools: readonly ToolSpec[],
  choice: TextCall['toolChoice'],
): 'auto' | 'none' | { readonly name: string } {
  if (typeof choice === 'object') return { name: choice.tool }
  const [only] = tools
  // There is no `required`; several tools are refused in `checkToolChoice`.
  if (choice === 'required') return only === undefined ? 'auto' : { name: only.name }
  return choice
}

/** `toolChoice: 'required'` can be kept with exactly one tool: by forcing that one. */
export function checkToolChoice({ tools, toolChoice }: TextCall): readonly Loss[] {
  if (toolChoice !== 'required' || tools.length < 2) return []
  return [
    {
      effect: 'refuse',
      code: 'tool-choice-required-unsupported',
      setting: 'toolChoice',
      message: `GigaChat cannot be made to choose among ${tools.length} tools; it can be forced to take one`,
      hint: "Для GigaChat задайте toolChoice: { tool: 'имя' }, оставьте один инструмент или 'auto'.",
    },
  ]
}
