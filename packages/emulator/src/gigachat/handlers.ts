import { http, type RequestHandler } from 'msw'
import { Refusal } from '../answer.ts'
import { gigachatOrigins } from '../origins.ts'
import { serve, type Respond } from '../serve.ts'
import type { Operation } from '../service.ts'
import type { EmulatorState } from '../state.ts'
import { answerBalance } from './balance.ts'
import { answerBatches, answerNewBatch } from './batches.ts'
import { answerChat } from './chat.ts'
import { answerAiCheck, answerFilterCheck } from './checks.ts'
import { answerCountTokens } from './count-tokens.ts'
import { gigachatDialect } from './dialect.ts'
import { answerEmbeddings } from './embeddings.ts'
import { answerFile, answerFileContent, answerFileDelete, answerFiles, answerUpload } from './files.ts'
import { answerConvertFunctions, answerValidateFunction } from './function-tools.ts'
import { answerModel, answerModels } from './models.ts'
import { answerOauth, answerUserToken } from './oauth.ts'
import { apiError } from './refusals.ts'
import { answerChatV2 } from './v2/chat-v2.ts'
import { gigachatV2Dialect } from './v2/dialect-v2.ts'

/** API bases: `api.giga.chat` has them at `/v1` (and, by some official samples, `/api/v1`), the older host at `/api/v1`. */
const apiBases = [`${gigachatOrigins.api}/v1`, `${gigachatOrigins.api}/api/v1`, `${gigachatOrigins.olderApi}/api/v1`]

/**
 * Bases of the second version, which has the chat alone. `/v2` of the older host is a default of the Java SDK,
 * `/api/v2` what the Python SDK makes of its base.
 */
const secondBases = [gigachatOrigins.api, gigachatOrigins.olderApi].flatMap((origin) => [
  `${origin}/v2`,
  `${origin}/api/v2`,
])

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
      http.post(`${base}/embeddings`, on('embeddings', answerEmbeddings)),
      http.post(`${base}/files`, on('files', answerUpload)),
      http.get(`${base}/files`, on('files', answerFiles)),
      http.get(`${base}/files/:id`, on('files', answerFile)),
      http.get(`${base}/files/:id/content`, on('files', answerFileContent)),
      http.post(`${base}/files/:id/delete`, on('files', answerFileDelete)),
      http.post(`${base}/batches`, on('batches', answerNewBatch)),
      http.get(`${base}/batches`, on('batches', answerBatches)),
      http.post(`${base}/ai/check`, on('check', answerAiCheck)),
      http.post(`${base}/filter/check`, on('check', answerFilterCheck)),
      http.get(`${base}/balance`, on('balance', answerBalance)),
      http.post(`${base}/functions/validate`, on('functions', answerValidateFunction)),
      http.post(`${base}/functions/convert`, on('functions', answerConvertFunctions)),
    ]),
    ...secondBases.map((base) =>
      http.post(`${base}/chat/completions`, serve(state, gigachatV2Dialect, 'chat', answerChatV2)),
    ),
    http.post(`${gigachatOrigins.api}/v2/files`, on('files', refuseFilesOfV2)),
    ...Object.values(gigachatOrigins).map((origin) => http.all(`${origin}/*`, on('unknown', refusePath))),
  ]
}

/** Files live under `/v1` alone; the balancer itself answers here (konstant16-Z/gigachat-v2-connector). */
function refuseFilesOfV2(): never {
  const body =
    '<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 Forbidden</h1></center>\r\n' +
    '<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n'
  throw new Refusal({ status: 403, contentType: 'text/html', body }, 'files live under /v1')
}

function refusePath({ url }: { readonly url: URL }): never {
  throw new Refusal(apiError(404), `${url.pathname} is not emulated`)
}
