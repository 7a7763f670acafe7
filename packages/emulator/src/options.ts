import { resolvePace, type Pace, type PaceName } from './pace.ts'

/** What the emulator can be told. Everything has a default. */
export interface EmulatorOptions {
  /** How quickly it answers. @default 'realistic' */
  readonly pace?: PaceName | Pace
  /** Draws the pauses. The same seed and the same requests give the same pauses. @default 1 */
  readonly seed?: number
  readonly gigachat?: GigaChatOptions
  readonly yandexgpt?: YandexGptOptions
  readonly openai?: OpenAiOptions
}

/** Scope of a GigaChat account: an individual, a business that prepays, a business that pays as it goes. */
export type GigaChatScope = 'GIGACHAT_API_PERS' | 'GIGACHAT_API_B2B' | 'GIGACHAT_API_CORP'

/** What a listener shows as its certificate; everything but `valid` must make a client refuse. */
export type CertificateKind = 'valid' | 'leaf-only' | 'expired' | 'wrong-name'

/** The GigaChat account. */
export interface GigaChatOptions {
  /** @default 'GIGACHAT_API_PERS' */
  readonly scope?: GigaChatScope
  /** Requests to models at the same time. @default 1 for individuals, 10 for businesses, as the limits page says */
  readonly parallelStreams?: number
  /** Life of an access token. @default 30 minutes */
  readonly tokenLifetimeMs?: number
  /** Calls of the token endpoint a second before it answers 429. @default 10 */
  readonly tokenCallsPerSecond?: number
  /** False: the tokens of every model are used up, each answer is 402. @default true */
  readonly paid?: boolean
  /** Model ids of the account. Default: the list of an individual account, with third-generation models. */
  readonly models?: readonly string[]
  /** Context of every model in tokens; a longer prompt is 413. @default 131_072 */
  readonly contextTokens?: number
  /**
   * Role that `/v2/chat/completions` takes for the result of a function. Sources disagree: the specification says
   * `tool`, requests seen on api.giga.chat were taken with `function` alone. @default 'any'
   */
  readonly toolResultRole?: 'any' | 'function' | 'tool'
  /** Tools of `/v2` that exist and are not served: 422. @default ['code_interpreter', 'get_datetime', 'memory'] */
  readonly unavailableTools?: readonly string[]
  /**
   * `older`: schemas of functions with unions are refused, as validators did in 2024 and 2025; `$ref` always is, on
   * `/v1`. @default 'current'
   */
  readonly functionSchemas?: 'current' | 'older'
  /** How often a batch is looked at until it is complete. @default 2 */
  readonly batchPolls?: number
  /**
   * Where a line of a batch's output has the error of a bad request; no source shows it: `{id, error: {…}}`, or
   * `{id, result: {…}}` with the body of the error. @default 'error'
   */
  readonly batchErrorKey?: 'error' | 'result'
  /** True: batches and `/ai/check` are 403 for other scopes than `GIGACHAT_API_CORP`. @default true */
  readonly corporateOnly?: boolean
  /** `required`: the API hosts take only clients with our client certificate, and then need no token. @default 'off' */
  readonly clientCertificate?: 'required' | 'off'
  /** @default 'valid' */
  readonly certificate?: CertificateKind
}

/** The Yandex Cloud folder. */
export interface YandexGptOptions {
  /** @default 'b1gemulator000000000' */
  readonly folderId?: string
  /** Generations open at the same time before 429. @default 10 */
  readonly concurrentGenerations?: number
  /** Life of an IAM token. @default 12 hours */
  readonly tokenLifetimeMs?: number
  /** Further models of the folder, such as `yandexgpt-lite/latest@suffix`. */
  readonly models?: readonly string[]
  /** Context of every model in tokens. @default 32_768 */
  readonly contextTokens?: number
  /**
   * Body of an error on the OpenAI-compatible addresses, of which no recording exists: `{"error": {"message": …}}`,
   * `{"error": "…"}` or `{"message": "…"}`. @default 'object'
   */
  readonly openAiErrorForm?: OpenAiErrorForm
  /**
   * How often an operation (asynchronous completion, image) is looked at and not done yet, before it is. @default 2
   */
  readonly operationPolls?: number
  /**
   * Labels of the tuned classifiers of the folder, by what stands behind the folder in their URI, such as
   * `yandexgpt-lite/latest@suffix`. @default {}
   */
  readonly classifiers?: Readonly<Record<string, readonly string[]>>
  /**
   * True: requests over the published rates are 429 (embeddings 10 a second, classification 1, asynchronous
   * completions 10 and 5,000 an hour, tokenizer and looks at operations 50, images 500 a minute). @default false
   */
  readonly rateQuotas?: boolean
  /** How often a background response of the Responses API is looked at until it is complete. @default 2 */
  readonly responsePolls?: number
  /** @default 'valid' */
  readonly certificate?: CertificateKind
}

/** The stand: a server of open models on the premises of a company, such as vLLM, llama.cpp or Ollama. */
export interface OpenAiOptions {
  /** `off`: no key is asked for, as these servers do unless told otherwise. @default 'required' */
  readonly apiKey?: 'required' | 'off'
  /** Every model that it serves, by bare name. Default: three that converse and one for embeddings. */
  readonly models?: readonly string[]
  /** Which of them show what they think, in `reasoning_content`. @default ['T-pro-it-2.0'] */
  readonly reasoningModels?: readonly string[]
  /** Which of them take images. @default [] */
  readonly visionModels?: readonly string[]
  /** Which of them make embeddings, and do not converse. @default ['FRIDA'] */
  readonly embeddingModels?: readonly string[]
  /** Length of a vector, from 1. @default 1_536 */
  readonly embeddingDimensions?: number
  /** Context of every model in tokens; a longer prompt is 400. @default 32_768 */
  readonly contextTokens?: number
  /** @default 'valid' */
  readonly certificate?: CertificateKind
}

