import type { ErrorReply, OperationKind, ProviderFailure } from '@shlyuz/core'
import { chatModelNames } from './gigachat-models.ts'
import { isObject, scopeHint } from './gigachat-settings.ts'

type Meaning = Pick<ProviderFailure, 'kind' | 'hint' | 'refreshToken'>

/** What an answer outside 2xx, or an error inside a stream, says of itself. */
export interface GigachatErrorBody {
  readonly message?: string
  /** Only the token endpoint has codes. */
  readonly code?: string
}

/**
 * Reads an error of GigaChat. The API answers `{ status, message }`, the token endpoint `{ code, message }`, the
 * gateway before both an HTML page. Source: «Описание ошибок».
 */
export function convertGigachatError(reply: ErrorReply): ProviderFailure {
  const body = readErrorBody(parseJson(reply.text))
  const meaning =
    reply.operation === 'token'
      ? tokenMeaning(reply.status, body.code)
      : apiMeaning(reply.status, body.message ?? '', reply.operation)
  const subject = reply.operation === 'token' ? "GigaChat's token endpoint" : 'GigaChat'
  return createFailure(subject, reply.status, body, describeForeignBody(reply), meaning)
}

/** An error that came inside an answer of 200; without a status it counts as the service's own failure. */
export function convertGigachatAnswerError(error: Readonly<Record<string, unknown>>): ProviderFailure {
  const inner = isObject(error['error']) ? error['error'] : error
  const stated = inner['status'] ?? inner['code']
  const status = typeof stated === 'number' && stated >= 400 && stated < 600 ? stated : 500
  const body = readErrorBody(inner)
  const { kind, hint } = apiMeaning(status, body.message ?? '')
  return createFailure('GigaChat', status, body, 'an error without text', { kind, ...(hint !== undefined && { hint }) })
}

/** True for `{ error: … }` and `{ status, message }`: no answer has these. */
export function isGigachatError(value: Readonly<Record<string, unknown>>): boolean {
  if (value['choices'] !== undefined) return false
  if (value['error'] !== undefined && value['error'] !== null) return true
  return typeof value['message'] === 'string' && (value['status'] !== undefined || value['code'] !== undefined)
}

function createFailure(
  subject: string,
  status: number,
  { message, code }: GigachatErrorBody,
  otherwise: string,
  meaning: Meaning,
): ProviderFailure {
  const suffix = code === undefined ? '' : ` (code ${code})`
  return {
    ...meaning,
    message: `${subject} answered ${status}: ${message ?? otherwise}${suffix}`,
    status,
    ...(code !== undefined && { providerCode: code }),
  }
}

/** What the codes of `POST /oauth` mean; all of them are about the credential and its scope. */
const hintsOfCodes: ReadonlyMap<string, string> = new Map([
  ['1', `Такого scope нет. Задайте GIGACHAT_SCOPE (или scope): ${scopeHint}.`],
  ['4', 'Ключ не в base64: скопируйте Authorization key целиком из личного кабинета (GIGACHAT_CREDENTIALS).'],
  ['5', `Не указан scope. Задайте GIGACHAT_SCOPE (или scope): ${scopeHint}.`],
  ['6', 'Ключ неверен или отозван: выпустите новый Authorization key в личном кабинете (GIGACHAT_CREDENTIALS).'],
  ['7', `Ключ выдан для другого scope. Задайте GIGACHAT_SCOPE (или scope): ${scopeHint}.`],
])

/** Errors of `POST /oauth` and `POST /token`. */
function tokenMeaning(status: number, code: string | undefined): Meaning {
  const hint = code === undefined || status >= 500 ? undefined : hintsOfCodes.get(code)
  if (hint !== undefined) return { kind: 'auth', hint }
  if (status === 401) {
    return {
      kind: 'auth',
      hint: 'Вход не принят: проверьте ключ авторизации (GIGACHAT_CREDENTIALS) или GIGACHAT_USER и GIGACHAT_PASSWORD.',
    }
  }
  if (status === 400) {
    return {
      kind: 'bad-request',
      hint: 'Запрос токена не принят: проверьте tokenUrl, а для входа по паролю — baseUrl.',
    }
  }
  if (status === 404) {
    return {
      kind: 'not-found',
      hint: 'По этому адресу токены не выдают: проверьте tokenUrl, а для входа по паролю — baseUrl.',
    }
  }
  if (status === 429) {
    return {
      kind: 'rate-limit',
      hint: 'Не больше 10 запросов токена в секунду: держите один client на процесс, он делит один токен между вызовами.',
    }
  }
  return apiMeaning(status, '')
}

