import type { EmulatorOptions, YandexGptOptions } from '../src/options.ts'
import { yandexgptOrigins } from '../src/origins.ts'
import { directServices, type DirectServices } from './direct-services.ts'

/** YandexGPT's native methods without a server, called with the good API key. */
export interface NativeServices extends DirectServices {
  /** The folder of the account. */
  readonly folder: string
  /** A method behind `/foundationModels/v1`, or any other address. */
  readonly post: (method: string, body: unknown, headers?: Readonly<Record<string, string>>) => Promise<Response>
  /** An operation; the id may carry `:cancel`. */
  readonly look: (id: string, origin?: string) => Promise<Response>
}

/** YandexGPT's native methods; answers come without pauses. */
export function nativeServices(yandexgpt: YandexGptOptions = {}, options: EmulatorOptions = {}): NativeServices {
  const services = directServices({ ...options, yandexgpt })
  const { state, send } = services
  const authorization = `Api-Key ${state.credentials.yandexgpt.apiKey}`
  return {
    ...services,
    folder: state.options.yandexgpt.folderId,
    post: (method, body, headers = {}) =>
      send(method.startsWith('https:') ? method : `${yandexgptOrigins.llm}/foundationModels/v1/${method}`, {
        headers: { authorization, 'content-type': 'application/json', ...headers },
        body,
      }),
    look: (id, origin = yandexgptOrigins.operation) =>
      send(`${origin}/operations/${id}`, { method: 'GET', headers: { authorization } }),
  }
}
