import {
  createClient,
  definePolicy,
  memoryTokenStore,
  type Ability,
  type Client,
  type ClientOptions,
  type Policy,
  type Provider,
  type Surface,
} from '@shlyuz/core'
import { startEmulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { openaiCompatible } from '@shlyuz/openai-compatible'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { origin, startService } from '../verbs/service.ts'
import { png, prompt } from './askings.ts'
import { answerOpenAi } from './open-ai-server.ts'

/** A request that reached the service, without those that authorise. */
export interface Sent {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: unknown
}

/** One surface, and clients that speak to it over real sockets. */
export interface Column {
  readonly surface: Surface
  readonly provider: Provider
  /** A new one for each probe: a client remembers what it has uploaded. */
  createClient(options?: { readonly links: boolean }): Client
  /** References of models, for what is asked of each kind. */
  readonly models: {
    readonly chat: string
    readonly embedding: string
    readonly image: string
  }
  /** Models that have an ability, and such that have not: taken where the cell depends on it. */
  readonly able: Partial<Record<Ability, string>>
  readonly unable: Partial<Record<Ability, string>>
  sent(): readonly Sent[]
  /** Forgets what was sent, and answers written beforehand. */
  reset(): void
  /** Writes the next answer of the chat. */
  script(text: string): void
  /** The id of a file that the service holds; any id where it holds none. */
  storedFile(client: Client): Promise<string>
}

export interface Columns extends AsyncDisposable {
  readonly columns: readonly Column[]
}

/** Anyone's models, over the addresses of the test. `links`: files by URL pass as well. */
function policyFor(origins: readonly string[], links: boolean): Policy {
  return definePolicy({
    name: 'loss-table',
    origins,
    addresses: { classes: ['global'], cidrs: ['10.0.0.0/8'] },
    models: { developer: ['*'], weights: ['*'] },
    remote: links ? ['links'] : [],
  })
}

/** Starts the emulator of both services, and a server of open models, with a client for each. */
export async function startColumns(): Promise<Columns> {
  const emulator = await startEmulator({
    pace: 'instant',
    // Batches are for businesses.
    gigachat: { scope: 'GIGACHAT_API_CORP', batchPolls: 1 },
    yandexgpt: { operationPolls: 1 },
  })
  const service = await startService(answerOpenAi)
  const native = yandexgpt(emulator.yandexgpt)
  const providers = {
    v1: gigachat(emulator.gigachat),
    v2: gigachat({ ...emulator.gigachat, name: 'gigachat-v2', api: 'v2' }),
    native,
    // The catalogue of the adapter has no model without this ability: the card of one is changed.
    unable: { ...yandexgpt({ ...emulator.yandexgpt, name: 'unable' }), models: native.models.map(withoutOutput) },
    openAi: yandexgpt({ ...emulator.yandexgpt, name: 'yandex-openai', api: 'openai' }),
    unableOpenAi: {
      ...yandexgpt({ ...emulator.yandexgpt, name: 'unable-openai', api: 'openai' }),
      models: native.models.map(withoutOutput),
    },
  }
  const own = openaiCompatible({
    name: 'own',
    baseUrl: `${origin}/v1`,
    apiKey: 'key',
    models: [
      { id: 'able', kind: 'chat', abilities: ['tools', 'output', 'reasoning', 'image', 'audio', 'document'] },
      { id: 'plain', kind: 'chat', abilities: [] },
      { id: 'caller', kind: 'chat', abilities: ['tools'] },
      { id: 'vectors', kind: 'embedding', embedding: { valuesPerRequest: 1 } },
    ],
  })
  const tokenStore = memoryTokenStore()
  const origins = [...emulator.origins.map((one) => one.origin).filter((one) => one.startsWith('https:')), origin]
  const sharedOptions = (links: boolean): Pick<ClientOptions<[]>, 'policy' | 'tokenStore' | 'retries'> => {
    return { policy: policyFor(origins, links), tokenStore, retries: 0 }
  }

  const emulated = (name: 'gigachat' | 'yandexgpt'): Pick<Column, 'createClient' | 'sent' | 'reset' | 'script'> => ({
    createClient: ({ links } = { links: false }) =>
      createClient({
        ...sharedOptions(links),
        providers: Object.values(providers),
        network: emulator.network,
      }),
    sent: () =>
      emulator.requests
        .filter((request) => request.service === name && request.operation !== 'token')
        .map(({ method, path, headers, body }) => ({ method, path: withoutQuery(path), headers, body })),
    reset: () => emulator.reset(),
    script: (text) => void emulator.script({ service: name, text }),
  })
  const gigachatColumn = (provider: Provider, surface: Surface): Column => {
    const name = provider.name
    const column: Column = {
      ...emulated('gigachat'),
      surface,
      provider,
      models: { chat: `${name}/GigaChat-2-Max`, embedding: `${name}/EmbeddingsGigaR`, image: `${name}/GigaChat-2-Max` },
      able: { image: `${name}/GigaChat-2-Pro`, audio: `${name}/GigaChat-2-Max` },
      unable: { image: `${name}/GigaChat-2`, audio: `${name}/GigaChat-2-Pro` },
      async storedFile(client) {
        // A file that a call before has put there.
        await client.generateText({
          model: column.models.chat,
          messages: [
            {
              role: 'user',
              content: [
                { type: 'text', text: prompt },
                { type: 'image', image: png },
              ],
            },
          ],
        })
        const found = /"(?:attachments|files)":\[(?:\{"id":)?"([^"]+)"/.exec(JSON.stringify(column.sent().at(-1)?.body))
        if (found?.[1] === undefined) throw new Error('no file was attached')
        return found[1]
      },
    }
    return column
  }
  const storedNowhere = (): Promise<string> => Promise.resolve('file-1')
  const [v1, v2] = providers.v1.surfaces as [Surface, Surface]
  const [nativeSurface, openAiSurface] = native.surfaces as [Surface, Surface]
  const [ownSurface] = own.surfaces as [Surface]
  const columns: readonly Column[] = [
    gigachatColumn(providers.v1, v1),
    gigachatColumn(providers.v2, v2),
    {
      ...emulated('yandexgpt'),
      surface: nativeSurface,
      provider: native,
      models: {
        chat: 'yandexgpt/yandexgpt-5.1',
        embedding: 'yandexgpt/text-embeddings-v2-doc',
        image: 'yandexgpt/yandex-art',
      },
      able: { reasoning: 'yandexgpt/yandexgpt-5-pro', output: 'yandexgpt/yandexgpt-5.1' },
      unable: { reasoning: 'yandexgpt/yandexgpt-5.1', output: 'unable/yandexgpt-5.1' },
      storedFile: storedNowhere,
    },
    {
      ...emulated('yandexgpt'),
      surface: openAiSurface,
      provider: providers.openAi,
      models: {
        chat: 'yandex-openai/yandexgpt-5.1',
        embedding: 'yandex-openai/text-embeddings-v2-doc',
        image: 'yandex-openai/aliceai-image-art-3.0',
      },
      able: {
        reasoning: 'yandex-openai/qwen3.6-35b-a3b',
        tools: 'yandex-openai/yandexgpt-5.1',
        output: 'yandex-openai/yandexgpt-5.1',
        image: 'yandex-openai/qwen3.6-35b-a3b',
      },
      unable: {
        reasoning: 'yandex-openai/yandexgpt-5.1',
        output: 'unable-openai/yandexgpt-5.1',
        image: 'yandex-openai/yandexgpt-5.1',
      },
      storedFile: storedNowhere,
    },
    {
      surface: ownSurface,
      provider: own,
      createClient: ({ links } = { links: false }) =>
        createClient({ ...sharedOptions(links), providers: [own], network: service.network }),
      models: { chat: 'own/able', embedding: 'own/vectors', image: 'own/able' },
      able: { reasoning: 'own/able', tools: 'own/able', output: 'own/able', image: 'own/able', audio: 'own/able' },
      unable: {
        reasoning: 'own/plain',
        tools: 'own/plain',
        // A tool brings the output instead.
        output: 'own/caller',
        image: 'own/plain',
        audio: 'own/plain',
      },
      sent: () =>
        service.requests.map(({ method, path, headers, body, json }) => ({
          method,
          path: withoutQuery(path),
          headers,
          body: body.length === 0 ? '' : json,
        })),
      reset() {
        ;(service.requests as unknown[]).length = 0
        service.handle = answerOpenAi
      },
      script(text) {
        service.handle = (request) => answerOpenAi(request, text)
      },
      storedFile: storedNowhere,
    },
  ]
  return {
    columns,
    async [Symbol.asyncDispose]() {
      await emulator.close()
      await service[Symbol.asyncDispose]()
    },
  }
}

function withoutOutput(card: Provider['models'][number]): Provider['models'][number] {
  return { ...card, ...(card.abilities && { abilities: card.abilities.filter((ability) => ability !== 'output') }) }
}

function withoutQuery(path: string): string {
  return path.replace(/\?.*$/, '')
}
