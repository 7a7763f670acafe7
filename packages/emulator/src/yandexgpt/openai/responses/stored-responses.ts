import type { Answer } from '../../../answer.ts'
import type { Exchange } from '../../../exchange.ts'
import { pause } from '../../../pace.ts'
import { authoriseOpenAi } from '../authorise-open-ai.ts'
import { complain } from '../complaint.ts'
import type { JsonObject } from '../read-values.ts'
import { describeUnfinished } from './describe-response.ts'
import type { StoredResponse } from './response-store.ts'

/** The response as it stands: cancelled, queued, at work or complete. */
export function show(stored: StoredResponse): JsonObject {
  if (stored.isCancelled) return describeUnfinished(stored.complete, 'cancelled')
  if (stored.pollsLeft <= 0) return stored.complete
  return describeUnfinished(stored.complete, stored.isQueued ? 'queued' : 'in_progress')
}

/** `GET /v1/responses/{id}`. A background response is at work until it was looked at often enough. @throws Complaint */
export async function answerGetResponse(exchange: Exchange): Promise<Answer> {
  const stored = await find(exchange)
  stored.isQueued = false
  const body = show(stored)
  stored.pollsLeft -= 1
  return answerJson(body)
}

/** `POST /v1/responses/{id}/cancel`: of a background response that is not complete. @throws Complaint */
export async function answerCancelResponse(exchange: Exchange): Promise<Answer> {
  const stored = await find(exchange)
  if (stored.complete['background'] !== true) throw complain(400, 'Only background responses can be cancelled')
  if (stored.pollsLeft > 0) stored.isCancelled = true
  return answerJson(show(stored))
}

/** `GET /v1/responses/{id}/input_items`, newest first unless `order=asc`; with `limit` and `after`. @throws Complaint */
export async function answerInputItems(exchange: Exchange): Promise<Answer> {
  const { input } = await find(exchange)
  const { searchParams } = exchange.url
  const ordered = searchParams.get('order') === 'asc' ? input : input.toReversed()
  const after = searchParams.get('after')
  const start = after === null ? 0 : ordered.findIndex(({ id }) => id === after) + 1
  const limit = Number(searchParams.get('limit') ?? 20)
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) throw complain(400, 'limit must be in range [1, 100]')
  const data = ordered.slice(start, start + limit)
  return answerJson({
    object: 'list',
    data,
    first_id: data[0]?.['id'] ?? null,
    last_id: data.at(-1)?.['id'] ?? null,
    has_more: start + limit < ordered.length,
  })
}

async function find(exchange: Exchange): Promise<StoredResponse> {
  authoriseOpenAi(exchange, exchange.state.options.yandexgpt.folderId)
  const { state, url } = exchange
  await pause(exchange.draw(state.options.pace.serviceMs), exchange.signal)
  const id = /\/v1\/responses\/(?<id>[^/]+)/.exec(url.pathname)?.groups?.['id'] ?? ''
  const stored = state.responses.get(decodeURIComponent(id))
  if (stored === undefined) throw complain(404, `Response with id '${id}' not found.`)
  return stored
}

function answerJson(body: object): Answer {
  return { status: 200, contentType: 'application/json', body: JSON.stringify(body) }
}
