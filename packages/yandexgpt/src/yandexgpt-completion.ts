import { ConfigurationError, ProtocolError, ServerError } from '@shlyuz/core'
import type {
  ContentPart,
  Loss,
  ModelRef,
  Operation,
  ProviderFailure,
  Reply,
  Shape,
  ShlyuzError,
  StreamReply,
  TextCall,
  TextResult,
  WireRequest,
} from '@shlyuz/core'
import { convertToYandexgptMessages } from './convert-to-yandexgpt-messages.ts'
import { mapYandexgptFinishReason } from './map-yandexgpt-finish-reason.ts'
import { formatModelUri } from './parse-yandexgpt-model.ts'
import { readYandexgptAnswer } from './read-yandexgpt-answer.ts'
import {
  canReason,
  convertAnsweredModel,
  findYandexgptModel,
  isServedNatively,
  nativeModelNames,
} from './yandexgpt-models.ts'
import type { YandexgptOptions } from './yandexgpt-options.ts'
import { checkFolder } from './yandexgpt-settings.ts'
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
  checkReasoning(call, model, losses)
  return losses
}

/** What the operations need of the settings: nothing secret. */
export interface YandexgptCallSettings {
  readonly folderId?: string
  readonly dataLogging: boolean
  /** `'if-oauth'`: when the credential is the OAuth token of the environment. */
  readonly sendFolderId: boolean | 'if-oauth'
}

/**
 * `POST /foundationModels/v1/completion`. It may be repeated: nothing changes on the service but the bill.
 * @throws ConfigurationError without a folder
 */
export function* complete(call: TextCall, model: ModelRef, settings: YandexgptCallSettings): Operation<TextResult> {
  const folder = yield* readFolder(model, settings)
  const isFolderSent = yield* readSendFolderId(settings)
  const request: WireRequest = {
    endpoint: 'api',
    operation: 'chat',
    method: 'POST',
    path: '/foundationModels/v1/completion',
    headers: createHeaders(call.options as YandexgptOptions, settings, isFolderSent ? folder : undefined),
    body: JSON.stringify(createBody(call, formatModelUri(model, folder))),
    repeat: 'safe',
    accept: call.stream ? streamTypes : ['application/json'],
  }
  return call.stream ? yield* completeStreamed(request, model) : yield* completeWhole(request, model)
}

/** What a gateway may call lines of JSON: the documentation does not name the type of a stream. */
const streamTypes = ['application/json', 'application/x-ndjson', 'application/stream+json']

/** Source: `POST /foundationModels/v1/completion`, CompletionResponse. Error bodies have no result and are read as such. */
const answerShape: Shape = (z) =>
  z.looseObject({
    result: z
      .looseObject({
        alternatives: z.array(z.looseObject({ message: z.looseObject({ text: z.string().nullish() }).optional() })),
        usage: z.looseObject({}).nullish(),
      })
      .optional(),
  })

function* completeWhole(request: WireRequest, model: ModelRef): Operation<TextResult> {
  const { body } = (yield { do: 'exchange', request, read: 'json', shape: answerShape }) as Reply
  const read = readYandexgptAnswer(body)
  if ('failure' in read) throw createAnswerError(read.failure)
  const { text = '', status, usage = {}, modelVersion } = read.answer
  const modelId = convertAnsweredModel(modelVersion, model)
  return {
    content: textContent(text),
    finishReason: mapYandexgptFinishReason(status) ?? 'other',
    ...(status !== undefined && { rawFinishReason: status }),
    usage,
    ...(modelId !== undefined && { modelId }),
  }
}

