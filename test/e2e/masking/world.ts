import { inspect } from 'node:util'
import {
  all,
  createClient,
  definePolicy,
  domesticOnly,
  type Client,
  type ClientOptions,
  type Policy,
  type PolicyDocument,
} from '@shlyuz/core'
import { startEmulator, type Emulator, type EmulatorOptions } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { afterAll, expect } from 'vitest'
import { madeUpMasker, personalFragments } from './made-up.ts'

/** One transparent point. */
export const png: Uint8Array = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/** Every way in which the two services are asked for texts. */
export const surfaces = [
  { title: 'GigaChat v1', model: 'gigachat/GigaChat-2-Max', service: 'gigachat' },
  { title: 'GigaChat v2', model: 'gigachat-v2/GigaChat-2-Max', service: 'gigachat' },
  { title: 'YandexGPT', model: 'yandexgpt/yandexgpt-5.1', service: 'yandexgpt' },
  { title: 'YandexGPT, OpenAI-compatible', model: 'yandex-openai/yandexgpt-5.1', service: 'yandexgpt' },
] as const

export type ServiceName = (typeof surfaces)[number]['service']

/** `domesticOnly()` with a word on personal data. */
export function personal(mode: 'mask' | 'deny' | 'report', more: Partial<PolicyDocument> = {}): Policy {
  const data = { personal: mode, masker: madeUpMasker } as const
  return all(domesticOnly(), definePolicy({ name: 'made-up', version: '1', data, ...more }))
}

export interface World extends AsyncDisposable {
  readonly emulator: Emulator
  readonly client: Client
  /** Another client of the same emulator, as in another process. */
  connect(policy?: Policy): Client
}

/** One for all worlds of a file, and one client that masks: most of what a start takes are certificates. */
const shared = new Map<string, Promise<{ readonly emulator: Emulator; readonly client: Client }>>()

afterAll(async () => {
  for (const started of shared.values()) {
    const { emulator, client } = await started
    await client.close({ graceMs: 0 })
    await emulator.close()
  }
})

async function startShared(options: EmulatorOptions) {
  const emulator = await startEmulator({ pace: 'instant', ...options })
  return { emulator, client: createMaskingClient(emulator, {}) }
}

function createMaskingClient(emulator: Emulator, options: Partial<ClientOptions<readonly []>>): Client {
  return createClient({
    retries: 0,
    policy: personal('mask'),
    ...options,
    providers: [
      gigachat(emulator.gigachat),
      gigachat({ ...emulator.gigachat, name: 'gigachat-v2', api: 'v2' }),
      yandexgpt(emulator.yandexgpt),
      yandexgpt({ ...emulator.yandexgpt, name: 'yandex-openai', api: 'openai' }),
    ],
    network: emulator.network,
  })
}

/** Both services on an emulator that has seen nothing yet, and a client: one that masks, where no options are given. */
export async function startWorld(
  options: Partial<ClientOptions<readonly []>> = {},
  emulatorOptions: EmulatorOptions = {},
): Promise<World> {
  const key = JSON.stringify(emulatorOptions)
  const started = shared.get(key) ?? startShared(emulatorOptions)
  shared.set(key, started)
  const { emulator, client } = await started
  const own: Client[] = []
  const connect = (more: Partial<ClientOptions<readonly []>>): Client => {
    const made = createMaskingClient(emulator, { ...options, ...more })
    own.push(made)
    return made
  }
  return {
    emulator,
    client: Object.keys(options).length === 0 ? client : connect({}),
    connect: (policy) => connect(policy ? { policy } : {}),
    async [Symbol.asyncDispose]() {
      for (const one of own) await one.close({ graceMs: 0 })
      emulator.reset()
    },
  }
}

/** Writes the next answer: calls of tools. */
export function scriptCalls(
  { script }: Emulator,
  service: ServiceName,
  ...calls: readonly { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> | string }[]
): void {
  script(service === 'gigachat' ? { service, functionCalls: calls } : { service, toolCalls: calls })
}

/** What was received with content of the caller's, in its order. */
export function contentRequests({ requests }: Emulator): Emulator['requests'] {
  return requests.filter(({ operation }) => operation !== 'token')
}

/** All texts of a body, in its order: names and numbers too. */
export function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value, ...textsOf(readInner(value))]
  if (typeof value === 'number') return [String(value)]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => [name, ...textsOf(inner)])
}

/** JSON inside of a text, and lines of JSON; what a form or a URL had to escape; UTF-8 that was read as Latin-1. */
function readInner(text: string): unknown {
  const inner: unknown[] = []
  if (/^\s*[[{]/.test(text)) {
    for (const line of [text, ...text.split('\n')]) {
      try {
        inner.push(JSON.parse(line))
      } catch {
        // No JSON.
      }
    }
  }
  try {
    const decoded = decodeURIComponent(text)
    if (decoded !== text) inner.push(decoded)
  } catch {
    // No URL.
  }
  if (/[\u0080-\u00ff]{2}/.test(text)) inner.push(Buffer.from(text, 'latin1').toString('utf8'))
  return inner
}

/** Personal data of {@link personalFragments} in these texts, however it is spelled. */
export function findPersonal(texts: readonly string[]): string[] {
  const plain = texts.map((text) => text.toLowerCase().replaceAll(/[\s()-]/g, ''))
  return personalFragments.filter((fragment) => plain.some((text) => text.includes(fragment)))
}

/** Fails when anything personal is in anything that any service received: path, query, headers, body. */
export function expectNothingPersonal({ requests }: Emulator): void {
  expect(requests.length).toBeGreaterThan(0)
  for (const { method, path, headers, body } of requests) {
    const found = findPersonal(textsOf([path, headers, body]))
    expect(found, `${method} ${path} holds something personal`).toEqual([])
  }
}

/** Fails when an error tells anything personal in any form in which it may be printed or logged. */
export function expectConcealed(error: unknown): void {
  const texts: string[] = []
  for (let one = error; typeof one === 'object' && one !== null; one = (one as { cause?: unknown }).cause) {
    const { message, hint, stack } = one as { message?: string; hint?: string; stack?: string }
    texts.push(String(message), String(hint), String(stack), JSON.stringify(one))
    texts.push(inspect(one), inspect(one, { showHidden: true, depth: 20 }))
  }
  expect(findPersonal(texts)).toEqual([])
}

/** The refusal of a call, and proof that nothing of it was sent. */
export async function refusedBy({ emulator }: World, work: () => Promise<unknown>): Promise<Error> {
  const before = contentRequests(emulator).length
  let thrown: unknown
  try {
    await work()
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(Error)
  expect(contentRequests(emulator)).toHaveLength(before)
  expectConcealed(thrown)
  return thrown as Error
}

/** Runs an operation of one provider alone. */
export async function runExtra(client: Client, provider: string, operation: string, input?: unknown) {
  const run = client.provider(provider)[operation]
  if (!run) throw new Error(`'${provider}' has no operation '${operation}'`)
  return run(input)
}

/** Deltas of a stream as they come. */
export async function deltasOf(stream: AsyncIterable<{ type: string; text?: string }>): Promise<string[]> {
  const deltas: string[] = []
  for await (const part of stream) if (part.type === 'text-delta') deltas.push(part.text ?? '')
  return deltas
}