/** Where an error of the OpenAI-compatible addresses keeps its text. */
export type OpenAiErrorForm = 'object' | 'text' | 'message'

/** The same with the defaults filled in. */
export interface ResolvedOptions {
  readonly pace: Pace
  readonly seed: number
  readonly gigachat: Required<GigaChatOptions>
  readonly yandexgpt: Required<YandexGptOptions>
  readonly openai: Required<OpenAiOptions>
}

const gigachatModels = [
  'GigaChat',
  'GigaChat-Pro',
  'GigaChat-Max',
  'GigaChat-2',
  'GigaChat-2-Pro',
  'GigaChat-2-Max',
  'GigaChat-2-preview',
  'GigaChat-2-Pro-preview',
  'GigaChat-2-Max-preview',
  'GigaChat-3-Ultra',
  'Embeddings',
  'Embeddings-2',
  'EmbeddingsGigaR',
  'GigaEmbeddings-3B-2025-09',
  'GigaCheckClassification',
  'GigaCheckDetection',
  'GigaFilter',
]

const openAiModels = ['GigaChat-20B-A3B', 'T-lite-it-2.1', 'T-pro-it-2.0', 'FRIDA']

/** @throws RangeError for a limit that is not a positive number, or a model of the stand that it does not serve */
export function resolveOptions(options: EmulatorOptions): ResolvedOptions {
  const { gigachat = {}, yandexgpt = {} } = options
  const scope = gigachat.scope ?? 'GIGACHAT_API_PERS'
  const resolved: ResolvedOptions = {
    pace: resolvePace(options.pace ?? 'realistic'),
    seed: options.seed ?? 1,
    gigachat: {
      scope,
      parallelStreams: gigachat.parallelStreams ?? (scope === 'GIGACHAT_API_PERS' ? 1 : 10),
      tokenLifetimeMs: gigachat.tokenLifetimeMs ?? 30 * 60_000,
      tokenCallsPerSecond: gigachat.tokenCallsPerSecond ?? 10,
      paid: gigachat.paid ?? true,
      models: gigachat.models ?? gigachatModels,
      contextTokens: gigachat.contextTokens ?? 131_072,
      toolResultRole: gigachat.toolResultRole ?? 'any',
      unavailableTools: gigachat.unavailableTools ?? ['code_interpreter', 'get_datetime', 'memory'],
      functionSchemas: gigachat.functionSchemas ?? 'current',
      batchPolls: gigachat.batchPolls ?? 2,
      batchErrorKey: gigachat.batchErrorKey ?? 'error',
      corporateOnly: gigachat.corporateOnly ?? true,
      clientCertificate: gigachat.clientCertificate ?? 'off',
      certificate: gigachat.certificate ?? 'valid',
    },
    yandexgpt: {
      folderId: yandexgpt.folderId ?? 'b1gemulator000000000',
      concurrentGenerations: yandexgpt.concurrentGenerations ?? 10,
      tokenLifetimeMs: yandexgpt.tokenLifetimeMs ?? 12 * 3_600_000,
      models: yandexgpt.models ?? [],
      contextTokens: yandexgpt.contextTokens ?? 32_768,
      openAiErrorForm: yandexgpt.openAiErrorForm ?? 'object',
      operationPolls: yandexgpt.operationPolls ?? 2,
      classifiers: yandexgpt.classifiers ?? {},
      rateQuotas: yandexgpt.rateQuotas ?? false,
      responsePolls: yandexgpt.responsePolls ?? 2,
      certificate: yandexgpt.certificate ?? 'valid',
    },
    openai: resolveOpenAi(options.openai),
  }
  checkLimits('gigachat', resolved.gigachat)
  checkLimits('yandexgpt', resolved.yandexgpt)
  checkLimits('openai', resolved.openai)
  return resolved
}

/** The usual models count as what they are where they are served; those that the caller names must be. */
function resolveOpenAi(given: OpenAiOptions = {}): Required<OpenAiOptions> {
  const { models = openAiModels } = given
  const pick = (name: 'reasoningModels' | 'visionModels' | 'embeddingModels', usual: readonly string[]) => {
    const foreign = given[name]?.find((model) => !models.includes(model))
    if (foreign === undefined) return given[name] ?? usual.filter((model) => models.includes(model))
    throw new RangeError(`startEmulator: openai.${name} has '${foreign}', which openai.models does not list.`)
  }
  return {
    apiKey: given.apiKey ?? 'required',
    models,
    reasoningModels: pick('reasoningModels', ['T-pro-it-2.0']),
    visionModels: pick('visionModels', []),
    embeddingModels: pick('embeddingModels', ['FRIDA']),
    embeddingDimensions: given.embeddingDimensions ?? 1536,
    contextTokens: given.contextTokens ?? 32_768,
    certificate: given.certificate ?? 'valid',
  }
}

function checkLimits(service: string, settings: object): void {
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value === 'number' && !(value > 0)) {
      throw new RangeError(`startEmulator: ${service}.${name} must be a positive number, got ${value}.`)
    }
  }
}
