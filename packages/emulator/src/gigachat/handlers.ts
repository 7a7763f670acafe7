import { http, type RequestHandler } from 'msw'
import { Refusal } from '../answer.ts'
import { gigachatOrigins } from '../origins.ts'
import { serve, type Respond } from '../serve.ts'
import type { Operation } from '../service.ts'
import type { EmulatorState } from '../state.ts'
import { answerChat } from './chat.ts'
import { answerCountTokens } from './count-tokens.ts'
import { gigachatDialect } from './dialect.ts'
import { answerModel, answerModels } from './models.ts'
import { answerOauth, answerUserToken } from './oauth.ts'
import { apiError } from './refusals.ts'

/** API bases: `api.giga.chat` has them at `/v1` (and, by some official samples, `/api/v1`), the older host at `/api/v1`. */
const apiBases = [`${gigachatOrigins.api}/v1`, `${gigachatOrigins.api}/api/v1`, `${gigachatOrigins.olderApi}/api/v1`]

/** The second address is in no official page; ten public projects use it since 2026-07. */
const oauthAddresses = [`${gigachatOrigins.oauth}/api/v2/oauth`, `${gigachatOrigins.api}/api/v2/oauth`]

/** GigaChat's addresses. */
export function createGigaChatHandlers(state: EmulatorState): RequestHandler[] {
  const on = (operation: Operation, respond: Respond) => serve(state, gigachatDialect, operation, respond)
  return [
    ...oauthAddresses.map((address) => http.post(address, on('token', answerOauth))),
    ...apiBases.flatMap((base) => [
      http.post(`${base}/token`, on('token', answerUserToken)),
      http.post(`${base}/chat/completions`, on('chat', answerChat)),
      http.get(`${base}/models`, on('models', answerModels)),
      http.get(`${base}/models/:id`, on('models', answerModel)),
      http.post(`${base}/tokens/count`, on('count-tokens', answerCountTokens)),
    ]),
    ...Object.values(gigachatOrigins).map((origin) => http.all(`${origin}/*`, on('unknown', refusePath))),
  ]
}

function refusePath({ url }: { readonly url: URL }): never {
  throw new Refusal(apiError(404), `${url.pathname} is not emulated`)
}
