import {
  AuthError,
  BadRequestError,
  ContentFilterError,
  ContextLengthError,
  NotFoundError,
  PermissionError,
  ProtocolError,
  QuotaError,
  RateLimitError,
  ServerError,
} from '@shlyuz/core'
import type { ErrorReply, ProviderFailure, ShlyuzError } from '@shlyuz/core'
import { isObject } from './openai-compatible-settings.ts'

type Meaning = Pick<ProviderFailure, 'kind' | 'hint' | 'refreshToken' | 'isRetryable'>

/** What an error body says; all of it may be missing. */
interface ErrorBody {
  readonly message?: string
  /** `context_length_exceeded`, `invalid_request_error`, a number, a word of gRPC. */
  readonly code?: string
  readonly status?: number
}

/** The HTTP status of a word of gRPC. Source: google.rpc.Code. */
const statusOfWord: Readonly<Record<string, number>> = {
  InvalidArgument: 400, FailedPrecondition: 400, OutOfRange: 400, Unauthenticated: 401, PermissionDenied: 403,
  NotFound: 404, ResourceExhausted: 429, Canceled: 499, Unknown: 500, Internal: 500, DataLoss: 500,
  Unimplemented: 501, Unavailable: 503, DeadlineExceeded: 504,
} // oxfmt-ignore

/**
 * Reads an answer outside 2xx, forgivingly: `{ error: { message, type, code } }`, `{ error: 'text' }`, `{ message }`,
 * `{ detail }`, texts of gRPC, pages of a gateway. `service`: for messages. Never throws.
 * Source: the OpenAI API reference, "Error codes"; error bodies of vLLM, llama.cpp and Ollama.
 */
export function convertOpenAiError(reply: ErrorReply, service = 'the endpoint'): ProviderFailure {
  const body = readErrorBody(parseJson(reply.text))
  return {
    ...meaningOf(reply.status, body),
    message: `${service} answered ${reply.status}: ${body.message ?? describeForeignBody(reply)}`,
    status: reply.status,
    ...(body.code !== undefined && { providerCode: body.code }),
  }
}

/** The failure that an answer of status 200 or an event of a stream reports. */
export function readOpenAiFailure(
  document: Readonly<Record<string, unknown>>,
  service = 'the endpoint',
): ProviderFailure {
  const body = readErrorBody(document)
  const status = body.status ?? 500
  const { refreshToken: _tooLate, ...meaning } = meaningOf(status, body)
  return {
    ...meaning,
    message: `${service} reported in its answer: ${body.message ?? 'an error without text'}`,
    status,
    ...(body.code !== undefined && { providerCode: body.code }),
  }
}

const classOf = {
  'bad-request': BadRequestError,
  auth: AuthError,
  permission: PermissionError,
  'not-found': NotFoundError,
  'context-length': ContextLengthError,
  'content-filter': ContentFilterError,
  quota: QuotaError,
  'rate-limit': RateLimitError,
  server: ServerError,
  protocol: ProtocolError,
} satisfies Record<ProviderFailure['kind'], unknown>

/** The error of a failure that stood in a body of 200. */
export function createOpenAiError(failure: ProviderFailure): ShlyuzError {
  const { kind, message, hint, status, providerCode, isRetryable } = failure
  return new classOf[kind](message, {
    ...(isRetryable !== undefined && { isRetryable }),
    ...(hint !== undefined && { hint }),
    ...(status !== undefined && { status }),
    ...(providerCode !== undefined && { providerCode }),
  })
}

/** A text or a code that says more than the status wins. */
function meaningOf(status: number, { message = '', code = '' }: ErrorBody): Meaning {
  const words = `${code} ${message}`
  // llama.cpp reports a prompt that is too long with 400 or 500, vLLM with 400, gateways with 413.
  if (isTooLong(words)) {
    return {
      kind: 'context-length',
      hint: 'Запрос длиннее контекста модели: сократите историю или документ, или запустите сервер с большим контекстом.',
    }
  }
  if (status < 500 && /content_(?:filter|policy)/i.test(words)) {
    return { kind: 'content-filter', hint: 'Запрос отклонён фильтром сервиса: измените текст.' }
  }
  if (/insufficient_quota|billing/i.test(words) && status < 500) {
    return { kind: 'quota', hint: 'Оплаченный объём исчерпан: проверьте баланс у владельца сервиса.' }
  }
  return meaningOfStatus(status)
}