function* completeStreamed(request: WireRequest, model: ModelRef): Operation<TextResult> {
  let decoder = new YandexgptStreamDecoder(model)
  const createDecoder = (): YandexgptStreamDecoder => (decoder = new YandexgptStreamDecoder(model))
  const { end, text } = (yield { do: 'stream', request, createDecoder }) as StreamReply
  return {
    content: textContent(text),
    finishReason: end.finishReason,
    ...(end.rawFinishReason !== undefined && { rawFinishReason: end.rawFinishReason }),
    usage: end.usage,
    ...(decoder.modelId !== undefined && { modelId: decoder.modelId }),
  }
}

/** Model URI, setting, environment: the first that names a folder. */
function* readFolder({ wire }: ModelRef, settings: YandexgptCallSettings): Operation<string> {
  const stated = wire?.['folder'] ?? settings.folderId
  if (stated !== undefined) return stated
  const folder = (yield { do: 'read', source: { env: 'YC_FOLDER_ID' } }) as string | undefined
  if (folder === undefined) {
    throw new ConfigurationError('YandexGPT needs a folder: none in the model, the settings or YC_FOLDER_ID', {
      code: 'config.folder_missing',
      hint: "Задайте переменную YC_FOLDER_ID или yandexgpt({ folderId: 'b1g…' }).",
    })
  }
  checkFolder('YC_FOLDER_ID', folder)
  return folder
}

/** Only the presence of the token is looked at: without settings it can be no other credential then. */
function* readSendFolderId({ sendFolderId }: YandexgptCallSettings): Operation<boolean> {
  if (sendFolderId !== 'if-oauth') return sendFolderId
  return (yield { do: 'read', source: { env: 'YC_OAUTH_TOKEN' } }) !== undefined
}

function createHeaders(
  options: YandexgptOptions,
  { dataLogging }: YandexgptCallSettings,
  folder: string | undefined,
): Readonly<Record<string, string>> {
  return {
    ...options.extraHeaders,
    // The service stores prompts unless told not to.
    ...(!dataLogging && { 'x-data-logging-enabled': 'false' }),
    ...(folder !== undefined && { 'x-folder-id': folder }),
    ...(options.clientRequestId !== undefined && { 'x-client-request-id': options.clientRequestId }),
  }
}

const reasoningModes = { disabled: 'DISABLED', 'enabled-hidden': 'ENABLED_HIDDEN' } as const

function createBody({ messages, settings, stream, options }: TextCall, modelUri: string): object {
  const { reasoningMode, extraBody } = options as YandexgptOptions
  const { temperature, maxOutputTokens } = settings
  return {
    ...extraBody,
    modelUri,
    completionOptions: {
      ...(extraBody?.['completionOptions'] as object | undefined),
      stream,
      temperature,
      // int64 is a string in the JSON of protocol buffers.
      ...(maxOutputTokens !== undefined && { maxTokens: String(maxOutputTokens) }),
      ...(reasoningMode !== undefined && { reasoningOptions: { mode: reasoningModes[reasoningMode] } }),
    },
    messages: convertToYandexgptMessages(messages),
  }
}

function textContent(text: string): readonly ContentPart[] {
  return text === '' ? [] : [{ type: 'text', text }]
}

/** An error in a body of 200: the service's own failure, or no answer of the service at all. */
function createAnswerError({ kind, message, hint, status, isRetryable = true }: ProviderFailure): ShlyuzError {
  const facts = { isRetryable, ...(hint !== undefined && { hint }), ...(status !== undefined && { status }) }
  return kind === 'protocol' ? new ProtocolError(message, facts) : new ServerError(message, facts)
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

function checkReasoning({ options }: TextCall, model: ModelRef, losses: Loss[]): void {
  if ((options as YandexgptOptions).reasoningMode !== 'enabled-hidden' || canReason(model.catalogueId)) return
  losses.push({
    effect: 'refuse',
    code: 'reasoning-unsupported',
    setting: 'providerOptions.yandexgpt.reasoningMode',
    message: `${model.catalogueId} has no hidden reasoning`,
    hint: 'Скрытое рассуждение есть только у yandexgpt-5-pro: возьмите её или уберите reasoningMode.',
  })
}
