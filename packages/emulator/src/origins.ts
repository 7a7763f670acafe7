import type { Operation, Service } from './service.ts'

/** GigaChat's origins, as documented. */
export const gigachatOrigins = {
  api: 'https://api.giga.chat',
  olderApi: 'https://gigachat.devices.sberbank.ru',
  oauth: 'https://ngw.devices.sberbank.ru:9443',
} as const

/** YandexGPT's origins, as documented. The last is the metadata service of a virtual machine. */
export const yandexgptOrigins = {
  llm: 'https://llm.api.cloud.yandex.net',
  ai: 'https://ai.api.cloud.yandex.net',
  iam: 'https://iam.api.cloud.yandex.net',
  operation: 'https://operation.api.cloud.yandex.net',
  search: 'https://searchapi.api.cloud.yandex.net',
  endpoints: 'https://api.cloud.yandex.net',
  metadata: 'http://169.254.169.254',
} as const

/** The stand: a server of open models on the premises of a company. A name that is reserved for examples. */
export const openAiOrigin = 'https://llm.corp.example:8443'

/** The address that the stand's name claims to have: a private one, which a policy must name. */
const openAiAddress = '10.20.0.5'

/** Ranges for the line of a policy that lets the stand in. */
export const openAiAddresses: readonly string[] = ['10.20.0.0/16']

/** One origin that the emulator stands for. */
export interface OriginRecord {
  readonly service: Service
  readonly origin: string
  /**
   * The address that the name claims to have: a global one in the owner's range, or the stand's private one, so that a
   * policy judges it as real.
   */
  readonly address: string
  /** Which root signs it: the usual ones, the Russian state root, the company's own, or none for plain HTTP. */
  readonly trust: 'public' | 'state' | 'corporate' | 'none'
  /** What it serves. */
  readonly operations: readonly Operation[]
}

const gigachatApi: readonly Operation[] = [
  'chat',
  'models',
  'count-tokens',
  'embeddings',
  'files',
  'batches',
  'check',
  'balance',
  'functions',
  'token',
  'unknown',
]
const yandexgptApi: readonly Operation[] = [
  'chat',
  'responses',
  'models',
  'embeddings',
  'images',
  'count-tokens',
  'submit',
  'classify',
  'operation',
  'unknown',
]

/** All of them. */
export const originRecords: readonly OriginRecord[] = [
  gigachat(gigachatOrigins.api, '185.157.97.10', gigachatApi),
  gigachat(gigachatOrigins.olderApi, '185.157.97.11', gigachatApi),
  gigachat(gigachatOrigins.oauth, '185.157.97.12', ['token', 'unknown']),
  yandexgpt(yandexgptOrigins.llm, '84.201.181.26', yandexgptApi),
  yandexgpt(yandexgptOrigins.ai, '84.201.181.27', yandexgptApi),
  yandexgpt(yandexgptOrigins.iam, '84.201.181.28', ['token', 'unknown']),
  yandexgpt(yandexgptOrigins.operation, '84.201.181.29', ['operation', 'unknown']),
  yandexgpt(yandexgptOrigins.search, '84.201.181.30', ['search', 'unknown']),
  yandexgpt(yandexgptOrigins.endpoints, '84.201.181.31', ['endpoints', 'unknown']),
  {
    service: 'yandexgpt',
    origin: yandexgptOrigins.metadata,
    address: '169.254.169.254',
    trust: 'none',
    operations: ['metadata', 'unknown'],
  },
  {
    service: 'openai',
    origin: openAiOrigin,
    address: openAiAddress,
    trust: 'corporate',
    operations: ['chat', 'models', 'embeddings', 'unknown'],
  },
]

function gigachat(origin: string, address: string, operations: readonly Operation[]): OriginRecord {
  return { service: 'gigachat', origin, address, trust: 'state', operations }
}

function yandexgpt(origin: string, address: string, operations: readonly Operation[]): OriginRecord {
  return { service: 'yandexgpt', origin, address, trust: 'public', operations }
}
