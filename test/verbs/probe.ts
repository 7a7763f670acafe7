import {
  ConfigurationError,
  createClient,
  definePolicy,
  features,
  type Client,
  type ClientOptions,
  type DeferredState,
  type Effect,
  type Feature,
  type FeatureCell,
  type JsonValue,
  type ListedModel,
  type LoadedFile,
  type ModelCard,
  type Multipart,
  type Operation,
  type PolicyDocument,
  type Provider,
  type ProviderFailure,
  type Reply,
  type Surface,
  type TextCall,
  type TextResult,
  type Usage,
  type WireRequest,
} from '@shlyuz/core'
import { host, origin, startService, type Handler, type Service } from './service.ts'

export const price = {
  inputPerMillion: '100',
  outputPerMillion: '200',
  vatIncluded: true,
  source: 'price list',
  asOf: '2026-01-01',
}

export const models: readonly ModelCard[] = [
  {
    id: 'chat',
    kind: 'chat',
    prices: [price],
    deferredPrices: [{ ...price, inputPerMillion: '50', outputPerMillion: '100' }],
  },
  { id: 'vectors', kind: 'embedding', embedding: { valuesPerRequest: 2 }, prices: [price] },
  { id: 'vectors-query', kind: 'embedding', embedding: { valuesPerRequest: 2 }, prices: [price] },
  { id: 'painter', kind: 'image' },
]

/** The policy of the tests: the probe's own address, any model. */
export const document: PolicyDocument = {
  name: 'verbs',
  origins: [origin],
  addresses: { cidrs: ['10.0.0.0/8'] },
  models: { developer: ['*'], weights: ['*'] },
}

function surface(cells: Partial<Record<Feature, FeatureCell>>): Surface {
  const kept = Object.fromEntries(features.map(({ id }) => [id, { keep: 'kept' }])) as Surface['features']
  return { id: 'probe', title: 'the probe', features: { ...kept, ...cells } }
}

type Wish = Partial<WireRequest> & Pick<WireRequest, 'operation' | 'path'>

function* exchange(request: Wish, read: 'json' | 'bytes' = 'json'): Operation<Reply> {
  const whole: WireRequest = {
    endpoint: 'api',
    method: request.body === undefined ? 'GET' : 'POST',
    repeat: 'safe',
    accept: [read === 'json' ? 'application/json' : 'image/jpeg'],
    ...request,
  }
  const effect: Effect = { do: 'exchange', request: whole, read }
  return (yield effect) as Reply
}

/** What the probe's service answers with. */
interface Told {
  readonly vectors: readonly (readonly number[])[]
  readonly usage?: Usage
  readonly model?: string
  readonly job: string
  readonly ready?: boolean
  readonly file: string
  readonly tokens: number
  readonly data: readonly ListedModel[]
  readonly state: DeferredState
  readonly text: string
  readonly id: string
}

function* ask(request: Wish): Operation<Told> {
  const { body } = yield* exchange(request)
  return body as Told
}

export interface ProbeOptions {
  readonly name?: string
  readonly cells?: Partial<Record<Feature, FeatureCell>>
  readonly secret?: () => string
  readonly callsPerSubmission?: number
  readonly without?: readonly (keyof Provider)[]
  readonly canCancel?: boolean
  readonly imageLogging?: Provider['imageLogging']
}

/** A service of the tests' own making, with every verb: what core does can be seen without any vendor in between. */
export function createProbe(options: ProbeOptions = {}): Provider {
  const { name = 'probe', cells = {}, secret, callsPerSubmission = 2, without = [], canCancel = true } = options
  const only = surface(cells)
  const provider: Provider = {
    kind: 'probe',
    name,
    endpoints: { api: { url: origin } },
    models,
    credentials: secret
      ? [
          {
            name: 'key',
            explicit: true,
            secrets: { key: { ask: secret } },
            // oxlint-disable-next-line require-yield -- a key needs no exchange
            *authorize({ key }) {
              return { headers: { authorization: `Bearer ${key}` } }
            },
          },
        ]
      : [],
    providerLogging: 'off',
    ...(options.imageLogging && { imageLogging: options.imageLogging }),
    parseModel(id) {
      if (/[ %]/.test(id)) throw new ConfigurationError('a model has no spaces')
      return { id, catalogueId: id }
    },
    parseOptions(given) {
      if (given === undefined) return {}
      if (typeof given === 'object' && given !== null && Object.keys(given).length === 0) return given
      throw new ConfigurationError('the probe has no options')
    },
    surfaces: [only],
    surfaceOf: () => only,
    check: () => [],
    *text(call) {
      return yield* answerText(call)
    },
    embeddingModelFor: (id, kind) => (kind === 'query' && id === 'vectors' ? 'vectors-query' : id),
    *embed({ values, kind, dimensions }, { id }) {
      const body = JSON.stringify({ model: id, values, kind, dimensions })
      const { vectors, usage, model } = yield* ask({ operation: 'embed', path: '/embed', body })
      return {
        embeddings: vectors,
        usage: usage ?? {},
        ...(model !== undefined && { modelId: model, rawModel: model }),
      }
    },
    *image({ prompt, instructions, seed, aspectRatio }, { id }) {
      const body = JSON.stringify({ model: id, prompt, instructions, seed, aspectRatio })
      const { job } = yield* ask({ operation: 'image', path: '/image', body, repeat: 'unsafe' })
      for (let at = 1; at <= 3; at++) {
        yield { do: 'wait', ms: 1, progress: at / 4 }
        const { ready, file } = yield* ask({ operation: 'image', path: `/image/${job}` })
        if (!ready) continue
        const { body: bytes } = yield* exchange({ operation: 'image', path: `/files/${file}` }, 'bytes')
        return { bytes: bytes as Uint8Array, mediaType: 'image/jpeg' }
      }
      throw new Error('the image did not come')
    },
    *countTokens(call, { id }) {
      const body = JSON.stringify({ model: id, messages: call.messages, tools: call.tools })
      const { tokens } = yield* ask({ operation: 'tokens', path: '/tokens', body })
      return { tokens }
    },
    *listModels() {
      const { data } = yield* ask({ operation: 'models', path: '/models' })
      return data
    },
    deferred: {
      callsPerSubmission,
      *submit(calls, { id }) {
        const body = JSON.stringify({ model: id, calls })
        const { job } = yield* ask({ operation: 'job', path: '/jobs', body, repeat: 'unsafe' })
        return { job }
      },
      *inspect(ref) {
        const { state } = yield* ask({ operation: 'job', path: `/jobs/${jobOf(ref)}` })
        return state
      },
      ...(canCancel && {
        *cancel(ref: JsonValue): Operation<void> {
          yield* ask({ operation: 'job', path: `/jobs/${jobOf(ref)}/cancel`, body: '{}' })
        },
      }),
    },
    extras,
    toError: ({ status, text }): ProviderFailure => ({
      kind: kindOf(status),
      message: `the probe says ${text.slice(0, 500)}`,
    }),
  }
  return Object.fromEntries(
    Object.entries(provider).filter(([key]) => !without.includes(key as keyof Provider)),
  ) as never
}

