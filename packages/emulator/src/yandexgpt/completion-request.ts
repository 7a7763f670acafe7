import { isObject } from '../exchange.ts'
import { isAbsent, readBoolean, readEnum, readFields, readInt64, readNumber, readOneOf, readString } from './fields.ts'
import type { Fields } from './fields.ts'
import { readMessages, type CompletionMessage } from './read-messages.ts'
import { readToolSettings, type ToolSettings } from './read-tools.ts'
import { refuse } from './refusals.ts'

/** The body of a completion, with types and values checked. */
export interface CompletionRequest extends ToolSettings {
  readonly modelUri: string
  readonly messages: readonly CompletionMessage[]
  readonly stream: boolean
  readonly maxTokens?: number
  /** `ENABLED_HIDDEN`: the model thinks first, and only the tokens of that are told. */
  readonly reasons: boolean
  readonly format: AnswerFormat
}

/** Prose, any JSON object, or JSON under a schema. */
export type AnswerFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json' }
  | { readonly type: 'schema'; readonly schema: object }

const reasoningModes = ['REASONING_MODE_UNSPECIFIED', 'DISABLED', 'ENABLED_HIDDEN'] as const

/**
 * Reads and checks a completion request: camel case or snake case, int64 as number or string, unknown fields
 * tolerated. Texts of the range errors are ours; the service publishes the ranges only.
 *
 * @throws Refusal with 400
 */
export function readCompletionRequest(body: unknown): CompletionRequest {
  const fields = readFields(body, 'body')
  const options = isAbsent(fields['completionOptions'])
    ? {}
    : readFields(fields['completionOptions'], 'completionOptions')
  const maxTokens = readInt64(options['maxTokens'], 'completionOptions.maxTokens')
  if (maxTokens !== undefined && maxTokens <= 0) throw refuse(400, 'max_tokens must be greater than 0')
  checkTemperature(options)
  return {
    modelUri: readString(fields['modelUri'], 'modelUri'),
    messages: readMessages(fields['messages']),
    stream: readBoolean(options['stream'], 'completionOptions.stream') ?? false,
    reasons: readReasoning(options),
    format: readFormat(fields),
    ...readToolSettings(fields),
    ...(maxTokens === undefined ? {} : { maxTokens }),
  }
}

function checkTemperature(options: Fields): void {
  const temperature = readNumber(options['temperature'], 'completionOptions.temperature')
  if (temperature !== undefined && (temperature < 0 || temperature > 1)) {
    throw refuse(400, 'temperature must be in range [0, 1]')
  }
}

function readReasoning(options: Fields): boolean {
  if (isAbsent(options['reasoningOptions'])) return false
  const { mode } = readFields(options['reasoningOptions'], 'completionOptions.reasoningOptions')
  return readEnum(mode, 'reasoningOptions.mode', reasoningModes) === 'ENABLED_HIDDEN'
}

function readFormat(fields: Fields): AnswerFormat {
  const given = readOneOf(fields, ['jsonObject', 'jsonSchema'], 'body')
  if (given === 'jsonObject')
    return { type: readBoolean(fields['jsonObject'], 'jsonObject') === true ? 'json' : 'text' }
  if (given === undefined) return { type: 'text' }
  const { schema } = readFields(fields['jsonSchema'], 'jsonSchema')
  if (!isObject(schema)) throw refuse(400, 'invalid value for field jsonSchema.schema', 'it is not an object')
  return { type: 'schema', schema }
}
