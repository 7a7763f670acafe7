/** A reviewed address of a service in Russia. */
export interface EndpointRecord {
  /** scheme://host[:port] */
  readonly origin: string
  readonly operator: string
  readonly source: string
  /** Day of the review, `YYYY-MM-DD`. */
  readonly asOf: string
  /** For authorisation only: this exact URL, with GET and without body, where `alongside` is listed. */
  readonly credentialOnly?: { readonly url: string; readonly alongside: string }
}

const sber = {
  operator: 'ПАО Сбербанк',
  source: 'developers.sber.ru: OpenAPI of GigaChat',
  asOf: '2026-11-24',
} as const
const yandex = {
  operator: 'ООО «Яндекс.Облако»',
  source: 'yandex.cloud/docs: AI Studio, API reference',
  asOf: '2026-11-24',
} as const

const records: readonly EndpointRecord[] = [
  { origin: 'https://api.giga.chat', ...sber },
  { origin: 'https://gigachat.devices.sberbank.ru', ...sber },
  { origin: 'https://ngw.devices.sberbank.ru:9443', ...sber },
  { origin: 'https://llm.api.cloud.yandex.net', ...yandex },
  { origin: 'https://ai.api.cloud.yandex.net', ...yandex },
  { origin: 'https://operation.api.cloud.yandex.net', ...yandex },
  { origin: 'https://iam.api.cloud.yandex.net', ...yandex },
  {
    origin: 'https://searchapi.api.cloud.yandex.net',
    ...yandex,
    source: 'yandex.cloud/docs: Search API, API reference',
  },
  {
    origin: 'http://169.254.169.254',
    ...yandex,
    source: 'yandex.cloud/docs: Compute Cloud, authentication from inside a VM',
    credentialOnly: {
      url: 'http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token',
      alongside: 'https://iam.api.cloud.yandex.net',
    },
  },
]

/** Where `domesticOnly` lets requests go. One line an address; another port or subdomain is another address. */
export const endpoints: readonly EndpointRecord[] = Object.freeze(records.map((record) => Object.freeze(record)))
