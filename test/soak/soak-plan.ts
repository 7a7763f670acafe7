import type { FaultKind, FaultPoint } from '@shlyuz/emulator'
import { createRandom, type Random } from '../../packages/emulator/src/random.ts'

export interface SoakOptions {
  readonly requests: number
  /** Share of the requests that meet a fault, 0 to 1. */
  readonly faults: number
  readonly concurrency: number
  readonly seed: number
}

export type FaultName = FaultKind['kind']

/** One call of a soak: what is asked, how, and what goes wrong. The same seed gives the same call. */
export interface SoakCall {
  /** Stands in the prompt, and by that in the answer and in the recording of the emulator. */
  readonly mark: string
  readonly prompt: string
  /** The surfaces that may be asked, by name of the provider: one, or two along a route. */
  readonly surfaces: readonly [SurfaceName] | readonly [SurfaceName, SurfaceName]
  /** How two are asked. */
  readonly route: 'fallback' | 'balance' | 'hedge'
  readonly isStream: boolean
  readonly hasTools: boolean
  /** The reader leaves the stream after so many parts. */
  readonly leaveAfter: number | undefined
  /** The caller aborts after so many ms. */
  readonly abortAfterMs: number | undefined
  readonly fault: PlannedFault | undefined
}

export interface PlannedFault {
  readonly fault: FaultKind
  /** How many of the call's requests it hits. */
  readonly times: number
}

/** The four ways in which the services are asked for text. */
export const surfaces = {
  gigachat: 'GigaChat-2',
  'gigachat-v2': 'GigaChat-2',
  yandexgpt: 'yandexgpt-5.1',
  'yandex-openai': 'yandexgpt-5.1',
} as const

export type SurfaceName = keyof typeof surfaces

const surfaceNames = Object.keys(surfaces) as SurfaceName[]

/** One fault of each kind that the emulator can inject; what the kind leaves open is drawn. */
const drawFault = {
  delay: ({ upTo }) => ({ kind: 'delay', ms: 10 + upTo(60) }),
  stall: ({ pick, upTo }) => ({ kind: 'stall', after: pick(points), pieces: 1 + upTo(3) }),
  reset: ({ pick, upTo }) => ({ kind: 'reset', after: pick(points), pieces: 1 + upTo(3) }),
  close: ({ pick, upTo }) => ({ kind: 'close', after: pick(points), pieces: 1 + upTo(3) }),
  truncate: ({ upTo }) => ({ kind: 'truncate', pieces: 1 + upTo(4) }),
  garbage: ({ upTo }) => ({ kind: 'garbage', pieces: 1 + upTo(4) }),
  'error-event': ({ pick, upTo }) => ({ kind: 'error-event', pieces: 1 + upTo(3), status: pick([500, 503, 400]) }),
  split: ({ upTo }) => ({ kind: 'split', bytes: 1 + upTo(7) }),
  status: ({ pick }) => ({ kind: 'status', status: pick([400, 402, 403, 404, 408, 409, 413, 422, 500, 503, 504]) }),
  unauthorized: ({ pick }) => ({ kind: 'unauthorized', reason: pick(['expired', 'unknown']) }),
  'rate-limited': ({ pick }) => {
    const retryAfter = pick([undefined, undefined, 0, 1, 'soon'])
    return { kind: 'rate-limited', ...(retryAfter !== undefined && { retryAfter }) }
  },
  'html-502': () => ({ kind: 'html-502' }),
  redirect: ({ pick }) => ({
    kind: 'redirect',
    status: pick([301, 302, 303, 307, 308]),
    location: 'https://elsewhere.example/',
  }),
  'wrong-content-type': () => ({ kind: 'wrong-content-type' }),
  'empty-body': ({ pick }) => ({ kind: 'empty-body', status: pick([200, 204, 500]) }),
  'big-body': ({ pick, upTo }) => ({ kind: 'big-body', bytes: 100_000 + upTo(400_000), status: pick([200, 500]) }),
  'model-mismatch': ({ pick }) => ({ kind: 'model-mismatch', model: pick(['GigaChat-2-Max', 'qwen3-235b-a22b-fp8']) }),
} satisfies { [Name in FaultName]: (draw: Draw) => FaultKind & { kind: Name } }

const faultNames = Object.keys(drawFault) as FaultName[]

const points: readonly FaultPoint[] = ['connect', 'request', 'headers', 'content']

const questions = [
  'Назови реку Сибири',
  'Сколько весит кит',
  'Расскажи о Байкале и его островах, ветрах и рыбах',
] as const

interface Draw {
  readonly random: Random
  readonly pick: <T>(from: readonly T[]) => T
  /** A whole number from 0, below the limit. */
  readonly upTo: (limit: number) => number
}

/** The call with a number, from 0. Faults of every kind come in equal shares, in an order drawn by the seed. */
export function planCall({ faults, seed }: SoakOptions, index: number): SoakCall {
  const draw = createDraw(seed * 1_000_003 + index)
  const { random, pick, upTo } = draw
  const mark = `№${String(index).padStart(6, '0')}`
  const first = pick(surfaceNames)
  const others = surfaceNames.filter((name) => name.startsWith('gigachat') !== first.startsWith('gigachat'))
  const isStream = random() < 0.5
  const hasTools = random() < 0.15
  const isLeft = isStream && random() < 0.15
  return {
    mark,
    prompt: hasTools ? `Какая погода в Казани? ${mark}` : `${pick(questions)} ${mark}`,
    surfaces: random() < 0.3 ? [first, pick(others)] : [first],
    route: pick(['fallback', 'fallback', 'balance', 'hedge']),
    isStream,
    hasTools,
    leaveAfter: isLeft ? 1 + upTo(6) : undefined,
    abortAfterMs: !isLeft && random() < 0.06 ? upTo(60) : undefined,
    fault: planFault(faults, seed, index, draw),
  }
}

function planFault(share: number, seed: number, index: number, draw: Draw): PlannedFault | undefined {
  const before = Math.floor(index * share)
  if (Math.floor((index + 1) * share) === before) return undefined
  const round = Math.floor(before / faultNames.length)
  const order = shuffle(faultNames, createDraw(seed * 7_919 + round))
  const name = order[before % faultNames.length] as FaultName
  return { fault: drawFault[name](draw), times: draw.pick([1, 1, 2, 3]) }
}

function shuffle<T>(all: readonly T[], { random }: Draw): readonly T[] {
  return all
    .map((one) => ({ one, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ one }) => one)
}

function createDraw(seed: number): Draw {
  const random = createRandom(seed)
  const upTo = (limit: number): number => Math.floor(random() * limit)
  return { random, upTo, pick: (from) => from[upTo(from.length)] as (typeof from)[number] }
}

/** The number of the call that a text belongs to. */
export function indexIn(text: string): number | undefined {
  const found = /№(\d{6})/.exec(text)?.[1]
  return found === undefined ? undefined : Number(found)
}
