import type { Answer } from '../answer.ts'
import type { Exchange } from '../exchange.ts'
import { yandexgptOrigins } from '../origins.ts'
import { pause } from '../pace.ts'
import { refuseAsCloud } from './refusals.ts'

const hosts: Readonly<Record<string, string>> = {
  'ai-foundation-models': yandexgptOrigins.llm,
  'ai-llm': yandexgptOrigins.llm,
  operation: yandexgptOrigins.operation,
  iam: yandexgptOrigins.iam,
  searchapi: yandexgptOrigins.search,
}

const endpoints = Object.entries(hosts).map(([id, origin]) => ({ id, address: `${new URL(origin).hostname}:443` }))

/**
 * `GET /endpoints` and `GET /endpoints/<id>`: which host serves what, without a credential. Only the hosts that are
 * emulated.
 *
 * @throws Refusal with 404
 */
export async function answerEndpoints({ url, state, draw, signal }: Exchange): Promise<Answer> {
  await pause(draw(state.options.pace.serviceMs), signal)
  const id = url.pathname.split('/')[2]
  const body = id === undefined ? { endpoints } : endpoints.find((endpoint) => endpoint.id === id)
  if (body === undefined) throw refuseAsCloud(404, 'Endpoint not found', `there is no ${url.pathname}`)
  return { status: 200, contentType: 'application/json', body: JSON.stringify(body) }
}
