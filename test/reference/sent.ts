import { createClient, definePolicy } from '@shlyuz/core'
import {
  gigachatOrigins,
  startEmulator,
  yandexgptOrigins,
  type Emulator,
  type EmulatorOptions,
  type RecordedRequest,
} from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { differences } from './differences.ts'
import { isThere, parseLines, readJson, readLines } from './fixtures.ts'

/** The folder of every payload of YandexGPT. */
export const folderId = 'b1gexamplefolder0000'

/** Models of any maker, and tools that reach out: the payloads name some of them. */
const anyModel = definePolicy({
  name: 'reference',
  origins: [...Object.values(gigachatOrigins), ...Object.values(yandexgptOrigins)],
  addresses: { classes: ['global'] },
  models: { developer: ['*'], weights: ['*'] },
  remote: ['web_search', 'url_content_extraction'],
})

/** A client as a user makes it, on the emulator. */
export type ReferenceClient = ReturnType<typeof createReferenceClient>

function createReferenceClient(emulator: Emulator) {
  return createClient({
    providers: [gigachat(emulator.gigachat), yandexgpt(emulator.yandexgpt)],
    policy: anyModel,
    network: emulator.network,
    retries: 0,
  })
}

/** A request payload, and how a user asks for the same. */
export interface RequestCase {
  readonly path: string
  /** Method and address of the request. */
  readonly to: string
  /** `given`: the payload, for texts that are recorded and so not copied. */
  readonly send: (client: ReferenceClient, given: unknown) => PromiseLike<unknown>
  /** Each place where our request differs from the payload on purpose, with the reason. */
  readonly differences?: Readonly<Record<string, string>>
}

/** The tests that the client sends these payloads, and that the emulator takes what it sends. */
export function checkRequests(cases: readonly RequestCase[], options: EmulatorOptions = {}): void {
  let emulator: Emulator
  let client: ReferenceClient

  beforeAll(async () => {
    if (!isThere) return
    emulator = await startEmulator({ pace: 'instant', ...options })
    client = createReferenceClient(emulator)
  })
  afterEach(() => emulator.reset())
  afterAll(async () => {
    await client?.close({ graceMs: 0 })
    await emulator?.close()
  })

  for (const { path, to, send, differences: expected = {} } of cases) {
    it(path, async () => {
      const isLines = path.endsWith('.jsonl')
      const given = isLines ? readLines(path) : readJson(path)
      await send(client, given)
      const [request, ...others] = emulator.requests.filter((one) => addressOf(one) === to)
      if (!request) throw new Error(`no ${to} among ${emulator.requests.map(addressOf).join(', ')}`)
      expect(others.map(addressOf)).toEqual([])
      const body = isLines ? parseLines(request.body as string) : request.body
      expect(differences(body, given)).toEqual(Object.keys(expected))
      expect(request.status).toBe(200)
    })
  }
}

function addressOf({ method, path }: RecordedRequest): string {
  return `${method} ${path}`
}
