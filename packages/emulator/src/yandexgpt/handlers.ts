import { http, type RequestHandler } from 'msw'
import { Refusal } from '../answer.ts'
import type { Exchange } from '../exchange.ts'
import { yandexgptOrigins } from '../origins.ts'
import { serve, type Respond } from '../serve.ts'
import type { Operation } from '../service.ts'
import type { EmulatorState } from '../state.ts'
import { answerFewShotClassification, answerTunedClassification } from './classification.ts'
import { answerCompletionAsync } from './completion-async.ts'
import { answerCompletion } from './completion.ts'
import { yandexgptDialect } from './dialect.ts'
import { answerEndpoints } from './endpoints.ts'
import { answerGenSearch } from './gen-search.ts'
import { answerIamToken } from './iam.ts'
import { answerImageGeneration } from './image-generation.ts'
import { answerMetadata } from './metadata.ts'
import { createOpenAiHandlers } from './openai/handlers.ts'
import { answerOperation } from './operation.ts'
import { modelError } from './refusals.ts'
import { answerTextEmbedding } from './text-embedding.ts'
import { answerTokenize, answerTokenizeCompletion } from './tokenize.ts'

const { llm, ai, iam, operation, search, endpoints, metadata } = yandexgptOrigins

/** The newer host serves the same native paths (third-party knowledge of 2026-06). */
const nativeBases = [`${llm}/foundationModels/v1`, `${ai}/foundationModels/v1`]

const metadataPath = '/computeMetadata/v1/instance/service-accounts/default/token'

/** Paths of the services that are not emulated, such as the batches: they get the service's answer for what it cannot do. */
const laterPaths = [`${llm}/foundationModels/v1/*`, `${ai}/foundationModels/v1/*`, `${llm}/v1/*`, `${ai}/v1/*`]

/** YandexGPT's addresses. */
export function createYandexGptHandlers(state: EmulatorState): RequestHandler[] {
  const on = (kind: Operation, respond: Respond) => serve(state, yandexgptDialect, kind, respond)
  return [
    ...nativeBases.flatMap((base) => [
      http.post(`${base}/completion`, on('chat', answerCompletion)),
      http.post(`${base}/completionAsync`, on('submit', answerCompletionAsync)),
      http.post(`${base}/textEmbedding`, on('embeddings', answerTextEmbedding)),
      http.post(`${base}/fewShotTextClassification`, on('classify', answerFewShotClassification)),
      http.post(`${base}/textClassification`, on('classify', answerTunedClassification)),
      http.post(`${base}/imageGenerationAsync`, on('images', answerImageGeneration)),
      http.post(`${base}/tokenize`, on('count-tokens', answerTokenize)),
      http.post(`${base}/tokenizeCompletion`, on('count-tokens', answerTokenizeCompletion)),
    ]),
    http.post(`${iam}/iam/v1/tokens`, on('token', answerIamToken)),
    http.get(`${metadata}${metadataPath}`, on('metadata', answerMetadata)),
    ...[operation, llm, ai].map((host) => http.get(`${host}/operations/:id`, on('operation', answerOperation))),
    http.post(`${search}/v2/gen/search`, on('search', answerGenSearch)),
    http.get(`${endpoints}/endpoints`, on('endpoints', answerEndpoints)),
    http.get(`${endpoints}/endpoints/:id`, on('endpoints', answerEndpoints)),
    ...createOpenAiHandlers(state),
    ...laterPaths.map((path) => http.all(path, on('unknown', refuseLater))),
    ...Object.values(yandexgptOrigins).map((origin) => http.all(`${origin}/*`, on('unknown', refusePath))),
  ]
}

function refuseLater({ url }: Exchange): never {
  throw new Refusal(modelError(501), `${url.pathname} is not emulated`)
}

function refusePath({ url }: Exchange): never {
  throw new Refusal(modelError(404), `there is no ${url.pathname}`)
}