function isTooLong(words: string): boolean {
  return (
    /context_length_exceeded|exceed_context_size|maximum context length|context (?:size|length|window)/i.test(words) ||
    /(?:prompt|input) is too long|too many tokens|tokens? must be no more than \d+/i.test(words)
  )
}

function meaningOfStatus(status: number): Meaning {
  if (status >= 500) {
    return {
      kind: 'server',
      hint: 'Сбой на стороне сервера модели: повторите позже, посмотрите его журнал или задайте fallback.',
      // What is not implemented will not be in a second.
      ...(status === 501 && { isRetryable: false }),
    }
  }
  switch (status) {
    case 401:
      return { kind: 'auth', hint: 'Сервер не принял ключ: проверьте apiKey.', refreshToken: true }
    case 402:
      return { kind: 'quota', hint: 'Сервис требует оплаты: проверьте баланс у его владельца.' }
    case 403:
      return { kind: 'permission', hint: 'Нет прав: проверьте, разрешены ли ключу эта модель и этот адрес.' }
    case 404:
      return {
        kind: 'not-found',
        hint: 'Не найдено: проверьте имя модели (listModels покажет имена) и baseUrl, обычно он кончается на /v1.',
      }
    case 408:
    case 409:
    case 425:
      return { kind: 'server', hint: 'Временный отказ: повтор обычно помогает.' }
    case 413:
      return { kind: 'context-length', hint: 'Запрос слишком велик: сократите историю или документ.' }
    case 429:
      return { kind: 'rate-limit', hint: 'Слишком много запросов: подождите или увеличьте предел у владельца сервиса.' }
    default:
      return {
        kind: 'bad-request',
        hint: 'Сервер не принял запрос: причина — в тексте ошибки; проверьте параметры и extraBody.',
      }
  }
}

function readErrorBody(document: unknown): ErrorBody {
  if (!isObject(document)) return {}
  const { error } = document
  const inner = isObject(error) ? error : document
  const text = cleanServiceText(
    [typeof error === 'string' ? error : undefined, inner['message'], inner['error'], detailOf(inner['detail'])].find(
      (one) => typeof one === 'string' && one !== '',
    ),
  )
  const [, word] = /\brpc error: code = (\w+)/.exec(text ?? '') ?? []
  const code = [inner['code'], inner['type'], word].find((one) => typeof one === 'string' || Number.isInteger(one))
  const shown = code === undefined ? undefined : cleanCode(code)
  const status = statusOf([inner['code'], inner['status'], inner['status_code']], word)
  return {
    ...(text !== undefined && { message: text }),
    ...(shown !== undefined && { code: shown }),
    ...(status !== undefined && { status }),
  }
}

function statusOf(given: readonly unknown[], word: string | undefined): number | undefined {
  const status = given.find((one) => typeof one === 'number' && one >= 400 && one < 600)
  if (status !== undefined) return status as number
  return word !== undefined && Object.hasOwn(statusOfWord, word) ? statusOfWord[word] : undefined
}

/** `detail` of FastAPI: a text, or a list of what is wrong. */
function detailOf(detail: unknown): unknown {
  if (!Array.isArray(detail)) return detail
  return detail.map((one: unknown) => (isObject(one) && typeof one['msg'] === 'string' ? one['msg'] : '')).join('; ')
}

function cleanCode(code: unknown): string | undefined {
  const text = String(code)
  return /^[\w.-]{1,60}$/.test(text) ? text : undefined
}

/**
 * The service's own words, fit for an error message: one line, bounded, without anything it might have echoed. What is
 * not ASCII, looks like a key, or has no gaps over 100 characters may come from the request.
 */
function cleanServiceText(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  const plain = text
    .slice(0, 2_000)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll(/[^\x20-\x7e]+(?: +[^\x20-\x7e]+)*/g, '…')
    .replaceAll(/\b(?:sk-|Bearer |eyJ)[\w.-]+/g, '…')
    .replaceAll(/\S{100,}/g, '…')
    .trim()
  if (plain === '') return undefined
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain
}

function describeForeignBody({ contentType, text }: ErrorReply): string {
  if (text.trim() === '') return 'an empty body'
  if (contentType === 'text/html' || text.trimStart().startsWith('<')) return 'an HTML page, not the service'
  return 'a body that is not an error in JSON'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
