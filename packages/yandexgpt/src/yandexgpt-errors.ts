import type { ErrorReply, ProviderFailure } from '@shlyuz/core'
import { isObject } from './yandexgpt-settings.ts'

type Meaning = Pick<ProviderFailure, 'kind' | 'hint' | 'refreshToken' | 'isRetryable'>

/** Codes of gRPC and the HTTP status each stands for. Source: google.rpc.Code. */
const statusOfCode: Readonly<Record<number, number>> = {
  1: 499, 2: 500, 3: 400, 4: 504, 5: 404, 7: 403, 8: 429, 9: 400, 12: 501, 13: 500, 14: 503, 16: 401,
} // oxfmt-ignore

/** What an error body says; all of it may be missing. */
interface ErrorBody {
  readonly message?: string
  /** Of gRPC. */
  readonly code?: number
  readonly httpStatus?: number
  readonly requestId?: string
}

/**
 * Reads an answer outside 2xx. The model answers `{ error: { grpcCode, httpCode, message, details } }`, IAM
 * google.rpc.Status, the balancer before both an HTML page. Never throws.
 * Source: documentation, "Error codes"; the service warns that its texts may change.
 */
export function convertYandexgptError(reply: ErrorReply): ProviderFailure {
  const { status, operation, endpoint } = reply
  const body = readErrorBody(parseJson(reply.text))
  const isToken = operation === 'token'
  const subject = isToken ? `The token service of Yandex Cloud (${endpoint})` : 'YandexGPT'
  return {
    ...(isToken ? tokenMeaning(status, endpoint) : withOwnHint(meaningOf(status, body.message ?? ''), reply)),
    message: `${subject} answered ${status}: ${body.message ?? describeForeignBody(reply)}`,
    status,
    ...factsOf(body),
  }
}

/** The failure that a line of a stream, or a body of 200, reports; `undefined` when it reports none. */
export function readYandexgptFailure(document: Readonly<Record<string, unknown>>): ProviderFailure | undefined {
  const hasError = document['error'] !== undefined && document['error'] !== null
  const isStatus = document['result'] === undefined && typeof document['code'] === 'number'
  if (!hasError && !isStatus) return undefined
  const body = readErrorBody(document)
  const status = body.httpStatus ?? statusOfCode[body.code ?? 2] ?? 500
  const { refreshToken: _tooLate, ...meaning } = meaningOf(status, body.message ?? '')
  return {
    ...meaning,
    message: `YandexGPT reported in its answer: ${body.message ?? 'an error without text'}`,
    status,
    ...factsOf(body),
  }
}

/** The hint that an operation has of its own, where the status alone was looked at. */
function withOwnHint(meaning: Meaning, { operation, endpoint, status }: ErrorReply): Meaning {
  const hint = ownHint(meaning.kind, status, operation, endpoint)
  return hint === undefined ? meaning : { ...meaning, hint }
}

function ownHint(
  kind: Meaning['kind'],
  status: number,
  operation: ErrorReply['operation'],
  endpoint: string,
): string | undefined {
  if (kind === 'permission' && operation === 'image') {
    return 'Нет прав: дайте сервисному аккаунту роль ai.imageGeneration.user на каталог, а ключу — область yc.ai.imageGeneration.execute.'
  }
  if (kind === 'permission' && endpoint === 'search') {
    return 'Нет прав: дайте сервисному аккаунту роль search-api.webSearch.user, а ключу — область yc.search-api.execute.'
  }
  if (status === 404 && operation === 'job') {
    return 'Такой операции нет: результаты хранятся три дня, и видит их только тот же каталог.'
  }
  return undefined
}

function factsOf({ code, requestId }: ErrorBody): Pick<ProviderFailure, 'providerCode' | 'requestId'> {
  return {
    ...(code !== undefined && { providerCode: String(code) }),
    ...(requestId !== undefined && { requestId }),
  }
}

/** Errors of the model. A text that says more than the status wins. */
function meaningOf(status: number, message: string): Meaning {
  if (status >= 500) return serverMeaning(status)
  return status === 429 ? rateMeaning(message) : (meaningOfText(status, message) ?? meaningOfStatus(status, message))
}

function meaningOfText(status: number, message: string): Meaning | undefined {
  const kind = status === 401 ? 'auth' : 'bad-request'
  if (/tokens? must be no more than \d+|too many tokens/i.test(message)) {
    return { kind: 'context-length', hint: 'Запрос длиннее контекста модели: сократите историю или документ.' }
  }
  const [, asked, right] =
    /folder ID '([\w-]*)' does not match with service account folder ID '([\w-]*)'/i.exec(message) ?? []
  if (right !== undefined) {
    const fix = `задайте folderId: '${right}' (или YC_FOLDER_ID=${right}, или gpt://${right}/… в имени модели)`
    return { kind, hint: `Ключ выдан для каталога '${right}', а запрошен '${asked}': ${fix}.` }
  }
  if (/specify folder ID/i.test(message)) {
    return {
      kind,
      hint: 'Это токен пользователя, а не сервисного аккаунта: задайте yandexgpt({ sendFolderId: true }) и folderId (или YC_FOLDER_ID).',
    }
  }
  if (status === 400 && /ethic|violate the terms|not possible to generate an? image/i.test(message)) {
    return {
      kind: 'content-filter',
      hint: 'Сервис отказался по правилам о содержании: перефразируйте запрос.',
    }
  }
  if (/model.?uri|get model|parse model/i.test(message)) {
    return {
      kind: 'not-found',
      hint: 'Такой модели нет: проверьте имя, например yandexgpt/yandexgpt-5.1; снятые модели отвечают так же.',
    }
  }
  return undefined
}

