import type { TestNetwork } from '@shlyuz/core/testing'
import { createCertificates, type Certificates, type KeyPair } from './certificates.ts'
import type { ConnectionRecord } from './connections.ts'
import type { EmulatorCredentials, GigaChatCredentials } from './credentials.ts'
import type { Fault } from './faults.ts'
import { createHandlers } from './handlers.ts'
import { openListener, type Listener, type ListenerTls } from './listener.ts'
import { createNetwork } from './network.ts'
import type { EmulatorOptions, GigaChatScope } from './options.ts'
import { gigachatOrigins, openAiAddresses, openAiOrigin, originRecords, type OriginRecord } from './origins.ts'
import type { RecordedRequest } from './recorder.ts'
import type { ScriptedAnswer } from './script.ts'
import type { Service } from './service.ts'
import { createState, resetState, type EmulatorState } from './state.ts'

/** Both services and a server of open models on premises, running on this machine. */
export interface Emulator extends AsyncDisposable {
  /** For `createClient({ network })`: the services' names lead here, and nothing leads anywhere else. */
  readonly network: TestNetwork
  /** Settings for `gigachat()`: the authorisation key, its scope, and the root to trust. */
  readonly gigachat: { readonly credentials: string; readonly scope: GigaChatScope; readonly ca: string }
  /** Settings for `yandexgpt()`. */
  readonly yandexgpt: { readonly apiKey: string; readonly folderId: string }
  /**
   * Settings to spread into `openaiCompatible()`: the stand, a server of open models on premises. Its root is the
   * company's own, which nothing else trusts. Without `apiKey` when the option asks for none.
   */
  readonly openai: {
    readonly name: 'stand'
    readonly baseUrl: string
    readonly apiKey?: string
    readonly ca: string
  }
  /**
   * Where the stand is, for a policy, which refuses it otherwise: add who made each model and write
   * `domesticOnly({ also: [{ ...emulator.openaiPolicy, models }] })`.
   */
  readonly openaiPolicy: { readonly origin: string; readonly addresses: readonly string[] }
  /** Every credential that works. */
  readonly credentials: EmulatorCredentials & {
    readonly gigachat: GigaChatCredentials & { readonly clientCertificate: KeyPair }
  }
  /** Which local address stands for which origin, for other programs. */
  readonly origins: readonly { readonly origin: string; readonly local: string }[]
  /**
   * Roots, PEM: `public` signs Yandex's hosts and is trusted by `network`, `state` signs GigaChat's, `corporate` the
   * stand.
   */
  readonly ca: { readonly public: string; readonly state: string; readonly corporate: string }
  /** What was received, oldest first. */
  readonly requests: readonly RecordedRequest[]
  /** The TCP connections that were opened, oldest first. */
  readonly connections: readonly ConnectionRecord[]
  /** Makes something go wrong, by default for the next matching request. @returns a function that takes it back */
  fail(fault: Fault): () => void
  /** Writes the next matching answer beforehand. @returns a function that takes it back */
  script(answer: ScriptedAnswer): () => void
  /** Makes every token issued so far count as expired, while clients still think it good. The stand issues none. */
  expireTokens(service?: Service): void
  /** Ends every open connection, as a server does with idle ones: the next request needs a new one. */
  disconnect(): void
  /**
   * Forgets requests, ended connections, faults, scripts, limits, caches, files and batches. Credentials and tokens
   * stay good.
   */
  reset(): void
  /** Ends every connection and stops listening. Idempotent. */
  close(): Promise<void>
}

/**
 * Starts both services and the stand on this machine's loopback, each origin on a port of its own, behind HTTPS with
 * fresh certificates.
 *
 * @example
 * await using emulator = await startEmulator()
 * const client = createClient({ providers: [gigachat(emulator.gigachat)], network: emulator.network })
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const state = createState(options)
  const certificates = await createCertificates(originRecords, ({ service }) => state.options[service].certificate)
  const listeners = await openListeners(state, certificates)
  return assemble(state, certificates, listeners)
}

async function openListeners(state: EmulatorState, certificates: Certificates): Promise<Listener[]> {
  const handlers = createHandlers(state)
  let connections = 0
  const nextConnection = (): number => (connections += 1)
  return Promise.all(
    originRecords.map((record) => {
      const tls = tlsOf(record, state, certificates)
      return openListener({ record, state, handlers, nextConnection, ...(tls === undefined ? {} : { tls }) })
    }),
  )
}

function tlsOf(record: OriginRecord, state: EmulatorState, certificates: Certificates): ListenerTls | undefined {
  const server = certificates.servers.get(record.origin)
  if (server === undefined) return undefined
  const asksForCertificate = record.service === 'gigachat' && state.options.gigachat.clientCertificate === 'required'
  if (!asksForCertificate) return server
  const isNeeded = record.origin !== gigachatOrigins.oauth
  return { ...server, client: { ca: certificates.stateRoot, isNeeded } }
}

function assemble(state: EmulatorState, certificates: Certificates, listeners: readonly Listener[]): Emulator {
  const { credentials, options } = state
  const close = async (): Promise<void> => {
    state.closing.abort(new Error('The emulator was closed.'))
    await Promise.all(listeners.map((listener) => listener.close()))
  }
  let closed: Promise<void> | undefined
  const closeOnce = (): Promise<void> => (closed ??= close())
  return {
    network: createNetwork(
      new Map(listeners.map(({ record, port }) => [record.origin, port])),
      certificates.publicRoot,
    ),
    gigachat: {
      credentials: credentials.gigachat.credentials,
      scope: options.gigachat.scope,
      ca: certificates.stateRoot,
    },
    yandexgpt: { apiKey: credentials.yandexgpt.apiKey, folderId: options.yandexgpt.folderId },
    openai: {
      name: 'stand',
      baseUrl: `${openAiOrigin}/v1`,
      ...(options.openai.apiKey === 'off' ? {} : { apiKey: credentials.openai.apiKey }),
      ca: certificates.corporateRoot,
    },
    openaiPolicy: { origin: openAiOrigin, addresses: openAiAddresses },
    credentials: {
      gigachat: { ...credentials.gigachat, clientCertificate: certificates.client },
      yandexgpt: credentials.yandexgpt,
      openai: credentials.openai,
    },
    origins: listeners.map(({ record, port }) => ({
      origin: record.origin,
      local: `${record.trust === 'none' ? 'http' : 'https'}://localhost:${port}`,
    })),
    ca: { public: certificates.publicRoot, state: certificates.stateRoot, corporate: certificates.corporateRoot },
    requests: state.requests,
    get connections() {
      return listeners.flatMap((listener) => listener.connections.records).toSorted((a, b) => a.id - b.id)
    },
    fail: (fault) => state.faults.add(fault),
    script: (answer) => state.scripts.add(answer),
    expireTokens(service) {
      if (service === undefined || service === 'gigachat') state.gigachat.expireTokens()
      if (service === undefined || service === 'yandexgpt') state.yandexgpt.expireTokens()
    },
    disconnect() {
      for (const { connections } of listeners) connections.destroyAll()
    },
    reset() {
      resetState(state)
      for (const { connections } of listeners) connections.forgetClosed()
    },
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  }
}
