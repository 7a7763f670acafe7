import { normaliseJsonSchema } from '@shlyuz/core'
import type { Loss, SchemaRules, TextCall, ToolChoice } from '@shlyuz/core'

/**
 * What YandexGPT's schemas are held to: a reference is put in place of itself, because nothing says that the service
 * follows one; the rest, unions included, goes as it is, and the service has the last word.
 */
const schemaRules: SchemaRules = { service: 'YandexGPT', inlineReferences: true }

/** The fields of the body that tell of tools and of the shape of the answer. */
export interface YandexgptToolFields {
  readonly tools?: readonly {
    readonly function: {
      readonly name: string
      readonly description?: string
      readonly parameters: object
      readonly strict?: boolean
    }
  }[]
  readonly toolChoice?: { readonly mode: 'NONE' | 'REQUIRED' } | { readonly functionName: string }
  readonly parallelToolCalls?: boolean
  readonly jsonSchema?: { readonly schema: object }
}

/**
 * Tools, their choice and the output schema in the words of the native completion. The choice `auto` is the
 * service's own default and is not sent.
 * Source: yandex/cloud/ai/foundation_models/v1/text_common.proto, Tool and ToolChoice; its comment that tools are
 * ignored is out of date.
 */
export function convertToYandexgptTools(call: TextCall): YandexgptToolFields {
  const { tools, toolChoice, parallelToolCalls, output } = call
  const choice = convertChoice(toolChoice)
  return {
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, inputSchema, strict }) => ({
        function: {
          name,
          ...(description !== undefined && { description }),
          parameters: normalise(inputSchema, `tools.${name}`).schema,
          ...(strict !== undefined && { strict }),
        },
      })),
      ...(choice && { toolChoice: choice }),
      ...(parallelToolCalls !== undefined && { parallelToolCalls }),
    }),
    ...(output && { jsonSchema: { schema: normalise(output.schema, 'output').schema } }),
  }
}

/** What of the schemas of a call cannot be expressed. */
export function checkYandexgptSchemas({ tools, output }: TextCall): readonly Loss[] {
  return [
    ...tools.flatMap(({ name, inputSchema }) => normalise(inputSchema, `tools.${name}`).losses),
    ...(output ? normalise(output.schema, 'output').losses : []),
  ]
}

function convertChoice(choice: ToolChoice): YandexgptToolFields['toolChoice'] {
  if (typeof choice === 'object') return { functionName: choice.tool }
  if (choice === 'auto') return undefined
  return { mode: choice === 'none' ? 'NONE' : 'REQUIRED' }
}

function normalise(
  schema: TextCall['tools'][number]['inputSchema'],
  where: string,
): ReturnType<typeof normaliseJsonSchema> {
  return normaliseJsonSchema(schema, schemaRules, where)
}
