import { ProtocolError, ServerError } from '@shlyuz/core'
import type {
  ContentPart,
  Loss,
  ModelRef,
  Operation,
  Reply,
  Shape,
  StreamReply,
  TextCall,
  TextResult,
  WireRequest,
} from '@shlyuz/core'
import { convertGigachatUsage } from './convert-gigachat-usage.ts'
import { convertToGigachatMessages } from './convert-to-gigachat-messages.ts'
import { convertGigachatAnswerError, isGigachatError } from './gigachat-errors.ts'
import { chatModelNames, convertAnsweredModel, findGigachatModel } from './gigachat-models.ts'
import type { GigachatOptions } from './gigachat-options.ts'
import { isObject } from './gigachat-settings.ts'
import { GigachatStreamDecoder } from './gigachat-stream-decoder.ts'
import { mapGigachatFinishReason } from './map-gigachat-finish-reason.ts'

/** What GigaChat's v1 chat cannot keep of a call. */
export function checkGigachatCall(call: TextCall, model: ModelRef): readonly Loss[] {
  const losses: Loss[] = []
  const kind = findGigachatModel(model.catalogueId)?.kind ?? 'chat'
  if (kind !== 'chat') {
    losses.push({
      effect: 'refuse',
      code: 'model-not-for-chat',
      setting: 'model',
      message: `${model.catalogueId} is a model of kind ${kind}; it does not converse`,
      hint: `Возьмите модель для диалога: ${chatModelNames()}.`,
    })
  }
  checkParts(call, losses)
  checkSettings(call, losses)
  return losses
}

/** `POST /chat/completions`. */
export function* converse(call: TextCall, model: ModelRef): Operation<TextResult> {
  return call.stream ? yield* converseStreamed(call, model) : yield* converseWhole(call, model)
}

/** Source: `POST /chat/completions`, 200. An error body inside a 200 has no choices and is read as such. */
const answerShape: Shape = (z) =>
  z.looseObject({
    choices: z
      .array(
        z.looseObject({
          message: z.looseObject({ content: z.string().nullish() }),
          finish_reason: z.string().nullish(),
        }),
      )
      .optional(),
    model: z.string().nullish(),
    usage: z.looseObject({}).nullish(),
  })

function* converseWhole(call: TextCall, model: ModelRef): Operation<TextResult> {
  const request = createRequest(call, model, 'application/json')
  const reply = (yield { do: 'exchange', request, read: 'json', shape: answerShape }) as Reply
  return readAnswer(reply.body, model)
}

function* converseStreamed(call: TextCall, model: ModelRef): Operation<TextResult> {
  let decoder = new GigachatStreamDecoder(model)
  const createDecoder = (): GigachatStreamDecoder => (decoder = new GigachatStreamDecoder(model))
  const request = createRequest(call, model, 'text/event-stream')
  const { end, text } = (yield { do: 'stream', request, createDecoder }) as StreamReply
  return {
    content: textContent(text),
    finishReason: end.finishReason,
    ...(end.rawFinishReason !== undefined && { rawFinishReason: end.rawFinishReason }),
    usage: end.usage,
    ...(decoder.modelId !== undefined && { modelId: decoder.modelId }),
    ...(decoder.rawModel !== undefined && { rawModel: decoder.rawModel }),
  }
}

function createRequest(call: TextCall, model: ModelRef, accept: string): WireRequest {
  const options = call.options as GigachatOptions
  return {
    endpoint: 'api',
    operation: 'chat',
    method: 'POST',
    path: '/chat/completions',
    headers: {
      ...options.extraHeaders,
      ...(options.sessionId !== undefined && { 'x-session-id': options.sessionId }),
      ...(options.clientId !== undefined && { 'x-client-id': options.clientId }),
    },
    body: JSON.stringify(createBody(call, model, options)),
    repeat: 'safe',
    accept: [accept],
  }
}

function createBody({ messages, settings, stream }: TextCall, model: ModelRef, options: GigachatOptions): object {
  const { temperature, topP, maxOutputTokens } = settings
  const { repetitionPenalty, profanityCheck, updateInterval, flags, extraBody } = options
  return {
    ...extraBody,
    model: model.catalogueId,
    messages: convertToGigachatMessages(messages),
    // 0 is outside the schema's range; the most likely word alone is what it means.
    ...(temperature === 0 ? { top_p: 0 } : { temperature, top_p: topP }),
    max_tokens: maxOutputTokens,
    repetition_penalty: repetitionPenalty,
    profanity_check: profanityCheck,
    update_interval: updateInterval,
    flags,
    ...(stream && { stream: true }),
  }
}

function readAnswer(body: unknown, model: ModelRef): TextResult {
  if (!isObject(body)) throw unreadable('it is not a JSON object')
  if (isGigachatError(body)) throw createAnswerError(body)
  const choice: unknown = Array.isArray(body['choices']) ? body['choices'][0] : undefined
  if (!isObject(choice) || !isObject(choice['message'])) throw unreadable('it has no choices')
  const content = choice['message']['content'] ?? ''
  if (typeof content !== 'string') throw unreadable('its content is not a string')
  const { finish_reason: finishReason } = choice
  const raw = typeof finishReason === 'string' ? finishReason : undefined
  const modelId = convertAnsweredModel(body['model'], model)
  return {
    content: textContent(content),
    finishReason: mapGigachatFinishReason(raw),
    ...(raw !== undefined && { rawFinishReason: raw }),
    usage: convertGigachatUsage(body['usage']),
    ...(modelId !== undefined && { modelId }),
    ...(typeof body['model'] === 'string' && { rawModel: body['model'] }),
  }
}

function textContent(text: string): readonly ContentPart[] {
  return text === '' ? [] : [{ type: 'text', text }]
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

const partNames = { image: 'images', file: 'files', 'tool-call': 'tool calls', 'tool-result': 'tool results' } as const

function checkParts({ messages }: TextCall, losses: Loss[]): void {
  const types = new Set(messages.flatMap(({ content }) => content.map(({ type }) => type)))
  for (const type of types) {
    if (type === 'text') continue
    losses.push({
      effect: 'refuse',
      code: 'content-unsupported',
      setting: 'messages',
      message: `${partNames[type]} in messages are not supported for GigaChat yet`,
      hint: `Уберите из messages части типа ${type}: для GigaChat пока передаётся только текст.`,
    })
  }
  const systemMessages = messages.filter(({ role }) => role === 'system').length
  if (systemMessages < 2) return
  losses.push({
    effect: 'warn',
    code: 'system-messages-joined',
    setting: 'messages',
    message: `GigaChat takes one system message: ${systemMessages} were joined`,
  })
}

function checkSettings({ settings }: TextCall, losses: Loss[]): void {
  if (settings.temperature === 0) {
    losses.push({
      effect: 'warn',
      code: 'setting-translated',
      setting: 'temperature',
      message: 'GigaChat has no temperature 0: sent as top_p 0',
    })
    if (settings.topP !== undefined) losses.push(ignored('topP', 'temperature 0 is sent as top_p 0'))
  }
  if (settings.seed !== undefined) losses.push(ignored('seed', 'GigaChat has none'))
  for (const name of ['frequencyPenalty', 'presencePenalty'] as const) {
    if (settings[name] === undefined) continue
    losses.push(ignored(name, 'GigaChat has none; see providerOptions.gigachat.repetitionPenalty'))
  }
}

function ignored(setting: string, why: string): Loss {
  return { effect: 'warn', code: 'setting-ignored', setting, message: `${setting} was not sent: ${why}` }
}