function meaningOfStatus(status: number, message: string): Meaning {
  switch (status) {
    case 401:
      return { kind: 'auth', hint: unauthorizedHint(message), refreshToken: true }
    case 402:
      return { kind: 'quota', hint: 'Платёжный аккаунт не активен: проверьте его в консоли Yandex Cloud.' }
    case 403:
      return {
        kind: 'permission',
        hint: 'Нет прав: дайте сервисному аккаунту роль ai.languageModels.user на каталог, включите модель для каталога и проверьте платёжный аккаунт.',
      }
    case 404:
      return { kind: 'not-found', hint: 'Не найдено: проверьте имя модели и baseUrl (без пути).' }
    case 408:
    case 409:
    case 425:
      return { kind: 'server', hint: 'Временный отказ: повтор обычно помогает.' }
    case 413:
      return { kind: 'context-length', hint: 'Запрос слишком велик: сократите историю или документ.' }
    default:
      return {
        kind: 'bad-request',
        hint: 'Сервис не принял запрос: причина — в тексте ошибки; проверьте параметры и providerOptions.yandexgpt.extraBody.',
      }
  }
}

function unauthorizedHint(message: string): string {
  if (/unknown api key/i.test(message)) {
    return 'Ключ неизвестен или его область не та: проверьте YC_API_KEY и области ключа (yc.ai.languageModels.execute, yc.ai.foundationModels.execute).'
  }
  if (/api ?key has expired/i.test(message)) return 'Срок API-ключа истёк: выпустите новый (YC_API_KEY).'
  if (/expired|token is invalid/i.test(message)) {
    return 'Токен недействителен или истёк: IAM-токен живёт до 12 часов, получите новый (YC_IAM_TOKEN) или возьмите API-ключ.'
  }
  return 'Доступ не подтверждён: проверьте YC_API_KEY (или IAM-токен).'
}

function rateMeaning(message: string): Meaning {
  return {
    kind: 'rate-limit',
    hint: /gauge/i.test(message)
      ? 'Слишком много генераций сразу (обычно до 10 на каталог): дождитесь окончания прошлых.'
      : 'Исчерпана квота запросов за время: подождите или увеличьте квоту в консоли.',
  }
}

function serverMeaning(status: number): Meaning {
  return {
    kind: 'server',
    hint: 'Сбой на стороне Yandex AI Studio: повторите позже или задайте fallback.',
    // What is not implemented will not be in a second.
    ...(status === 501 && { isRetryable: false }),
  }
}

/** Errors of IAM and of the metadata service: about the credential, or not about us at all. */
function tokenMeaning(status: number, endpoint: string): Meaning {
  if (status >= 500) return serverMeaning(status)
  if (status === 429) return rateMeaning('')
  if (endpoint === 'metadata') {
    return {
      kind: 'auth',
      hint: 'Метаданные не дали токена: привяжите к ВМ сервисный аккаунт с ролью ai.languageModels.user.',
      refreshToken: false,
    }
  }
  if (status === 404) return { kind: 'not-found', hint: 'По этому адресу токены не выдают: проверьте iamUrl.' }
  return {
    kind: 'auth',
    hint: 'IAM не принял OAuth-токен или авторизованный ключ: выпустите новый и сверьте часы этой машины.',
    refreshToken: false,
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** `{ error: { … } }` in either case of letters, google.rpc.Status, `{ error: 'text' }`. */
function readErrorBody(document: unknown): ErrorBody {
  if (!isObject(document)) return {}
  const { error } = document
  const inner = isObject(error) ? error : document
  const message = cleanServiceText(typeof error === 'string' ? error : (inner['message'] ?? inner['error']))
  const code = inner['grpcCode'] ?? inner['grpc_code'] ?? inner['code']
  const httpStatus = inner['httpCode'] ?? inner['http_code']
  const requestId = readRequestId(inner['details'])
  return {
    ...(message !== undefined && { message }),
    ...(Number.isInteger(code) && { code: code as number }),
    ...(typeof httpStatus === 'number' && httpStatus >= 400 && httpStatus < 600 && { httpStatus }),
    ...(requestId !== undefined && { requestId }),
  }
}

/** Source: google.rpc.RequestInfo. */
function readRequestId(details: unknown): string | undefined {
  if (!Array.isArray(details)) return undefined
  for (const detail of details as unknown[]) {
    if (!isObject(detail)) continue
    const id = detail['requestId'] ?? detail['request_id']
    if (typeof id === 'string' && /^[\w-]{1,100}$/.test(id)) return id
  }
  return undefined
}

/**
 * The service's own words, fit for an error message: one line, bounded, without anything it might have echoed.
 * Its texts are English; what is not ASCII, looks like a key, or has no gaps over 100 characters came from the request.
 */
function cleanServiceText(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  const plain = text
    .slice(0, 2_000)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll(/[^\x20-\x7e]+(?: +[^\x20-\x7e]+)*/g, '…')
    .replaceAll(/\b(?:t\d\.|y[0-3]_|AQV)[\w.-]+/g, '…')
    .replaceAll(/\S{100,}/g, '…')
    .trim()
  if (plain === '') return undefined
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain
}

function describeForeignBody({ contentType, text }: ErrorReply): string {
  if (text.trim() === '') return 'an empty body'
  if (contentType === 'text/html' || text.trimStart().startsWith('<')) return 'an HTML page, not the service'
  return 'a body that is not the documented error'
}
