// The emulator of YandexGPT, on all its addresses, takes the payloads of requests as they are, and answers in the shape
// of the service.
import { yandexgptOrigins } from '@shlyuz/emulator'
import { describe, expect, it } from 'vitest'
import {
  checkProvoked,
  checkRefused,
  checkTaken,
  startServices,
  type ProvokedCase,
  type TakenCase,
} from './emulated.ts'
import { isThere, readJson } from './fixtures.ts'

const { ai, iam, metadata, operation: operations, search } = yandexgptOrigins
const native = 'POST /foundationModels/v1'
const completion = `${native}/completion`
const chat = `POST ${ai}/v1/chat/completions`
const tuned = { yandexgpt: { classifiers: { 'yandexgpt-lite/rc@tamrexample0000000000': ['оператор', 'бот'] } } }

const weather = { name: 'get_weather', arguments: { city: 'Казань', days: 2 } }
const city = { name: 'get_weather', arguments: { city: 'Казань' } }

const published = 'of the published schema, of which the payload shows a part'

const taken: readonly TakenCase[] = [
  {
    path: 'yandexgpt/native/completion-request.json',
    to: completion,
    answer: 'yandexgpt/native/completion-response.json',
  },
  {
    path: 'yandexgpt/native/completion-request.json',
    to: completion,
    answer: 'yandexgpt/native/truncated-response.json',
    script: { service: 'yandexgpt', text: 'Первый', status: 'ALTERNATIVE_STATUS_TRUNCATED_FINAL' },
  },
  {
    path: 'yandexgpt/native/completion-request.json',
    to: completion,
    answer: 'yandexgpt/native/content-filter-response.json',
    script: { service: 'yandexgpt', text: 'Нет', status: 'ALTERNATIVE_STATUS_CONTENT_FILTER' },
  },
  {
    path: 'yandexgpt/native/reasoning-request.json',
    to: completion,
    answer: 'yandexgpt/native/reasoning-response.json',
  },
  { path: 'yandexgpt/native/json-object-request.json', to: completion },
  {
    path: 'yandexgpt/native/json-schema-request.json',
    to: completion,
    answer: 'yandexgpt/native/json-schema-response.json',
  },
  {
    path: 'yandexgpt/native/tool-call-request.json',
    to: completion,
    answer: 'yandexgpt/native/tool-call-response.json',
  },
  {
    path: 'yandexgpt/native/tool-call-request.json',
    to: completion,
    answer: 'yandexgpt/native/tool-call-parallel-response.json',
    script: { service: 'yandexgpt', toolCalls: [city, city] },
  },
  { path: 'yandexgpt/native/tool-choice-function-request.json', to: completion },
  { path: 'yandexgpt/native/tool-result-request.json', to: completion },
  { path: 'yandexgpt/native/tokenize-request.json', to: `${native}/tokenize` },
  {
    path: 'yandexgpt/native/completion-request.json',
    to: `${native}/tokenizeCompletion`,
    answer: 'yandexgpt/native/tokenize-completion-response.json',
  },
  {
    path: 'yandexgpt/native/completion-request.json',
    to: `${native}/completionAsync`,
    answer: 'yandexgpt/native/operation-created.json',
  },
  {
    path: 'yandexgpt/native/text-embedding-request.json',
    to: `${native}/textEmbedding`,
    answer: 'yandexgpt/native/text-embedding-response.json',
  },
  {
    path: 'yandexgpt/native/text-embedding-dim-request.json',
    to: `${native}/textEmbedding`,
    answer: 'yandexgpt/native/text-embedding-response.json',
  },
  {
    path: 'yandexgpt/native/image-generation-request.json',
    to: `${native}/imageGenerationAsync`,
    answer: 'yandexgpt/native/operation-image-created.json',
  },
  {
    path: 'yandexgpt/native/few-shot-classify-request.json',
    to: `${native}/fewShotTextClassification`,
    answer: 'yandexgpt/native/few-shot-classify-response.json',
  },
  {
    path: 'yandexgpt/native/classify-tuned-request.json',
    to: `${native}/textClassification`,
    answer: 'yandexgpt/native/classify-tuned-response.json',
    options: tuned,
  },
  { path: 'yandexgpt/native/gen-search-request.json', to: `POST ${search}/v2/gen/search` },
  {
    path: 'yandexgpt/openai/chat-request.json',
    to: chat,
    answer: 'yandexgpt/openai/chat-response-yandex-model.json',
  },
  {
    path: 'yandexgpt/openai/chat-json-schema-request.json',
    to: chat,
    answer: 'yandexgpt/openai/chat-json-schema-response.json',
  },
  {
    path: 'yandexgpt/openai/chat-tool-call-request.json',
    to: chat,
    answer: 'yandexgpt/openai/chat-tool-call-response.json',
  },
  { path: 'yandexgpt/openai/chat-tool-result-request.json', to: chat },
  {
    path: 'yandexgpt/openai/chat-multimodal-request.json',
    to: chat,
    answer: 'yandexgpt/openai/chat-response-reasoning.json',
  },
  {
    path: 'yandexgpt/openai/embeddings-request.json',
    to: `POST ${ai}/v1/embeddings`,
    answer: 'yandexgpt/openai/embeddings-response.json',
  },
  {
    path: 'yandexgpt/openai/embeddings-v2-request.json',
    to: `POST ${ai}/v1/embeddings`,
    answer: 'yandexgpt/openai/embeddings-response.json',
  },
  {
    path: 'yandexgpt/openai/images-generations-request.json',
    to: `POST ${ai}/v1/images/generations`,
    answer: 'yandexgpt/openai/images-generations-response.json',
  },
  {
    path: 'yandexgpt/openai/responses-request.json',
    to: `POST ${ai}/v1/responses`,
    answer: 'yandexgpt/openai/responses-response.json',
    differences: {
      '+ background': published,
      '+ previous_response_id': published,
      '+ output[].content[].logprobs': published,
      '+ top_p': published,
      '+ text': published,
      '+ metadata': published,
      '+ store': published,
    },
  },
]

