import { ProtocolError, ServerError } from '@shlyuz/core'
import type { ContentPart, ModelRef, Shape, StreamPart, TextResult, ToolCallPart } from '@shlyuz/core'
import { convertGigachatUsage } from './convert-gigachat-usage.ts'
import { FileTagReader } from './file-tag-reader.ts'
import { convertGigachatAnswerError, isGigachatError } from './gigachat-errors.ts'
import { convertAnsweredModel } from './gigachat-models.ts'
import { isObject } from './gigachat-settings.ts'
import { mapGigachatFinishReason } from './map-gigachat-finish-reason.ts'

/** Source: `POST /v1/chat/completions`, 200. An error body inside a 200 has no choices and is read as such. */
export const gigachatAnswerShape: Shape = (z) =>
  z.object({
    choices: z
      .array(
        z.object({
          message: z.object({
            content: z.string().nullish(),
            reasoning_content: z.string().nullish(),
            function_call: z.object({ name: z.string() }).nullish(),
          }),
          finish_reason: z.string().nullish(),
        }),
      )
      .optional(),
    model: z.string().nullish(),
    usage: z.object({}).nullish(),
  })

/**
 * A whole answer of v1 in neutral words. `providerName`: whose the generated files are.
 * @throws ProtocolError for what is no answer, ServerError for an error inside a 200
 */
export function readGigachatAnswer(body: unknown, model: ModelRef, providerName: string): TextResult {
  if (!isObject(body)) throw unreadable('it is not a JSON object')
  if (isGigachatError(body)) throw createAnswerError(body)
  const choice: unknown = Array.isArray(body['choices']) ? body['choices'][0] : undefined
  if (!isObject(choice) || !isObject(choice['message'])) throw unreadable('it has no choices')
  const content = readContent(choice['message'], providerName)
  const { finish_reason: finishReason } = choice
  const raw = typeof finishReason === 'string' ? finishReason : undefined
  const modelId = convertAnsweredModel(body['model'], model)
  return {
    content,
    finishReason: mapGigachatFinishReason(
      raw,
      content.some(({ type }) => type === 'tool-call'),
    ),
    ...(raw !== undefined && { rawFinishReason: raw }),
    usage: convertGigachatUsage(body['usage']),
    ...(modelId !== undefined && { modelId }),
    ...(typeof body['model'] === 'string' && { rawModel: body['model'] }),
  }
}

function readContent(message: Readonly<Record<string, unknown>>, providerName: string): readonly ContentPart[] {
  const { content: said, reasoning_content: thought, function_call: call, functions_state_id: stateId } = message
  const text = said ?? ''
  if (typeof text !== 'string') throw unreadable('its content is not a string')
  const parts: StreamPart[] = []
  const tags = new FileTagReader(providerName)
  tags.push(text, parts)
  tags.end(parts)
  return [
    ...(typeof thought === 'string' && thought !== '' ? [{ type: 'reasoning', text: thought } as const] : []),
    ...parts.flatMap((part): readonly ContentPart[] => {
      if (part.type === 'text-delta') return [{ type: 'text', text: part.text }]
      return part.type === 'file' ? [part] : []
    }),
    ...(isObject(call) ? [readCall(call['name'], call['arguments'], stateId)] : []),
  ]
}

/**
 * A call of v1, which has no id. `functions_state_id` comes back in the history as `providerMetadata`.
 * @throws ProtocolError for a call without a name
 */
export function readCall(name: unknown, input: unknown, stateId: unknown): ToolCallPart {
  if (typeof name !== 'string' || name === '') throw unreadable('a function call has no name')
  return {
    type: 'tool-call',
    toolCallId: '',
    toolName: name,
    ...readToolInput(input),
    ...(typeof stateId === 'string' &&
      stateId !== '' && { providerMetadata: { gigachat: { functionsStateId: stateId } } }),
  }
}

/** Arguments of a call: an object on the wire, a string with JSON by the schema; both are read. None are `{}`. */
export function readToolInput(given: unknown): Pick<ToolCallPart, 'input' | 'invalidInput'> {
  if (given === undefined || given === null || given === '') return { input: {} }
  if (isObject(given)) return { input: given }
  if (typeof given !== 'string') return { input: undefined, invalidInput: JSON.stringify(given) }
  const parsed = parseJson(given)
  return isObject(parsed) ? { input: parsed } : { input: undefined, invalidInput: given }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function createAnswerError(body: Readonly<Record<string, unknown>>): ServerError {
  const { message, hint, status } = convertGigachatAnswerError(body)
  return new ServerError(message, {
    isRetryable: true,
    ...(hint !== undefined && { hint }),
    ...(status !== undefined && { status }),
  })
}

function unreadable(why: string): ProtocolError {
  return new ProtocolError(`GigaChat's answer cannot be read: ${why}`, {
    hint: 'Ответ не похож на GigaChat: проверьте baseUrl и прокси.',
  })
}
