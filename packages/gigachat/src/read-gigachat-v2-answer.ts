import { ProtocolError, ServerError } from '@shlyuz/core'
import type { ContentPart, ModelRef, Shape, TextResult, ToolCallPart, Warning } from '@shlyuz/core'
import { convertGigachatV2Usage } from './convert-gigachat-v2-usage.ts'
import { convertGigachatAnswerError, isGigachatError } from './gigachat-errors.ts'
import { convertAnsweredModel } from './gigachat-models.ts'
import { isObject } from './gigachat-settings.ts'
import { mapGigachatV2FinishReason } from './map-gigachat-v2-finish-reason.ts'
import { readToolInput } from './read-gigachat-answer.ts'
import { readGigachatV2Message, readStateId, type GigachatV2Call } from './read-gigachat-v2-message.ts'

/** Source: `POST /v2/chat/completions`, 200. An error body inside a 200 has no messages and is read as such. */
export const gigachatV2AnswerShape: Shape = (z) =>
  z.looseObject({
    messages: z.array(z.looseObject({ role: z.string().nullish() })).optional(),
    finish_reason: z.string().nullish(),
    model: z.string().nullish(),
    usage: z.looseObject({}).nullish(),
  })

/**
 * A whole answer of v2 in neutral words. `providerName`: whose the generated files are.
 * @throws ProtocolError for what is no answer, ServerError for an error inside a 200
 */
export function readGigachatV2Answer(body: unknown, model: ModelRef, providerName: string): TextResult {
  if (!isObject(body)) throw unreadable('it is not a JSON object')
  const { messages, finish_reason: finishReason, model: answered, usage } = body
  if (messages === undefined && isGigachatError(body)) throw createAnswerError(body)
  if (!Array.isArray(messages)) throw unreadable('it has no messages')
  const content: ContentPart[] = []
  const warnings: Warning[] = []
  for (const message of messages.filter(isObject)) {
    const role = typeof message['role'] === 'string' ? message['role'] : 'assistant'
    for (const piece of readGigachatV2Message(message, role, providerName)) {
      if (piece.type === 'tool-progress') warnings.push(...describeFailedTool(piece.toolName, piece.state))
      else append(piece.type === 'call' ? readV2Call(piece, readStateId(body)) : piece, content)
    }
  }
  const hasCall = content.some(({ type }) => type === 'tool-call')
  const raw = typeof finishReason === 'string' ? finishReason : undefined
  const modelId = convertAnsweredModel(answered, model)
  return {
    content,
    finishReason: mapGigachatV2FinishReason(raw, hasCall),
    ...(raw !== undefined && { rawFinishReason: raw }),
    usage: convertGigachatV2Usage(usage),
    ...(modelId !== undefined && { modelId }),
    ...(typeof answered === 'string' && { rawModel: answered }),
    ...(warnings.length > 0 && { warnings }),
  }
}

/**
 * A call of v2. Its state id comes back in the history as `providerMetadata`; some answers have it beside the message.
 * @throws ProtocolError for a call without a name
 */
export function readV2Call(
  { id = '', name, input, stateId }: GigachatV2Call,
  answerStateId: string | undefined,
): ToolCallPart {
  const toolStateId = stateId ?? answerStateId
  if (name === undefined) throw unreadable('a function call has no name')
  return {
    type: 'tool-call',
    toolCallId: id,
    toolName: name,
    ...readToolInput(input),
    ...(toolStateId !== undefined && { providerMetadata: { gigachat: { toolStateId } } }),
  }
}

/** A tool of the service that failed: the model answered without what it would have given. */
export function describeFailedTool(toolName: string, state: string): readonly Warning[] {
  if (state !== 'failed') return []
  const shown = /^\w{1,40}$/.test(toolName) ? `'${toolName}'` : 'of the service'
  return [{ code: 'provider-tool-failed', message: `GigaChat's tool ${shown} failed; the answer was made without it` }]
}

/** Neighbours of one kind are one: pieces of a stream are joined likewise. */
function append(part: ContentPart, content: ContentPart[]): void {
  const last = content.at(-1)
  if (last?.type === part.type && (last.type === 'text' || last.type === 'reasoning') && 'text' in part) {
    content[content.length - 1] = { ...last, text: last.text + part.text }
  } else content.push(part)
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
    hint: 'Ответ не похож на GigaChat v2: проверьте baseUrl и прокси.',
  })
}