/** Errors of the API itself. */
function apiMeaning(status: number, message: string, operation: OperationKind = 'chat'): Meaning {
  if (status >= 500) return { kind: 'server', hint: 'Сбой на стороне GigaChat: повторите позже или задайте fallback.' }
  switch (status) {
    case 400:
      return { kind: 'bad-request', hint: badRequestHint(message) }
    case 401:
      return {
        kind: 'auth',
        hint: 'Токен не принят: проверьте ключ (GIGACHAT_CREDENTIALS); готовый токен (GIGACHAT_ACCESS_TOKEN) живёт 30 минут, получите новый.',
        refreshToken: true,
      }
    case 402:
      return {
        kind: 'quota',
        hint: 'Токены этой модели закончились или модели нет в тарифе: пополните пакет в личном кабинете или возьмите другую модель.',
      }
    case 403:
      return {
        kind: 'permission',
        hint: 'У аккаунта нет права на этот запрос: проверьте тариф и scope в личном кабинете.',
      }
    case 404:
      return { kind: 'not-found', hint: notFoundHint(message, operation) }
    case 408:
    case 409:
    case 425:
      return { kind: 'server', hint: 'Временный отказ GigaChat: повтор обычно помогает.' }
    case 413:
      return tooLarge(operation)
    case 422:
      return { kind: 'bad-request', hint: unprocessableHint(message) }
    case 429:
      return {
        kind: 'rate-limit',
        hint: 'Слишком много запросов сразу: у физлиц один поток, у бизнеса обычно 10. Дождитесь ответа на прошлый запрос.',
      }
    default:
      return { kind: 'bad-request', hint: 'GigaChat не принял запрос: проверьте baseUrl и параметры.' }
  }
}

function badRequestHint(message: string): string {
  if (/response_format|json format/i.test(message)) {
    return 'GigaChat не принял форму ответа: схема output должна быть объектом с полями; responseFormat есть не у всех стендов.'
  }
  return 'Так GigaChat отвечает на любое поле не по схеме: проверьте providerOptions.gigachat и extraBody.'
}

function unprocessableHint(message: string): string {
  if (/tool .* is unavailable/i.test(message)) {
    return 'Этот встроенный инструмент недоступен модели или аккаунту: уберите его или возьмите другую модель.'
  }
  if (/not support functions/i.test(message)) {
    return 'Эта модель не работает с tools: возьмите другую, например GigaChat-2-Max.'
  }
  if (/^field '/i.test(message)) return 'GigaChat не принял схему инструмента: у каждого объекта нужны properties.'
  return 'GigaChat не принял значение или порядок сообщений: причина — в тексте ошибки; проверьте параметры и историю.'
}

function tooLarge(operation: OperationKind): Meaning {
  if (operation === 'files') {
    return { kind: 'bad-request', hint: 'Файл слишком велик: документ до 40 МБ, картинка до 15 МБ, аудио до 35 МБ.' }
  }
  if (operation === 'embed') {
    return { kind: 'context-length', hint: 'Тексты длиннее, чем берёт модель: разрежьте их на части короче.' }
  }
  return { kind: 'context-length', hint: 'Запрос длиннее контекста модели: сократите историю или документ.' }
}

function notFoundHint(message: string, operation: OperationKind): string {
  if (/model/i.test(message)) {
    return `Такой модели у аккаунта нет. Известные: ${chatModelNames()}; GigaChat-3 отвечает только на https://api.giga.chat/v1.`
  }
  if (/tool/i.test(message)) {
    return 'Такого инструмента нет: проверьте имя в builtInFunctions (v1) или среди инструментов v2.'
  }
  if (operation === 'files') return 'Такого файла нет, или он загружен с другим clientId: проверьте id и clientId.'
  if (/batch/i.test(message)) return 'Такого пакета у аккаунта нет: проверьте строку задания и ключ.'
  return 'Не найдено: проверьте id в запросе и baseUrl, он кончается на /v1 (https://api.giga.chat/v1).'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function readErrorBody(body: unknown): GigachatErrorBody {
  if (!isObject(body)) return {}
  const message = cleanServiceText(body['message'])
  const { code } = body
  return {
    ...(message !== undefined && { message }),
    ...((typeof code === 'number' || (typeof code === 'string' && /^\w{1,20}$/.test(code))) && { code: String(code) }),
  }
}

/**
 * The service's own words, fit for an error message: one line, bounded, without anything it might have echoed.
 * Its texts are English; what is not ASCII, or has no gaps over 60 characters, came from the request.
 */
function cleanServiceText(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  const plain = text
    .slice(0, 2_000)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll(/[^\x20-\x7e]+(?: +[^\x20-\x7e]+)*/g, '…')
    .replaceAll(/\S{60,}/g, '…')
    .trim()
  if (plain === '') return undefined
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain
}

function describeForeignBody({ contentType, text }: ErrorReply): string {
  if (text.trim() === '') return 'an empty body'
  if (contentType === 'text/html' || text.trimStart().startsWith('<')) return 'an HTML page, not the service'
  return 'a body that is not the documented error'
}
