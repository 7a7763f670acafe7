import { http, type RequestHandler } from 'msw'
import { Refusal } from '../answer.ts'
import type { Exchange } from '../exchange.ts'
import { yandexgptOrigins } from '../origins.ts'
import { serve, type Respond } from '../serve.ts'
import type { Operation } from '../service.ts'
import type { EmulatorState } from '../state.ts'
import { answerCompletion } from './completion.ts'
import { yandexgptDialect } from './dialect.ts'
import { answerIamToken } from './iam.ts'
import { answerMetadata } from './metadata.ts'
import { cloudError, modelError } from './refusals.ts'
import { answerTokenize, answerTokenizeCompletion } from './tokenize.ts'

const { llm, ai, iam, operation, metadata } = yandexgptOrigins

/** The newer host serves the same native paths (third-party knowledge of 2026-06). */
const nativeBases = [`${llm}/foundationModels/v1`, `${ai}/foundationModels/v1`]

const metadataPath = '/computeMetadata/v1/instance/service-accounts/default/token'

/** Paths of the services that are not emulated yet: they get the service's answer for what it cannot do. */
const laterPaths = [`${llm}/foundationModels/v1/*`, `${ai}/foundationModels/v1/*`, `${llm}/v1/*`, `${ai}/v1/*`]

/** YandexGPT's addresses. */
export function createYandexGptHandlers(state: EmulatorState): RequestHandler[] {
  const on = (kind: Operation, respond: Respond) => serve(state, yandexgptDialect, kind, respond)
  return [
    ...nativeBases.flatMap((base) => [
      http.post(`${base}/completion`, on('chat', answerCompletion)),
      http.post(`${base}/tokenize`, on('count-tokens', answerTokenize)),
      http.post(`${base}/tokenizeCompletion`, on('count-tokens', answerTokenizeCompletion)),
    ]),
    http.post(`${iam}/iam/v1/tokens`, on('token', answerIamToken)),
    http.get(`${metadata}${metadataPath}`, on('metadata', answerMetadata)),
    http.get(`${operation}/operations/:id`, on('operation', refuseOperation)),
    ...laterPaths.map((path) => http.all(path, on('unknown', refuseLater))),
    ...Object.values(yandexgptOrigins).map((origin) => http.all(`${origin}/*`, on('unknown', refusePath))),
  ]
}

function refuseOperation({ url }: Exchange): never {
  throw new Refusal(cloudError(404, 'Operation not found'), `there is no ${url.pathname}`)
}

function refuseLater({ url }: Exchange): never {
  throw new Refusal(modelError(501), `${url.pathname} is not emulated yet`)
}

function refusePath({ url }: Exchange): never {
  throw new Refusal(modelError(404), `there is no ${url.pathname}`)
}
