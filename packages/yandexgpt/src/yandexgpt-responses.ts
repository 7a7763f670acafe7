import { ProtocolError } from '@shlyuz/core'
import type { ExtraOperation, ModelRef, Operation, Reply, Shape, WireRequest } from '@shlyuz/core'
import { createYandexgptError } from './create-yandexgpt-error.ts'
import { formatModelUri, parseYandexgptModel } from './parse-yandexgpt-model.ts'
import { readYandexgptFailure } from './yandexgpt-errors.ts'
import { findYandexgptModel } from './yandexgpt-models.ts'
import { convertAnsweredUri, createOpenAiHeaders } from './yandexgpt-openai-request.ts'
import { readFolder, type YandexgptCallSettings } from './yandexgpt-request.ts'
import {
  countRemoteUrls,
  createResponseBody,
  listRemoteTools,
  type YandexgptResponseInput,
} from './yandexgpt-responses-input.ts'
import {
  itemsShape,
  readResponse,
  readResponseItems,
  responseShape,
  type YandexgptResponse,
  type YandexgptResponseItems,
} from './yandexgpt-responses-result.ts'
import { checkKeys, isObject, refuse } from './yandexgpt-settings.ts'

/** A response that was stored, by the id that `createResponse` gave. */
export interface YandexgptResponseId {
  readonly id: string
}

export interface YandexgptResponseItemsInput extends YandexgptResponseId {
  /** 1 to 100. Default: the service's own. */
  readonly limit?: number
  /** Default: the service's own. */
  readonly order?: 'asc' | 'desc'
  /** The id of an item; those after it are listed. */
  readonly after?: string
}

/** The operations of the Responses API, for `client.provider('yandexgpt')`. */
export interface YandexgptResponsesExtras {
  readonly createResponse: ExtraOperation<YandexgptResponseInput, YandexgptResponse>
  readonly getResponse: ExtraOperation<YandexgptResponseId, YandexgptResponse>
  readonly cancelResponse: ExtraOperation<YandexgptResponseId, YandexgptResponse>
  readonly listResponseItems: ExtraOperation<YandexgptResponseItemsInput, YandexgptResponseItems>
}

/**
 * The Responses API of AI Studio: conversations with the service's own tools. `web_search`, `mcp` and files by URL make the
 * service reach out; they are told to the policy, which refuses them unless it lists them.
 * Source: documentation, "Responses API".
 */
export function responsesExtras(settings: YandexgptCallSettings): YandexgptResponsesExtras {
  return {
    /** `POST /v1/responses`. Not stored unless `store: true` says so; sent again after a failure only then. */
    createResponse: {
      operation: 'chat',
      run(input) {
        const body = createResponseBody(input)
        const model = parseModel(input.model)
        return {
          model: model.id,
          remoteUrls: countRemoteUrls(body),
          remoteTools: listRemoteTools(body),
          steps: create(body, model, settings),
        }
      },
    },
    /** `GET /v1/responses/{id}`: how far a background response is, or what it answered. */
    getResponse: {
      operation: 'job',
      run: (input) => ({ steps: ask('GET', readId('getResponse', input, ['id']), '', settings) }),
    },
    /** `POST /v1/responses/{id}/cancel`, for a background response. */
    cancelResponse: {
      operation: 'job',
      run: (input) => ({ steps: ask('POST', readId('cancelResponse', input, ['id']), '/cancel', settings) }),
    },
    /** `GET /v1/responses/{id}/input_items`. */
    listResponseItems: {
      operation: 'job',
      run: (input) => ({ steps: listItems(input, settings) }),
    },
  }
}

/** @throws ConfigurationError for a model that does not converse */
function parseModel(id: unknown): ModelRef {
  if (typeof id !== 'string' || id === '') {
    return refuse('createResponse(): model must be a non-empty string', "model: имя модели, например 'yandexgpt-5.1'.")
  }
  const model = parseYandexgptModel(id)
  const scheme = model.wire?.['scheme'] ?? 'gpt'
  const kind = findYandexgptModel(model.catalogueId)?.kind ?? 'chat'
  if (kind === 'chat' && scheme === 'gpt') return model
  return refuse(
    `createResponse(): ${model.catalogueId} does not converse`,
    "Возьмите модель для диалога, например 'yandexgpt-5.1'.",
  )
}

function* create(
  body: Readonly<Record<string, unknown>>,
  model: ModelRef,
  settings: YandexgptCallSettings,
): Operation<YandexgptResponse> {
  const folder = yield* readFolder(model, settings)
  const document = yield* exchange(
    {
      operation: 'chat',
      method: 'POST',
      path: '/responses',
      headers: createOpenAiHeaders(settings, folder),
      body: JSON.stringify({ ...body, model: formatModelUri(model, folder) }),
      repeat: leavesTraces(body) ? 'unsafe' : 'safe',
    },
    responseShape,
  )
  const response = readResponse(document)
  checkAnswered(response.rawModel, model)
  return response
}

