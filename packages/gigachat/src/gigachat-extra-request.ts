import type { Operation, OperationKind, Reply, Shape, WireRequest } from '@shlyuz/core'
import { checkKeys, isObject, refuse } from './gigachat-settings.ts'

/** Of every operation on what belongs to a client: files, batches. */
export interface GigachatClientInput {
  /** Sent as `X-Client-ID`: what came to be with it is only found with it. Printable ASCII. */
  readonly clientId?: string
}

/**
 * The input of an operation, as an object of known keys.
 * @throws ConfigurationError with the exact fix; values are not quoted
 */
export function checkExtraInput(
  operation: string,
  input: unknown,
  known: readonly string[],
  neighbours: Readonly<Record<string, string>> = {},
): Readonly<Record<string, unknown>> {
  if (input === undefined) return {}
  if (!isObject(input)) {
    const keys = known.length > 0 ? `объект с полями ${known.join(', ')}` : 'без аргументов'
    return refuse(`${operation}() takes an object`, `${operation}(): ${keys}.`)
  }
  checkKeys(`${operation}()`, input, known, neighbours)
  return input
}

/** @throws ConfigurationError unless it is a text with something in it */
export function checkTextInput(where: string, text: unknown): asserts text is string {
  if (typeof text === 'string' && text.trim() !== '') return
  refuse(`${where} must be a non-empty string`, `${where}: непустая строка.`)
}

/** @throws ConfigurationError unless it looks like an id of the service: it becomes a part of a path */
export function checkId(where: string, id: unknown): asserts id is string {
  if (typeof id === 'string' && /^[\w-]{1,128}$/.test(id)) return
  refuse(`${where} must be an id as the service gave it`, `${where}: идентификатор, как его дал сервис, без изменений.`)
}

/** @throws ConfigurationError for a client id that no header can carry */
export function createClientHeaders(operation: string, clientId: unknown): Readonly<Record<string, string>> {
  if (clientId === undefined) return {}
  if (typeof clientId === 'string' && /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(clientId)) {
    return { 'x-client-id': clientId }
  }
  return refuse(
    `${operation}(): clientId must be printable ASCII without line breaks and spaces at its ends`,
    'clientId: только печатные символы ASCII, без переводов строк и пробелов по краям.',
  )
}

/** A request of version 1 whose JSON answer is checked against its shape, then read. */
export function* askJson<Result>(
  kind: OperationKind,
  request: Pick<WireRequest, 'method' | 'path'> & Partial<WireRequest>,
  shape: Shape,
  read: (body: never) => Result,
): Operation<Result> {
  const { body } = (yield {
    do: 'exchange',
    request: { endpoint: 'api', operation: kind, repeat: 'safe', accept: ['application/json'], ...request },
    read: 'json',
    shape,
  }) as Reply
  return read(body as never)
}

/** Unix time of the service, in seconds or milliseconds, as ISO 8601; nothing for what is no time. */
export function toIsoTime(time: unknown): string | undefined {
  if (typeof time !== 'number' || !Number.isFinite(time) || time <= 0) return undefined
  const date = new Date(time < 1e12 ? time * 1_000 : time)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