const folder = 'b1gexamplefolder0000'
const question = [{ role: 'user', content: 'Какая погода в Казани?' }]
const streamed = { completionOptions: { stream: true } }

/** A payload with something changed. */
function changed(path: string, change: object): object {
  return { ...(readJson(path) as object), ...change }
}

type Services = ReturnType<typeof startServices>

/** Begins an operation, and looks at it so many times. */
async function look(services: Services, method: string, body: string, looks: number): ReturnType<Services['ask']> {
  let got = await services.ask({ to: `${native}/${method}`, body })
  const { id } = JSON.parse(got.text) as { readonly id: string }
  const host = method === 'completionAsync' ? operations : yandexgptOrigins.llm
  for (let count = 0; count < looks; count++) got = await services.ask({ to: `GET ${host}/operations/${id}` })
  return got
}

const onePoll = { yandexgpt: { operationPolls: 1 } }

const mapped = 'recorded over gRPC, whose JSON leaves out what is empty; the reference of REST has it'

const provoked: readonly ProvokedCase[] = [
  {
    path: 'yandexgpt/native/completion-stream.ndjson',
    provoke: ({ ask }) => ask({ to: completion, body: changed('yandexgpt/native/completion-request.json', streamed) }),
  },
  {
    path: 'yandexgpt/native/completion-stream-max-tokens.ndjson',
    provoke: ({ ask }) => {
      const options = { completionOptions: { stream: true, maxTokens: '8' } }
      return ask({ to: completion, body: changed('yandexgpt/native/completion-request.json', options) })
    },
  },
  {
    path: 'yandexgpt/native/completion-stream-error.ndjson',
    provoke: ({ state, ask }) => {
      state.faults.add({ service: 'yandexgpt', kind: 'error-event', pieces: 2 })
      return ask({ to: completion, body: changed('yandexgpt/native/completion-request.json', streamed) })
    },
  },
  {
    path: 'yandexgpt/native/tool-call-stream.ndjson',
    provoke: ({ ask }) => ask({ to: completion, body: changed('yandexgpt/native/tool-call-request.json', streamed) }),
  },
  {
    path: 'yandexgpt/native/operation-running.json',
    options: onePoll,
    provoke: (services) => look(services, 'completionAsync', 'yandexgpt/native/completion-request.json', 1),
  },
  {
    path: 'yandexgpt/native/operation-done.json',
    options: onePoll,
    provoke: (services) => look(services, 'completionAsync', 'yandexgpt/native/completion-request.json', 2),
    differences: { '+ metadata': mapped, '+ response.usage.completionTokensDetails': mapped },
  },
  {
    path: 'yandexgpt/native/operation-failed.json',
    options: onePoll,
    provoke: (services) => {
      services.state.scripts.add({ service: 'yandexgpt', operationError: { code: 3, message: 'invalid model_uri' } })
      return look(services, 'completionAsync', 'yandexgpt/native/completion-request.json', 2)
    },
  },
  {
    path: 'yandexgpt/native/operation-image-done.json',
    options: onePoll,
    provoke: (services) => look(services, 'imageGenerationAsync', 'yandexgpt/native/image-generation-request.json', 2),
  },
  {
    path: 'yandexgpt/native/gen-search-message.json',
    // Whether the gateway wraps the messages of this method is not confirmed: the emulator does, the client takes both.
    provoke: async ({ ask }) => {
      const to = `POST ${search}/v2/gen/search`
      const got = await ask({ to, body: 'yandexgpt/native/gen-search-request.json' })
      const { result } = JSON.parse(got.text) as { readonly result: unknown }
      return { ...got, text: JSON.stringify(result) }
    },
  },
  {
    path: 'yandexgpt/openai/chat-response-open-model.json',
    provoke: ({ ask }) => ask({ to: chat, body: { model: `gpt://${folder}/qwen3-235b-a22b-fp8`, messages: question } }),
  },
  { path: 'yandexgpt/openai/models-list.json', provoke: ({ ask }) => ask({ to: `GET ${ai}/v1/models` }) },
  {
    path: 'yandexgpt/openai/chat-response-reasoning.json',
    provoke: ({ state, ask }) => {
      state.scripts.add({ service: 'yandexgpt', text: '391', reasoning: 'Умножаю' })
      return ask({ to: chat, body: { model: `gpt://${folder}/deepseek-v4-flash`, messages: question } })
    },
  },
  {
    path: 'yandexgpt/openai/chat-stream-yandex-model.sse',
    provoke: ({ ask }) => ask({ to: chat, body: changed('yandexgpt/openai/chat-request.json', { stream: true }) }),
  },
  {
    path: 'yandexgpt/openai/chat-stream-open-model.sse',
    provoke: ({ ask }) =>
      ask({ to: chat, body: { model: `gpt://${folder}/qwen3-235b-a22b-fp8`, messages: question, stream: true } }),
  },
  {
    path: 'yandexgpt/openai/chat-stream-tool-call-yandex-model.sse',
    provoke: ({ ask }) =>
      ask({ to: chat, body: changed('yandexgpt/openai/chat-tool-call-request.json', { stream: true }) }),
  },
  {
    path: 'yandexgpt/openai/chat-stream-tool-call-open-model.sse',
    provoke: ({ ask }) => {
      const change = { stream: true, model: `gpt://${folder}/qwen3-235b-a22b-fp8` }
      return ask({ to: chat, body: changed('yandexgpt/openai/chat-tool-call-request.json', change) })
    },
  },
  {
    path: 'yandexgpt/auth/iam-token-response.json',
    provoke: ({ state, ask }) => {
      const body = { yandexPassportOauthToken: state.credentials.yandexgpt.oauthToken }
      return ask({ to: `POST ${iam}/iam/v1/tokens`, body, headers: { authorization: '' } })
    },
  },
  {
    path: 'yandexgpt/auth/metadata-token-response.json',
    provoke: ({ ask }) => {
      const to = `GET ${metadata}/computeMetadata/v1/instance/service-accounts/default/token`
      return ask({ to, headers: { 'metadata-flavor': 'Google', authorization: '' } })
    },
  },
]