/** Repeated, it would be kept twice, or a foreign tool would act twice. */
function leavesTraces({ store, tools }: Readonly<Record<string, unknown>>): boolean {
  return store === true || (Array.isArray(tools) && tools.some((tool) => isObject(tool) && tool['type'] === 'mcp'))
}

/** @throws ProtocolError when another model answered than the one that was judged */
function checkAnswered(rawModel: string | undefined, asked: ModelRef): void {
  const answered = rawModel === undefined ? undefined : convertAnsweredUri(rawModel, asked)
  const judged = asked.tuned === undefined ? asked.catalogueId : `${asked.catalogueId}@${asked.tuned}`
  if (answered === undefined || answered.toLowerCase() === judged.toLowerCase()) return
  throw new ProtocolError('another model answered than the one that was asked', {
    code: 'response.model_mismatch',
    hint: 'Ответила не та модель, которую разрешила политика: укажите модель с постоянным именем, например yandexgpt-5.1.',
  })
}

function* ask(
  method: 'GET' | 'POST',
  id: string,
  verb: string,
  settings: YandexgptCallSettings,
): Operation<YandexgptResponse> {
  const headers = createOpenAiHeaders(settings, yield* readFolder(undefined, settings))
  const request = { operation: 'job', method, path: `/responses/${id}${verb}`, headers, repeat: 'safe' } as const
  return readResponse(yield* exchange(request, responseShape))
}

function listItems(
  input: YandexgptResponseItemsInput,
  settings: YandexgptCallSettings,
): Operation<YandexgptResponseItems> {
  const id = readId('listResponseItems', input, ['id', 'limit', 'order', 'after'])
  const { limit, order, after } = input
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= 100)) {
    refuse('listResponseItems(): limit must be an integer from 1 to 100', 'limit: целое от 1 до 100.')
  }
  if (order !== undefined && order !== 'asc' && order !== 'desc') {
    refuse("listResponseItems(): order must be 'asc' or 'desc'", "order: 'asc' или 'desc'.")
  }
  if (after !== undefined) checkId('listResponseItems', 'after', after)
  const query = {
    ...(limit !== undefined && { limit: String(limit) }),
    ...(order !== undefined && { order }),
    ...(after !== undefined && { after }),
  }
  return fetchItems(id, query, settings)
}

function* fetchItems(
  id: string,
  query: Readonly<Record<string, string>>,
  settings: YandexgptCallSettings,
): Operation<YandexgptResponseItems> {
  const headers = createOpenAiHeaders(settings, yield* readFolder(undefined, settings))
  const path = `/responses/${id}/input_items`
  const request = { operation: 'job', method: 'GET', path, query, headers, repeat: 'safe' } as const
  return readResponseItems(yield* exchange(request, itemsShape))
}

/** @throws ShlyuzError for an error in a body of 200, which has no id of a response */
function* exchange(
  request: Omit<WireRequest, 'endpoint' | 'accept'>,
  shape: Shape,
): Operation<Readonly<Record<string, unknown>>> {
  const reply = (yield {
    do: 'exchange',
    request: { endpoint: 'openai', accept: ['application/json'], ...request },
    read: 'json',
    shape,
  }) as Reply
  const document = isObject(reply.body) ? reply.body : {}
  if (document['id'] !== undefined || document['data'] !== undefined) return document
  const failure = document['error'] ? readYandexgptFailure(document) : undefined
  if (failure) throw createYandexgptError(failure)
  throw new ProtocolError("YandexGPT's answer cannot be read: it is no response", {
    hint: 'Ответ не похож на YandexGPT: проверьте адрес и прокси между вами и сервисом.',
  })
}

function readId(where: string, input: unknown, names: readonly string[]): string {
  if (!isObject(input)) return refuse(`${where} takes an object of ${names.join(', ')}`, `Пишите ${where}({ id }).`)
  checkKeys(`${where}()`, input, names)
  const { id } = input
  checkId(where, 'id', id)
  return id
}

/** The form of ids is not documented: anything that is one segment of a path and nothing else. */
function checkId(where: string, name: string, id: unknown): asserts id is string {
  if (typeof id === 'string' && /^[\w-][\w.:~-]{0,199}$/.test(id) && !id.includes('..')) return
  refuse(`${where}(): ${name} is not an id of the service`, `${name}: идентификатор из ответа createResponse.`)
}
