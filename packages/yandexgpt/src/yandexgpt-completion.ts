import { ConfigurationError, ProtocolError, ServerError } from '@shlyuz/core'
import type {
  ContentPart,
  Loss,
  ModelRef,
  Operation,
  Reply,
  StreamReply,
  TextCall,
  TextResult,
  WireRequest,
} from '@shlyuz/core'
import { convertToYandexgptMessages } from './convert-to-yandexgpt-messages.ts'
import { convertYandexgptUsage } from './convert-yandexgpt-usage.ts'
import { mapYandexgptFinishReason } from './map-yandexgpt-finish-reason.ts'
import { formatModelUri } from './parse-yandexgpt-model.ts'
import { readYandexgptFailure } from './yandexgpt-errors.ts'
import { findYandexgptModel, isServedNatively, nativeModelNames } from './yandexgpt-models.ts'
import type { YandexgptOptions } from './yandexgpt-options.ts'
import { checkFolder, isObject, type YandexgptSettings } from './yandexgpt-settings.ts'
import { YandexgptStreamDecoder } from './yandexgpt-stream-decoder.ts'

const partNames = { image: 'images', file: 'files', 'tool-call': 'tool calls', 'tool-result': 'tool results' } as const

/** What the native completion cannot keep of a call. */
export function checkYandexgptCall(call: TextCall, model: ModelRef): readonly Loss[] {
  const losses: Loss[] = []
  const kind = findYandexgptModel(model.catalogueId)?.kind ?? 'chat'
  if (kind !== 'chat') {
    losses.push({
      effect: 'refuse',
      code: 'model-not-for-chat',
      setting: 'model',
      message: `${model.catalogueId} is a model of kind ${kind}; it does not converse`,
      hint: `Возьмите модель для диалога: ${nativeModelNames}.`,
    })
  } else if (!isServedNatively(model.catalogueId)) {
    losses.push({
      effect: 'refuse',
      code: 'model-not-native',
      setting: 'model',
      message: `${model.catalogueId} is served by the OpenAI-compatible surface alone, which is not supported yet`,
      hint: `Пока доступны модели родного API: ${nativeModelNames}.`,
    })
  }
  checkParts(call, losses)
  checkSettings(call, losses)
  return losses
}

/** `POST /foundationModels/v1/completion`. */
export function* complete(call: TextCall, model: ModelRef, settings: YandexgptSettings): Operation<TextResult> {
  const folder = yield* readFolder(model, settings)
  const request = createRequest(call, formatModelUri(model, folder), settings)
  if (!call.stream) {
    const reply = (yield { do: 'exchange', request, read: 'json' }) as Reply
    return readAnswer(reply.body)
  }
  const { end, text } = (yield {
    do: 'stream',
    request,
    createDecoder: () => new YandexgptStreamDecoder(),
  }) as StreamReply
  return {
    content: textContent(text),
    finishReason: end.finishReason,
    ...(end.rawFinishReason !== undefined && { rawFinishReason: end.rawFinishReason }),
    usage: end.usage,
  }
}

/** Model URI, setting, environment: the first that names a folder. */
function* readFolder({ wire }: ModelRef, settings: YandexgptSettings): Operation<string> {
  const stated = wire?.['folder'] ?? settings.folderId
  const folder = stated ?? ((yield { do: 'read', source: { env: 'YC_FOLDER_ID' } }) as string | undefined)
  if (folder === undefined) {
    throw new ConfigurationError('YandexGPT needs a folder: none in the model, the settings or YC_FOLDER_ID', {
      code: 'config.folder_missing',
      hint: "Задайте переменную YC_FOLDER_ID или yandexgpt({ folderId: 'b1g…' }).",
    })
  }
  checkFolder(stated === undefined ? 'YC_FOLDER_ID' : 'folderId', folder)
  return folder
}

