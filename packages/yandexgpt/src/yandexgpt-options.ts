import { checkKeys, isObject, refuse } from './yandexgpt-settings.ts'

/** `providerOptions.yandexgpt`. */
export interface YandexgptOptions {
  /** Hidden reasoning, YandexGPT 5 Pro only by the documentation. Default: the service's own (off). */
  readonly reasoningMode?: 'disabled' | 'enabled-hidden'
  /** Id for the support of the service, returned in its answer. */
  readonly clientRequestId?: string
  /** Further fields of the request body; those that have an option of their own are refused. */
  readonly extraBody?: Readonly<Record<string, unknown>>
  /** Further headers; those that authorise or switch off logging are refused, routing ones by the policy. */
  readonly extraHeaders?: Readonly<Record<string, string>>
}

const ownFields = ['modelUri', 'model_uri', 'messages', 'completionOptions', 'completion_options', 'stream', 'model']
const ownHeaders = [
  'authorization',
  'accept',
  'content-type',
  'x-folder-id',
  'openai-project',
  'x-data-logging-enabled',
  'x-client-request-id',
]

/** @throws ConfigurationError */
export function parseYandexgptOptions(options: unknown): YandexgptOptions {
  if (options === undefined) return {}
  if (!isObject(options)) {
    return refuse('providerOptions.yandexgpt must be an object', 'Пишите providerOptions: { yandexgpt: { … } }.')
  }
  const where = 'providerOptions.yandexgpt'
  checkKeys(where, options, ['reasoningMode', 'clientRequestId', 'extraBody', 'extraHeaders'])
  const { reasoningMode, clientRequestId, extraBody, extraHeaders } = options
  if (reasoningMode !== undefined && reasoningMode !== 'disabled' && reasoningMode !== 'enabled-hidden') {
    refuse(
      `${where}.reasoningMode must be 'disabled' or 'enabled-hidden'`,
      "reasoningMode: 'disabled' или 'enabled-hidden'.",
    )
  }
  if (
    clientRequestId !== undefined &&
    !(typeof clientRequestId === 'string' && /^[\x21-\x7e]{1,100}$/.test(clientRequestId))
  ) {
    refuse(
      `${where}.clientRequestId must be up to 100 visible ASCII characters`,
      'clientRequestId: до 100 знаков латиницей, например UUID.',
    )
  }
  checkExtra(`${where}.extraBody`, extraBody, ownFields)
  checkExtra(`${where}.extraHeaders`, extraHeaders, ownHeaders)
  if (isObject(extraHeaders) && Object.values(extraHeaders).some((value) => typeof value !== 'string')) {
    refuse(`${where}.extraHeaders must hold strings`, 'extraHeaders: все значения — строки.')
  }
  return Object.freeze({
    ...(reasoningMode !== undefined && { reasoningMode }),
    ...(clientRequestId !== undefined && { clientRequestId }),
    // A copy as JSON: what is sent is what was checked.
    ...(isObject(extraBody) && { extraBody: JSON.parse(JSON.stringify(extraBody)) as Record<string, unknown> }),
    ...(isObject(extraHeaders) && { extraHeaders: { ...extraHeaders } as Record<string, string> }),
  })
}

function checkExtra(where: string, given: unknown, own: readonly string[]): void {
  if (given === undefined) return
  if (!isObject(given)) return refuse(`${where} must be an object`, `${where}: нужен объект.`)
  const taken = Object.keys(given).find((name) => own.some((one) => one.toLowerCase() === name.toLowerCase()))
  if (taken === undefined) return
  refuse(
    `${where} may not set '${taken.slice(0, 60)}'`,
    `Уберите '${taken.slice(0, 60)}' из ${where.split('.').at(-1)}: это поле задаёт Shlyuz.`,
  )
}
