import { createClient, definePolicy, type Client, type ClientOptions, type Provider } from '@shlyuz/core'
import { testNetwork, type TestNetwork, type TestNetworkOptions } from '@shlyuz/core/testing'
import { gigachat } from '@shlyuz/gigachat'
import { openaiCompatible } from '@shlyuz/openai-compatible'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { hosts, RawServer, type RawHandler, type RawServerOptions } from './raw-server.ts'

export { caught } from '../e2e/support.ts'
export { eventually } from '../verbs/service.ts'

/** A model of the stand: the plainest way to the raw server. */
export const stand = 'stand/any'

/** Whom the clients of these tests may ask: the addresses that the raw server stands for, any model. */
export const policy = definePolicy({
  name: 'faults',
  origins: [
    ...hosts.filter((host) => host !== 'ngw.devices.sberbank.ru').map((host) => `https://${host}`),
    'https://ngw.devices.sberbank.ru:9443',
  ],
  addresses: { cidrs: ['10.0.0.0/8'] },
  models: { developer: ['*'], weights: ['*'] },
})

/** Faults are told one after the other here: a breaker would leave the server alone. */
export const limits = { breaker: false } as const

export type Options = Partial<ClientOptions<readonly Provider[]>>

export interface RawWorld extends AsyncDisposable {
  readonly server: RawServer
  readonly client: Client
  readonly network: TestNetwork
}

export interface RawWorldOptions extends Options {
  readonly server?: Omit<RawServerOptions, 'handle'>
  /** Trust beside the server's root. */
  readonly ca?: string
  readonly resolve?: TestNetworkOptions['resolve']
  readonly dial?: TestNetworkOptions['dial']
}

/** The raw server in place of every service, and a client of them all. Both close with the scope. */
export async function startRaw(handle: RawHandler, options: RawWorldOptions = {}): Promise<RawWorld> {
  const { server: serverOptions, ca, resolve = () => ['10.0.0.1'], dial, ...clientOptions } = options
  const server = await RawServer.start({ handle, ...serverOptions })
  const network = testNetwork({
    resolve,
    dial: dial ?? (() => ({ host: '127.0.0.1', port: server.port })),
    ca: ca === undefined ? server.ca : [server.ca, ca],
  })
  const client: Client = createClient({
    policy,
    retries: 0,
    limits,
    ...clientOptions,
    providers: clientOptions.providers ?? createProviders(),
    network,
  })
  return {
    server,
    client,
    network,
    async [Symbol.asyncDispose]() {
      await client.close({ graceMs: 0 })
      await server[Symbol.asyncDispose]()
    },
  }
}

export function createProviders(): readonly Provider[] {
  return [
    createStand(),
    createStand('second'),
    gigachat({ accessToken: 'a-token' }),
    yandexgpt({ apiKey: 'AQVNexample', folderId: 'b1gexamplefolder0000' }),
  ]
}

export function createStand(name = 'stand', host = 'llm.corp.example'): Provider {
  return openaiCompatible({ name, baseUrl: `https://${host}/v1`, apiKey: 'a-key' })
}

/** Waits for a moment in which nothing more should happen. */
export function settle(ms = 100): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
