import { ChatRequest, checkFeatures, JsonExchange } from '@shlyuz/core'
import type {
  CallPart,
  Loss,
  ModelCard,
  ModelRef,
  PartMessage,
  Operation,
  Reply,
  Shape,
  ShlyuzError,
  StreamReply,
  Surface,
  TextCall,
  TextResult,
  TextSettings,
  ProviderFailure,
  WireRequest,
} from '@shlyuz/core'
import { ChatCompletionStreamDecoder } from './chat-completion-stream-decoder.ts'
import { createChatRequestBody, type RequestDialect } from './create-chat-request-body.ts'
import { createOpenAiError } from './openai-compatible-errors.ts'
import type { OpenAiCompatibleOptions } from './openai-compatible-options.ts'
import type { OpenAiCompatibleCallSettings } from './openai-compatible-settings.ts'
import { openaiCompatibleSurface } from './openai-compatible-surface.ts'
import { readChatCompletion, type AnswerDialect } from './read-chat-completion.ts'

/** What one chat completion needs beside the call. */
export interface ChatCompletionRequest {
  /** Key of the provider's endpoints; its address ends before `/chat/completions`. */
  readonly endpoint: string
  /** The model as the wire spells it. */
  readonly model: string
  readonly headers?: Readonly<Record<string, string>>
  readonly extraBody?: Readonly<Record<string, unknown>>
  readonly dialect: RequestDialect & AnswerDialect
  /** The error of a failure that stood in an answer of status 200. @default {@link createOpenAiError} */
  readonly createError?: (failure: ProviderFailure) => ShlyuzError
}

const noHeaders: Readonly<Record<string, string>> = Object.freeze({})

/** Holds for answers alone: a body of 200 may also hold an error. */
const answerShape: Shape = (z) =>
  z.object({
    choices: z.array(z.object({ message: z.object({}).nullish() })).nullish(),
    usage: z.object({}).nullish(),
  })

/**
 * `POST /chat/completions`, whole or streamed. It may be repeated: nothing changes on the server.
 * Source: the OpenAI API reference, "Create chat completion".
 */
export function completeChat(call: TextCall, chat: ChatCompletionRequest): Operation<TextResult> {
  // A server that gives several calls all the same is cut to one: so the caller's wish holds anywhere.
  const dialect = call.parallelToolCalls === false ? { ...chat.dialect, firstToolCallOnly: true } : chat.dialect
  const body = createChatRequestBody(call, chat.model, dialect, chat.extraBody)
  const request = new ChatRequest(chat.endpoint, '/chat/completions', chat.headers ?? noHeaders, body, call.stream)
  return call.stream ? completeStreamed(request, dialect) : completeWhole(request, dialect, chat.createError)
}

function* completeWhole(
  request: WireRequest,
  dialect: AnswerDialect,
  createError: ChatCompletionRequest['createError'] = createOpenAiError,
): Operation<TextResult> {
  const { body } = (yield new JsonExchange(request, answerShape)) as Reply
  const read = readChatCompletion(body, dialect)
  if ('failure' in read) throw createError(read.failure)
  return read.answer
}

function* completeStreamed(request: WireRequest, dialect: AnswerDialect): Operation<TextResult> {
  let decoder = new ChatCompletionStreamDecoder(dialect)
  const createDecoder = (): ChatCompletionStreamDecoder => (decoder = new ChatCompletionStreamDecoder(dialect))
  const { end, content } = (yield { do: 'stream', request, createDecoder }) as StreamReply
  const { modelId, rawModel } = decoder
  return {
    content,
    finishReason: end.finishReason,
    ...(end.rawFinishReason !== undefined && { rawFinishReason: end.rawFinishReason }),
    usage: end.usage,
    ...(modelId !== undefined && { modelId }),
    ...(rawModel !== undefined && { rawModel }),
  }
}