const extras = {
  balance: {
    operation: 'other' as const,
    run: (input?: { readonly of: string }) => ({
      steps: ask({ operation: 'other', path: `/balance/${input?.of ?? 'all'}` }),
    }),
  },
  fetchUrl: {
    operation: 'other' as const,
    run: ({ urls }: { readonly urls: readonly string[] }) => ({
      model: 'chat',
      remoteUrls: urls.length,
      steps: ask({ operation: 'other', path: '/fetch', body: JSON.stringify({ urls }) }),
    }),
  },
  guarded: {
    operation: 'other' as const,
    run: () => ({ steps: askAndTidy() }),
  },
  sendForm: {
    operation: 'files' as const,
    run: ({ form, headers }: { readonly form: Multipart; readonly headers?: Record<string, string> }) => ({
      steps: ask({ operation: 'files', path: '/form', body: form, ...(headers && { headers }) }),
    }),
  },
}

function* askAndTidy(): Operation<unknown> {
  try {
    return yield* ask({ operation: 'other', path: '/slow' })
  } finally {
    yield* ask({ operation: 'other', path: '/tidy' })
  }
}

function jobOf(ref: JsonValue): string {
  return (ref as { readonly job: string }).job
}

function kindOf(status: number): ProviderFailure['kind'] {
  if (status === 404) return 'not-found'
  if (status === 429) return 'rate-limit'
  return status >= 500 ? 'server' : 'bad-request'
}

function* answerText({ messages }: TextCall): Operation<TextResult> {
  const files: string[] = []
  for (const { content } of messages) {
    for (const part of content) {
      if (part.type === 'media' && 'bytes' in part.source) files.push((yield upload(part.source)) as string)
    }
  }
  const { text, usage } = yield* ask({
    operation: 'chat',
    path: '/chat',
    body: JSON.stringify({ files }),
    repeat: 'unsafe',
  })
  return { content: [{ type: 'text', text }], finishReason: 'stop', usage: usage ?? {} }
}

function upload({ sha256, filename, mediaType, bytes }: LoadedFile): Effect {
  return {
    do: 'upload',
    key: sha256,
    *put() {
      const form = { fields: { purpose: 'general' }, files: [{ name: 'file', filename, mediaType, bytes }] }
      return (yield* ask({ operation: 'files', path: '/files', body: form, repeat: 'unsafe' })).id
    },
    *remove(fileId) {
      yield* ask({ operation: 'files', method: 'DELETE', path: `/files/${fileId}` })
    },
  }
}

export interface ProbeWorld extends AsyncDisposable {
  readonly service: Service
  readonly client: Client
}

/** The probe's service and a client on it; both close with the scope. */
export async function startProbe(
  handle: Handler,
  options: ProbeOptions & { readonly providers?: readonly Provider[] } = {},
  clientOptions: Partial<ClientOptions<readonly Provider[]>> = {},
): Promise<ProbeWorld> {
  const service = await startService(handle)
  const client: Client = createClient({
    policy: definePolicy(document),
    retries: 0,
    ...clientOptions,
    providers: options.providers ?? [createProbe(options)],
    network: service.network,
  })
  return {
    service,
    client,
    async [Symbol.asyncDispose]() {
      await client.close({ graceMs: 0 })
      await service[Symbol.asyncDispose]()
    },
  }
}

/** The receipt of a call that was allowed. */
export function receiptOf(model?: string): unknown {
  return {
    verdict: 'allow',
    code: 'ok',
    target: {
      provider: 'probe',
      ...(model !== undefined && { model }),
      origin: `https://${host}`,
      address: '10.0.0.1',
    },
  }
}