function completing(body: unknown, headers: Readonly<Record<string, string>> = {}): ProvokedCase['provoke'] {
  return ({ ask }) => ask({ to: completion, body, headers })
}

function faulty(status: number, message?: string): ProvokedCase['provoke'] {
  return (services) => {
    const said = message === undefined ? {} : { message }
    services.state.faults.add({ service: 'yandexgpt', kind: 'status', status, ...said })
    return good(services)
  }
}

const good = completing('yandexgpt/native/completion-request.json')
const figures = { '= error.message': 'the same words with other figures' }

const refused: readonly ProvokedCase[] = [
  {
    path: 'yandexgpt/errors/400-folder-mismatch.json',
    provoke: good,
    options: { yandexgpt: { folderId: 'b1gotherfolder000000' } },
  },
  {
    path: 'yandexgpt/errors/400-invalid-model-uri.json',
    provoke: completing({ modelUri: 'nonsense', messages: [{ role: 'user', text: 'Привет' }] }),
  },
  {
    path: 'yandexgpt/errors/400-input-too-long.json',
    provoke: completing({
      modelUri: `gpt://${folder}/yandexgpt`,
      messages: [{ role: 'user', text: 'слово '.repeat(9_000) }],
    }),
    options: { yandexgpt: { contextTokens: 8_192 } },
    differences: figures,
  },
  {
    path: 'yandexgpt/errors/401-no-credentials.json',
    provoke: completing('yandexgpt/native/completion-request.json', { authorization: '' }),
  },
  {
    path: 'yandexgpt/errors/401-unauthenticated.json',
    provoke: completing('yandexgpt/native/completion-request.json', { authorization: 'Api-Key AQVNother' }),
    differences: { '= error.message': 'the same words with the end of another key' },
  },
  {
    path: 'yandexgpt/errors/401-google-rpc-status.json',
    provoke: ({ ask }) => ask({ to: `GET ${operations}/operations/d7q`, headers: { authorization: 'Bearer t1.no' } }),
    differences: { '= details[0].requestId': 'of this request' },
  },
  {
    path: 'yandexgpt/errors/403-permission-denied.json',
    provoke: (services) => {
      const authorization = `Bearer ${services.state.credentials.yandexgpt.userIamToken}`
      const headers = { authorization, 'x-folder-id': 'b1gotherfolder000000' }
      return completing('yandexgpt/native/completion-request.json', headers)(services)
    },
  },
  {
    path: 'yandexgpt/errors/429-concurrent-generations.json',
    provoke: (services) => {
      services.state.faults.add({ service: 'yandexgpt', kind: 'rate-limited' })
      return good(services)
    },
  },
  {
    path: 'yandexgpt/errors/429-requests-per-hour.json',
    // The quota of 2024; those of today are of other kinds.
    provoke: faulty(
      429,
      'ai.textGenerationCompletionRequestsPerHour.rate rate quota limit exceed: allowed 100 requests',
    ),
  },
  {
    path: 'yandexgpt/errors/429-embeddings-rate.json',
    provoke: async ({ ask }) => {
      const one = { to: `${native}/textEmbedding`, body: 'yandexgpt/native/text-embedding-request.json' }
      for (let count = 0; count < 10; count++) expect((await ask(one)).status).toBe(200)
      return ask(one)
    },
    options: { yandexgpt: { rateQuotas: true } },
  },
  { path: 'yandexgpt/errors/500-internal.json', provoke: faulty(500) },
  { path: 'yandexgpt/errors/503-unavailable.json', provoke: faulty(503) },
  { path: 'yandexgpt/errors/504-deadline.json', provoke: faulty(504) },
]

