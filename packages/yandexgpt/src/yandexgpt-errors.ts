import type { ErrorReply, ProviderFailure } from '@shlyuz/core'
import { isObject } from './yandexgpt-settings.ts'

interface ErrorBody {
  readonly message?: string
  readonly code?: number
  readonly httpStatus?: number
  readonly requestId?: string
}

/** Codes of gRPC and the HTTP status each stands for. Source: google.rpc.Code. */
const statusOfCode: Readonly<Record<number, number>> = {
  1: 499, 2: 500, 3: 400, 4: 504, 5: 404, 7: 403, 8: 429, 9: 400, 12: 501, 13: 500, 14: 503, 16: 401,
} // oxfmt-ignore

/** Reads an error answer of any of the service's hosts. Never throws. */
export function convertYandexgptError({ status, text, contentType, operation }: ErrorReply): ProviderFailure {
  const body = readErrorBody(parseJson(text))
  const failure = describe(status, body.message ?? '', operation === 'token')
  const words =
    body.message ?? (contentType === 'text/html' ? 'an HTML page, not the service' : 'no documented error body')
  return {
    ...failure,
    message: `YandexGPT answered ${status}: ${words}`,
    ...(body.code !== undefined && { providerCode: String(body.code) }),
    ...(body.requestId !== undefined && { requestId: body.requestId }),
  }
}

/** The failure that a stream's line, or a 200 body, reports; `undefined` when it reports none. */
export function readYandexgptFailure(answer: Readonly<Record<string, unknown>>): ProviderFailure | undefined {
  if (answer['result'] !== undefined || (answer['error'] === undefined && answer['code'] === undefined))
    return undefined
  const body = readErrorBody(answer)
  const status = body.httpStatus ?? statusOfCode[body.code ?? 2] ?? 500
  return {
    ...describe(status, body.message ?? '', false),
    message: `YandexGPT reported in its answer: ${body.message ?? 'an error without words'}`,
    status,
    ...(body.code !== undefined && { providerCode: String(body.code) }),
    ...(body.requestId !== undefined && { requestId: body.requestId }),
  }
}

type Meaning = Pick<ProviderFailure, 'kind' | 'hint' | 'refreshToken' | 'isRetryable'>

function describe(status: number, message: string, isToken: boolean): Meaning {
  if (/no more than \d+, got \d+|too (?:long|many tokens)/i.test(message)) {
    return { kind: 'context-length', hint: 'Запрос длиннее контекста модели: сократите историю или документ.' }
  }
  const folders = /folder ID '[^']*' does not match with service account folder ID '([^']*)'/i.exec(message)
  if (folders) {
    return {
      kind: 'bad-request',
      hint: `Ключ выдан для другого каталога: задайте folderId: '${folders[1]}' (или YC_FOLDER_ID).`,
    }
  }
  if (/specify folder ID/i.test(message)) {
    return { kind: 'bad-request', hint: 'Для токена пользователя нужен каталог: задайте folderId или YC_FOLDER_ID.' }
  }
  if (/model.?uri|get model|parse model/i.test(message)) {
    return {
      kind: 'not-found',
      hint: 'Такой модели нет: проверьте имя, например yandexgpt/yandexgpt-5.1; снятые модели отвечают так же.',
    }
  }
  if (status >= 500)
    return {
      kind: 'server',
      hint: 'Сбой на стороне Yandex AI Studio: повторите позже или задайте fallback.',
      isRetryable: status !== 501,
    }
  switch (status) {
    case 401:
      return authMeaning(message, isToken)
    case 402:
      return { kind: 'quota', hint: 'Платёжный аккаунт не активен: проверьте его в консоли.' }
    case 403:
      return {
        kind: 'permission',
        hint: 'Нет прав: дайте сервисному аккаунту роль ai.languageModels.user на каталог и проверьте платёжный аккаунт.',
      }
    case 404:
      return { kind: 'not-found', hint: 'Не найдено: проверьте имя модели и baseUrl.' }
    case 408:
    case 409:
    case 425:
      return { kind: 'server', hint: 'Временный отказ: повтор обычно помогает.' }
    case 413:
      return { kind: 'context-length', hint: 'Запрос слишком велик: сократите историю или документ.' }
    case 429:
      return {
        kind: 'rate-limit',
        hint: message.includes('gauge')
          ? 'Слишком много генераций сразу (обычно 10 на каталог): дождитесь окончания прошлых.'
          : 'Исчерпана квота запросов за время: подождите или увеличьте квоту в консоли.',
      }
    default:
      return { kind: 'bad-request', hint: 'Сервис не принял запрос: причина — в тексте ошибки; проверьте параметры.' }
  }
}

function authMeaning(message: string, isToken: boolean): Meaning {
  const expired = /expired/i.test(message)
  const unknown = /unknown api key/i.test(message)
  const hint = isToken
    ? 'IAM не принял OAuth-токен или ключ сервисного аккаунта: выпустите новый.'
    : unknown
      ? 'Ключ не подходит: проверьте YC_API_KEY и области ключа (yc.ai.languageModels.execute, yc.ai.foundationModels.execute).'
      : expired
        ? 'Ключ или токен истёк: выпустите новый API-ключ или получите новый IAM-токен.'
        : 'Нет доступа: проверьте YC_API_KEY (или IAM-токен).'
  return { kind: 'auth', hint, refreshToken: !isToken }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** Envelope `{ error: { grpcCode, httpCode, message } }`, google.rpc.Status, or `{ error: 'text' }`. */
function readErrorBody(answer: unknown): ErrorBody {
  if (!isObject(answer)) return {}
  const { error } = answer
  const inner = isObject(error) ? error : answer
  const message = cleanServiceText(typeof error === 'string' ? error : (inner['message'] ?? inner['error']))
  const code = inner['grpcCode'] ?? inner['grpc_code'] ?? inner['code']
  const httpStatus = inner['httpCode'] ?? inner['http_code']
  const details = Array.isArray(inner['details']) ? (inner['details'] as unknown[]) : []
  const named = details.find((detail) => isObject(detail) && typeof detail['requestId'] === 'string') as
    | { requestId: string }
    | undefined
  return {
    ...(message !== undefined && { message }),
    ...(typeof code === 'number' && { code }),
    ...(typeof httpStatus === 'number' && { httpStatus }),
    ...(named && { requestId: named.requestId.slice(0, 100) }),
  }
}

/** The service's own words, fit for an error message: one line, bounded, without what it might have echoed. */
function cleanServiceText(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  const plain = text
    .slice(0, 2_000)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll(/[^\x20-\x7e]+(?: +[^\x20-\x7e]+)*/g, '…')
    .replaceAll(/\S{100,}/g, '…')
    .trim()
  return plain === '' ? undefined : plain.slice(0, 200)
}