/** Settings that a model has no use for, by its card: they are not sent. */
export function settingsWithout(card: ModelCard | undefined): readonly (keyof TextSettings)[] {
  const reasons = card?.abilities?.includes('reasoning') ?? true
  return reasons ? [] : ['reasoningEffort']
}

/** A chat completion of {@link openaiCompatible}. */
export function converse(
  call: TextCall,
  model: ModelRef,
  settings: OpenAiCompatibleCallSettings,
): Operation<TextResult> {
  const { extraBody, extraHeaders } = call.options as OpenAiCompatibleOptions
  return completeChat(call, {
    endpoint: 'api',
    model: model.id,
    headers: extraHeaders ? { ...settings.headers, ...extraHeaders } : settings.headers,
    dialect: dialectOf(settings, settings.models.get(model.catalogueId.toLowerCase())),
    ...(extraBody && { extraBody }),
  })
}

type Dialect = ChatCompletionRequest['dialect']

/** By settings, then by what a model has no use for: made once, not in each call. */
const dialects = new WeakMap<OpenAiCompatibleCallSettings, Map<string, Dialect>>()

function dialectOf(settings: OpenAiCompatibleCallSettings, card: ModelCard | undefined): Dialect {
  const useless = settingsWithout(card)
  const key = useless.join(' ')
  let known = dialects.get(settings)
  if (!known) dialects.set(settings, (known = new Map()))
  let dialect = known.get(key)
  if (!dialect) known.set(key, (dialect = createDialect(settings, useless)))
  return dialect
}

function createDialect(settings: OpenAiCompatibleCallSettings, useless: readonly (keyof TextSettings)[]): Dialect {
  const { modelAliases, name: service, withoutSettings = [] } = settings
  return {
    ...settings,
    service,
    withoutSettings: [...withoutSettings, ...useless],
    convertModel: (answered) => (modelAliases.size === 0 ? answered : (modelAliases.get(answered) ?? answered)),
  }
}

/** What an OpenAI-compatible endpoint cannot keep of a call. */
export function checkOpenAiCompatibleCall(
  call: TextCall,
  model: ModelRef,
  models: ReadonlyMap<string, ModelCard>,
): readonly Loss[] {
  const card = models.get(model.catalogueId.toLowerCase())
  const losses = [...checkFeatures(openaiCompatibleSurface, call, card), ...checkMedia(call, openaiCompatibleSurface)]
  if (card && card.kind !== 'chat') {
    losses.push({
      effect: 'refuse',
      code: 'model-not-for-chat',
      setting: 'model',
      message: `${model.catalogueId} is a model of kind ${card.kind}; it does not converse`,
      hint: "Возьмите модель для диалога (в models: kind: 'chat').",
    })
  }
  return losses
}

function holdsMedia(content: readonly CallPart[]): boolean {
  for (let at = 0; at < content.length; at++) if (content[at]?.type === 'media') return true
  return false
}

/** Files that stand where a chat completion takes none. */
export function checkMedia({ messages }: TextCall, { title }: Surface): readonly Loss[] {
  const losses: Loss[] = []
  for (let index = 0; index < messages.length; index++) {
    const { role, content } = messages[index] as PartMessage
    if (!holdsMedia(content)) continue
    const media = content.filter((part): part is Extract<CallPart, { type: 'media' }> => part.type === 'media')
    if (media.length > 0 && role !== 'user') {
      losses.push({
        effect: 'refuse',
        code: 'content-unsupported',
        setting: 'messages',
        message: `${title} takes files in messages of the user alone`,
        hint: `Файл в сообщении ${role} передать нельзя: переложите его в сообщение user.`,
      })
    }
    if (media.some(({ modality, source }) => modality === 'audio' && source instanceof URL)) {
      losses.push({
        effect: 'refuse',
        code: 'remote-file-unsupported',
        setting: 'messages',
        message: `${title} takes audio by its bytes, not by URL`,
        hint: 'Аудио передавайте байтами или путём к файлу, а не ссылкой.',
      })
    }
  }
  return losses
}