describe.skipIf(!isThere)('the emulator of YandexGPT', () => {
  describe('takes', () => {
    checkTaken(taken)
  })

  describe('answers in the shape of', () => {
    checkProvoked(provoked)

    it('whole numbers of arguments are doubles, as in yandexgpt/native/tool-call-response.json', async () => {
      const { state, ask } = startServices()
      state.scripts.add({ service: 'yandexgpt', toolCalls: [weather] })
      const { text } = await ask({ to: completion, body: 'yandexgpt/native/tool-call-request.json' })
      expect(text).toMatch(/"days":\s*2\.0\b/)
    })
  })

  describe('refuses as the service does', () => {
    checkRefused(refused)

    it.each([
      ['yandexgpt/auth/iam-token-request-oauth.json', 'its token is made up'],
      ['yandexgpt/auth/iam-token-request-jwt.json', 'its JWT is made up'],
    ])('%s: %s', async (body) => {
      const { ask } = startServices()
      const { status } = await ask({ to: `POST ${iam}/iam/v1/tokens`, body, headers: { authorization: '' } })
      expect(status).toBe(401)
    })

    it('batches, which it does not offer', async () => {
      const body = { modelUri: `gpt://${folder}/qwen3-32b`, sourceDatasetId: 'fdsexampleds00000000' }
      expect((await startServices().ask({ to: `${native}/completionBatch`, body })).status).toBe(501)
    })
  })
})
