import {
  createHandlers,
  createState,
  gigachatOrigins,
  yandexgptOrigins,
  type EmulatorOptions,
  type EmulatorState,
  type ScriptedAnswer,
} from '@shlyuz/emulator'
import { getResponse } from 'msw'
import { expect, it } from 'vitest'
import { differences, shapeDifferences } from './differences.ts'
import { parseEvents, parseLines, readJson, readText } from './fixtures.ts'
import { folderId } from './sent.ts'

/** A request to the emulator, without a client between. */
export interface Ask {
  /** Method and address: `POST /v1/chat/completions`, at the usual host of the service, or with one. */
  readonly to: string
  /** The path of a payload, sent as it is, as are a text and a form; anything else as JSON. */
  readonly body?: unknown
  /** `authorization` is that of a good account unless it is given; the empty string leaves a header out. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What came back. */
export interface EmulatedAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Both services, called without a socket; answers come without pauses. */
export interface Services {
  readonly state: EmulatorState
  readonly ask: (ask: Ask) => Promise<EmulatedAnswer>
}

export function startServices(options: EmulatorOptions = {}): Services {
  const state = createState({
    pace: 'instant',
    ...options,
    yandexgpt: { folderId, ...options.yandexgpt },
  })
  const handlers = createHandlers(state)
  return {
    state,
    async ask({ to, body, headers = {} }) {
      const [method = '', target = ''] = to.split(' ')
      const url = new URL(target, hostOf(target))
      const type = body instanceof FormData ? '' : 'application/json'
      const all = { authorization: authorizationFor(url, state), 'content-type': type, ...headers }
      const request = new Request(url, {
        method,
        headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')),
        ...(body !== undefined && { body: toBody(body) }),
      })
      const response = await getResponse(handlers, request)
      if (response === undefined) throw new Error(`nothing answers ${to}`)
      return { status: response.status, headers: response.headers, text: await response.text() }
    },
  }
}

/** A request payload, sent as it is. */
export interface TakenCase {
  readonly path: string
  readonly to: string
  readonly headers?: Readonly<Record<string, string>>
  /** The answer to it, where that is a payload as well. */
  readonly answer?: string
  /** Each place where the shape of the answer differs on purpose, with the reason. */
  readonly differences?: Readonly<Record<string, string>>
  readonly options?: EmulatorOptions
  readonly script?: ScriptedAnswer
}

/** The tests that the emulator takes these payloads, and answers in the shape of the service. */
export function checkTaken(cases: readonly TakenCase[]): void {
  for (const { path, to, headers = {}, answer, differences: expected = {}, options = {}, script } of cases) {
    it(answer === undefined ? path : `${path} → ${answer}`, async () => {
      const { state, ask } = startServices(options)
      if (script) state.scripts.add(script)
      const got = await ask({ to, body: path, headers })
      expect(state.requests.map(({ reason }) => reason)).toEqual([undefined])
      expect(got.status).toBe(200)
      expect(answer === undefined ? [] : answerDifferences(got, answer)).toEqual(Object.keys(expected))
    })
  }
}

/** An answer that no request payload leads to, or an error. */
export interface ProvokedCase {
  readonly path: string
  readonly provoke: (services: Services) => Promise<EmulatedAnswer>
  /** Default: 200, or that of the payload's name. */
  readonly status?: number
  /** As with {@link TakenCase}. */
  readonly differences?: Readonly<Record<string, string>>
  readonly options?: EmulatorOptions
}

/** The tests that the emulator answers these requests in the shape of the service. */
export function checkProvoked(cases: readonly ProvokedCase[]): void {
  for (const { path, provoke, status = 200, differences: expected = {}, options = {} } of cases) {
    it(path, async () => {
      const got = await provoke(startServices(options))
      expect(got.status).toBe(status)
      expect(answerDifferences(got, path)).toEqual(Object.keys(expected))
    })
  }
}

/** The tests that the emulator refuses these requests as the service does, word for word. */
export function checkRefused(cases: readonly ProvokedCase[]): void {
  for (const {
    path,
    provoke,
    status = Number(/\d{3}/.exec(path)?.[0]),
    differences: expected = {},
    options,
  } of cases) {
    it(path, async () => {
      const got = await provoke(startServices(options))
      expect(got.status).toBe(status)
      expect(differences(JSON.parse(got.text), readJson(path))).toEqual(Object.keys(expected))
    })
  }
}

/** Where the shape of an answer differs from that of a payload. Of streams, also the first and the last event. */
export function answerDifferences({ text }: EmulatedAnswer, path: string): readonly string[] {
  return shapeDifferences(readDocument(text, path), readDocument(readText(path), path))
}

function readDocument(text: string, path: string): unknown {
  if (path.endsWith('.json')) return JSON.parse(text) as unknown
  if (path.endsWith('.jsonl')) return parseLines(text)
  const all = path.endsWith('.ndjson') ? parseLines(text) : parseEvents(text).filter(({ data }) => data !== '[DONE]')
  return { first: all[0], all, last: all.at(-1) }
}

function hostOf(target: string): string {
  if (/^\/(?:foundationModels|operations)\b/.test(target)) return yandexgptOrigins.llm
  return gigachatOrigins.api
}

function authorizationFor({ origin }: URL, { credentials }: EmulatorState): string {
  const isGigachat = (Object.values(gigachatOrigins) as readonly string[]).includes(origin)
  if (origin === gigachatOrigins.oauth) return `Basic ${credentials.gigachat.credentials}`
  if (isGigachat) return `Bearer ${credentials.gigachat.accessToken}`
  return `Api-Key ${credentials.yandexgpt.apiKey}`
}

function toBody(body: unknown): string | FormData {
  if (body instanceof FormData) return body
  if (typeof body !== 'string') return JSON.stringify(body)
  return /^(?:gigachat|yandexgpt)\/\S+\.jsonl?$/.test(body) ? readText(body) : body
}
