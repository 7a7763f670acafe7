import { ProtocolError } from '@shlyuz/core'
import type { Operation, OperationKind, ProviderFailure, Reply, Shape, WireRequest } from '@shlyuz/core'
import { createYandexgptError } from './create-yandexgpt-error.ts'
import { readYandexgptFailure } from './yandexgpt-errors.ts'
import { isObject, refuse } from './yandexgpt-settings.ts'

/** How far an operation of Yandex Cloud is. */
export type YandexgptOperationState = {
  readonly id: string
  /** The service's word for the work: `Async GPT Completion`. */
  readonly description?: string
  /** RFC 3339. Absent for images. */
  readonly createdAt?: string
  /** RFC 3339. Absent for images. */
  readonly modifiedAt?: string
  /** The account that began it. */
  readonly createdBy?: string
  /** What the method says of its progress, such as the batches that are done. */
  readonly metadata?: Readonly<Record<string, unknown>>
} & (
  | { readonly status: 'running' }
  /** `response`: the message of the method, without the wrapper `result`. */
  | { readonly status: 'done'; readonly response: Readonly<Record<string, unknown>> }
  | { readonly status: 'failed'; readonly failure: ProviderFailure }
  | { readonly status: 'cancelled' }
)

/** Where an operation is asked for: texts at the operation service, images where they were ordered. */
type OperationEndpoint = 'operations' | 'api'

/** Source: yandex/cloud/operation/operation.proto. Error bodies of the gateway have no id and are read as such. */
const operationShape: Shape = (z) =>
  z.looseObject({
    id: z.string().optional(),
    done: z.boolean().nullish(),
    error: z.unknown().optional(),
    response: z.looseObject({}).nullish(),
  })

/** Begins an operation. It may not be repeated once sent: each request is a piece of work of its own, and billed. */
export function* startOperation(request: Omit<WireRequest, 'repeat'>): Operation<YandexgptOperationState> {
  const sent: WireRequest = { ...request, repeat: 'unsafe' }
  const { body } = (yield { do: 'exchange', request: sent, read: 'json', shape: operationShape }) as Reply
  return readOperation(body)
}

/**
 * `GET /operations/{id}`, and `GET /operations/{id}:cancel` (a GET as well). Source: documentation, "Operations".
 * @throws ConfigurationError for an id that cannot be one
 */
export function* askOperation(
  id: string,
  endpoint: OperationEndpoint,
  operation: OperationKind,
  verb: '' | ':cancel' = '',
): Operation<YandexgptOperationState> {
  checkOperationId(id)
  const request: WireRequest = {
    endpoint,
    operation,
    method: 'GET',
    path: `/operations/${id}${verb}`,
    repeat: 'safe',
    accept: ['application/json'],
  }
  const { body } = (yield { do: 'exchange', request, read: 'json', shape: operationShape }) as Reply
  return readOperation(body)
}

/** @throws ConfigurationError unless it looks like the id of an operation: it becomes a part of a path */
export function checkOperationId(id: unknown): asserts id is string {
  if (typeof id === 'string' && /^[a-z0-9]{1,64}$/i.test(id)) return
  refuse(
    'the id of an operation is letters and digits',
    'Идентификатор операции — строка вида d7q…, как её дал сервис, без пробелов и косых черт.',
  )
}

/**
 * Reads an operation. A succeeded one may carry an empty error with code 0; code 1 says that it was cancelled.
 * Source: google.rpc.Status.
 */
export function readOperation(body: unknown): YandexgptOperationState {
  const { id: stated, done, error, response, metadata } = isObject(body) ? body : {}
  if (typeof stated !== 'string') {
    const failure = isObject(body) ? readYandexgptFailure(body) : undefined
    if (failure) throw createYandexgptError(failure)
    throw new ProtocolError("YandexGPT's answer cannot be read: it is no operation", {
      hint: 'Ответ не похож на операцию Yandex Cloud: проверьте baseUrl, operationsUrl и прокси между вами и сервисом.',
    })
  }
  const id = { id: stated, ...readStated(body), ...(isObject(metadata) && { metadata }) }
  if (done !== true) return { ...id, status: 'running' }
  const code = isObject(error) ? error['code'] : undefined
  if (code === 1) return { ...id, status: 'cancelled' }
  const failure = isObject(error) && code !== 0 && code !== undefined ? readYandexgptFailure({ error }) : undefined
  if (failure) return { ...id, status: 'failed', failure }
  if (isObject(response)) return { ...id, status: 'done', response }
  return {
    ...id,
    status: 'failed',
    failure: { kind: 'protocol', message: 'the operation is done without a response', isRetryable: false },
  }
}

/** What is known of any operation; images state empty ones and `null`. */
function readStated(
  body: unknown,
): Pick<YandexgptOperationState, 'description' | 'createdAt' | 'modifiedAt' | 'createdBy'> {
  const names = ['description', 'createdAt', 'modifiedAt', 'createdBy']
  const stated = names.map((name) => [name, isObject(body) ? body[name] : undefined] as const)
  return Object.fromEntries(stated.filter(([, text]) => typeof text === 'string' && text !== ''))
}