function createRequest(call: TextCall, modelUri: string, settings: YandexgptSettings): WireRequest {
  const options = call.options as YandexgptOptions
  const { temperature, maxOutputTokens } = call.settings
  const mode = options.reasoningMode === 'enabled-hidden' ? 'ENABLED_HIDDEN' : 'DISABLED'
  const body = {
    ...options.extraBody,
    modelUri,
    completionOptions: {
      stream: call.stream,
      temperature,
      // int64 is a string in JSON over gRPC.
      ...(maxOutputTokens !== undefined && { maxTokens: String(maxOutputTokens) }),
      ...(options.reasoningMode !== undefined && { reasoningOptions: { mode } }),
    },
    messages: convertToYandexgptMessages(call.messages),
  }
  return {
    endpoint: 'api',
    operation: 'chat',
    method: 'POST',
    path: '/foundationModels/v1/completion',
    headers: {
      ...options.extraHeaders,
      // The service stores prompts unless told not to.
      ...(!settings.dataLogging && { 'x-data-logging-enabled': 'false' }),
      ...(options.clientRequestId !== undefined && { 'x-client-request-id': options.clientRequestId }),
    },
    body: JSON.stringify(body),
    repeat: 'safe',
    // The type of the stream is not documented: what a JSON gateway may call lines of JSON.
    accept: call.stream
      ? ['application/json', 'application/x-ndjson', 'application/stream+json']
      : ['application/json'],
  }
}

function readAnswer(body: unknown): TextResult {
  if (!isObject(body)) throw unreadable('it is not a JSON object')
  const failure = readYandexgptFailure(body)
  if (failure) {
    throw new ServerError(failure.message, {
      ...(failure.hint !== undefined && { hint: failure.hint }),
      ...(failure.status !== undefined && { status: failure.status }),
    })
  }
  const result = isObject(body['result']) ? body['result'] : undefined
  const alternative: unknown = Array.isArray(result?.['alternatives']) ? result['alternatives'][0] : undefined
  if (!isObject(alternative)) throw unreadable('it has no alternatives')
  const text = isObject(alternative['message']) ? (alternative['message']['text'] ?? '') : ''
  if (typeof text !== 'string') throw unreadable('its text is not a string')
  const { status } = alternative
  return {
    content: textContent(text),
    finishReason: mapYandexgptFinishReason(status) ?? 'other',
    ...(typeof status === 'string' && { rawFinishReason: status }),
    usage: convertYandexgptUsage(result?.['usage']),
  }
}

function textContent(text: string): readonly ContentPart[] {
  return text === '' ? [] : [{ type: 'text', text }]
}

function unreadable(why: string): ProtocolError {
  return new ProtocolError(`YandexGPT's answer cannot be read: ${why}`, {
    hint: 'Ответ не похож на YandexGPT: проверьте baseUrl и прокси.',
  })
}

function checkParts({ messages }: TextCall, losses: Loss[]): void {
  const types = new Set(messages.flatMap(({ content }) => content.map(({ type }) => type)))
  for (const type of types) {
    if (type === 'text') continue
    losses.push({
      effect: 'refuse',
      code: 'content-unsupported',
      setting: 'messages',
      message: `${partNames[type]} in messages are not supported for YandexGPT yet`,
      hint: `Уберите из messages части типа ${type}: для YandexGPT пока передаётся только текст.`,
    })
  }
  const systemMessages = messages.filter(({ role }) => role === 'system').length
  if (systemMessages < 2) return
  losses.push({
    effect: 'warn',
    code: 'system-messages-joined',
    setting: 'messages',
    message: `YandexGPT gets one system message: ${systemMessages} were joined`,
  })
}

function checkSettings({ settings }: TextCall, losses: Loss[]): void {
  if (settings.temperature !== undefined && settings.temperature > 1) {
    losses.push({
      effect: 'refuse',
      code: 'setting-out-of-range',
      setting: 'temperature',
      message: 'YandexGPT takes a temperature from 0 to 1',
      hint: 'temperature: для YandexGPT от 0 до 1.',
    })
  }
  for (const name of ['topP', 'seed', 'frequencyPenalty', 'presencePenalty'] as const) {
    if (settings[name] === undefined) continue
    losses.push({
      effect: 'warn',
      code: 'setting-ignored',
      setting: name,
      message: `${name} was not sent: the native completion of YandexGPT has none`,
    })
  }
}
