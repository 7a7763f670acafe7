import type { ModelRef, Provider, ShlyuzError, StreamInterruptedError, TextStream } from '@shlyuz/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFraming } from '../../packages/core/src/transport/framing.ts'
import { decodeCut, startStream, textCall, type Decoded } from '../decoding.ts'
import { readNaively } from './naive-reader.ts'
import { surfaces, yandexgptNative, type StreamSurface } from './surfaces.ts'
import { createProviders, settle, startRaw, type RawWorld } from './world.ts'

/**
 * What counts as right: an answer that says it is whole has the text that a naive reader finds in the very bytes that
 * were sent. A byte changed inside a text is another text, and no fault. Anything that is not such an answer is an
 * error. Runs are the same each time; SHLYUZ_FUZZ=50 makes fifty times as many.
 */
const scale = Number(process.env['SHLYUZ_FUZZ'] ?? 1)
const seed = 20_261_128
const limits = (runs: number) => ({ seed, numRuns: Math.ceil(runs * scale), endOnFailure: false })
const patience = 60_000 * Math.max(1, scale)
/** A single run takes milliseconds. */
const hangMs = 5_000

const pieces = [
  'Съешь ещё ',
  'этих «мягких»\n\tфранцузских',
  ' булок \\ "и" / ',
  '👩‍🚀🌍',
  '\u2028 ё й',
  ' {"data":"[DONE]"}',
  '.',
]
/** Long enough for a line of YandexGPT to be read by its new part alone. */
const longPieces = Array.from({ length: 8 }, (_, at) => `${at} ${pieces.join('').repeat(30)}`)

interface Stream {
  readonly name: string
  readonly surface: StreamSurface
  readonly body: Buffer
}

/** JSON in which every character outside ASCII is an escape. */
function escaped(text: string): string {
  return text.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const streams: readonly Stream[] = surfaces.flatMap((surface) => {
  const plain = surface.frame(pieces).join('')
  return [
    { name: surface.name, surface, body: Buffer.from(plain) },
    { name: `${surface.name}, escaped`, surface, body: Buffer.from(escaped(plain)) },
    { name: `${surface.name}, CRLF`, surface, body: Buffer.from(plain.replaceAll('\n', '\r\n')) },
  ]
})
const longStream: Stream = {
  name: 'YandexGPT native, long lines',
  surface: yandexgptNative,
  body: Buffer.from(yandexgptNative.frame(longPieces).join('')),
}

/** Makes the decoders of a surface as core gets them. */
function decodersOf({ call: { model, providerOptions } }: StreamSurface) {
  const [name = '', id = ''] = model.split('/')
  const provider = createProviders().find((one) => one.name === name) as Provider
  const ref: ModelRef = provider.parseModel(id)
  const options = provider.parseOptions((providerOptions as Record<string, unknown> | undefined)?.[provider.kind])
  return () => startStream(provider.text({ ...textCall(true), options: options }, ref)).createDecoder()
}

type Change =
  | { readonly kind: 'change' | 'insert'; readonly at: number; readonly byte: number }
  | { readonly kind: 'remove' | 'cut'; readonly at: number }

const changes: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('change' as const), at: fc.nat(), byte: byteLikely() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), byte: byteLikely() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }) },
)

/** Any byte, and more often one that means something. */
function byteLikely(): fc.Arbitrary<number> {
  const telling = [...Buffer.from('\n\r"\\{}[]:, d0u'), 0, 0x80, 0xc3, 0xe2, 0xf0, 0xff]
  return fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...telling))
}

function apply(body: Buffer, change: Change): Buffer {
  const at = change.at % body.length
  const behind = change.kind === 'insert' ? at : at + 1
  const byte = 'byte' in change ? [change.byte] : []
  return Buffer.concat([
    body.subarray(0, at),
    Buffer.from(byte),
    change.kind === 'cut' ? Buffer.alloc(0) : body.subarray(behind),
  ])
}

const places = fc.array(fc.nat(), { maxLength: 12 })

/** What the decoder makes of a body in these pieces; `undefined` for what core turns into an error. */
function decode(
  createDecoder: ReturnType<typeof decodersOf>,
  body: Buffer,
  cuts: readonly number[],
): Decoded | undefined {
  try {
    return decodeCut(
      createDecoder(),
      body,
      cuts.map((place) => place % Math.max(1, body.length)),
      true,
    )
  } catch {
    return undefined
  }
}

describe('a stream with a changed byte, in any pieces, is the answer that its bytes hold, or an error', () => {
  it.each([...streams, longStream])(
    '$name',
    ({ surface, body }) => {
      const createDecoder = decodersOf(surface)
      expect(readNaively(body, surface)).toMatchObject({ isFinished: true })
      fc.assert(
        fc.property(changes, places, (change, cuts) => {
          const changed = apply(body, change)
          const begun = performance.now()
          const decoded = decode(createDecoder, changed, cuts)
          expect(performance.now() - begun).toBeLessThan(hangMs)
          // In one piece or in many: the same.
          expect(decode(createDecoder, changed, [])).toEqual(
            decoded && { ...decoded, parts: expect.any(Array) as unknown },
          )
          if (decoded?.end.type !== 'finish') return
          const { text, isFinished } = readNaively(changed, surface) ?? {}
          expect({ text: decoded.text, isFinished: true }).toEqual({ text, isFinished })
        }),
        limits(body.length > 20_000 ? 150 : 1_500),
      )
    },
    patience,
  )

  it(
    'bytes of chance alone',
    () => {
      fc.assert(
        fc.property(fc.constantFrom(...surfaces), fc.uint8Array({ maxLength: 300 }), places, (surface, bytes, cuts) => {
          const body = Buffer.from(bytes)
          const decoded = decode(decodersOf(surface), body, cuts)
          if (decoded?.end.type === 'finish') expect(readNaively(body, surface)).toMatchObject({ text: decoded.text })
        }),
        limits(1_000),
      )
    },
    patience,
  )

  it(
    'the framings take any bytes',
    () => {
      fc.assert(
        fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.constantFrom('sse', 'lines'), (chunks, framing) => {
          const taken: string[] = []
          const push = (...told: readonly unknown[]): void => void taken.push(String(told[framing === 'sse' ? 1 : 0]))
          const made = createFraming({ framing, done: false, push, end: () => ({ type: 'cut' }) } as never)
          for (const chunk of chunks) made.push(Buffer.from(chunk), [])
          made.end([])
          const whole = createFraming({ framing, done: false, push, end: () => ({ type: 'cut' }) } as never)
          const before = taken.splice(0)
          whole.push(Buffer.concat(chunks), [])
          whole.end([])
          expect(taken).toEqual(before)
        }),
        limits(2_000),
      )
    },
    patience,
  )
})

/** How a stream ends for its reader. */
async function outcomeOf(stream: TextStream): Promise<{ readonly text: string } | { readonly error: unknown }> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('it hangs')), hangMs)
  })
  const end = stream.result.then(
    ({ text }) => ({ text }),
    (error: unknown) => ({ error }),
  )
  try {
    return await Promise.race([end, late])
  } finally {
    clearTimeout(timer)
  }
}

function ask({ client }: RawWorld, { call }: StreamSurface, options: object = {}): TextStream {
  return client.streamText({ ...call, prompt: 'x', ...options })
}

describe('the same through the client and real sockets', () => {
  it(
    'one changed byte',
    async () => {
      await using world = await startRaw(() => {})
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...streams), changes, places, async ({ surface, body }, change, cuts) => {
          const changed = apply(body, change)
          world.server.handle = async (exchange) => {
            await exchange.head(200, { 'content-type': surface.contentType })
            let from = 0
            for (const to of [...cuts.map((place) => place % changed.length), changed.length].toSorted(
              (a, b) => a - b,
            )) {
              await exchange.chunk(changed.subarray(from, to))
              from = to
            }
            await exchange.end()
          }
          const outcome = await outcomeOf(ask(world, surface))
          if ('error' in outcome) expectTyped(outcome.error)
          else expect({ text: outcome.text, isFinished: true }).toEqual(readNaively(changed, surface))
        }),
        limits(250),
      )
    },
    patience,
  )

  type Step =
    | { readonly do: 'chunk'; readonly share: number }
    | { readonly do: 'pause'; readonly ms: number }
    | { readonly do: 'abort' | 'reset' | 'close' | 'end' }
  const steps: fc.Arbitrary<readonly Step[]> = fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant('chunk' as const),
          share: fc.double({ min: 0, max: 0.5, noNaN: true }),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('pause' as const), ms: fc.integer({ min: 0, max: 3 }) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constantFrom('abort' as const, 'reset' as const, 'close' as const, 'end' as const),
        }),
      },
    ),
    { minLength: 1, maxLength: 12 },
  )

  it(
    'any order of chunks, pauses, aborts, resets and ends is what a model of it says',
    async () => {
      await using world = await startRaw(() => {})
      const reason = { mine: true }
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...streams),
          steps,
          fc.integer({ min: 0, max: 3 }),
          async ({ surface, body }, schedule, slowMs) => {
            const controller = new AbortController()
            let sent = 0
            let ending: Step['do'] | undefined
            let aborted = false
            const over = Promise.withResolvers<void>()
            world.server.handle = async (exchange) => {
              await exchange.head(200, { 'content-type': surface.contentType })
              for (const step of [...schedule, { do: 'chunk', share: 1 } as const, { do: 'end' } as const]) {
                if (ending !== undefined) break
                if (step.do === 'chunk') {
                  const to = Math.min(body.length, sent + Math.ceil(step.share * body.length))
                  await exchange.chunk(body.subarray(sent, to))
                  sent = to
                } else if (step.do === 'pause') {
                  await settle(step.ms)
                } else if (step.do === 'abort') {
                  aborted = true
                  controller.abort(reason)
                } else {
                  ending = step.do
                  if (step.do === 'end') await exchange.end()
                  else if (step.do === 'close') exchange.close()
                  else exchange.reset()
                }
                if (exchange.isClosed) break
              }
              over.resolve()
            }
            const stream = ask(world, surface, { signal: controller.signal })
            const texts: string[] = []
            const reading = (async () => {
              for await (const part of stream) {
                if (part.type === 'text-delta') texts.push(part.text)
                await settle(slowMs)
              }
            })().catch(() => {})
            const outcome = await outcomeOf(stream)
            await Promise.all([reading, over.promise])
            // The model: what was sent decides, unless the caller went first.
            const told = readNaively(body.subarray(0, sent), surface)
            const whole = pieces.join('')
            if ('text' in outcome) {
              expect(told).toMatchObject({ isFinished: true, text: whole })
              expect(outcome.text).toBe(whole)
              expect(texts.join('')).toBe(whole)
              return
            }
            if (outcome.error === reason) {
              expect(aborted).toBe(true)
              return
            }
            expectTyped(outcome.error)
            // In order and never more than was sent, whatever a reset took away.
            const { partial } = outcome.error as StreamInterruptedError
            expect(whole.startsWith(partial?.text ?? '')).toBe(true)
            expect((partial?.text ?? '').length).toBeLessThanOrEqual(told?.text.length ?? 0)
            expect(whole.startsWith(texts.join(''))).toBe(true)
            // An orderly end behind the end mark is no error.
            if (told?.isFinished) expect(ending).toBe('reset')
            if (ending === 'end' && !aborted) expect(partial?.text).toBe(told?.text)
          },
        ),
        limits(250),
      )
      expect(world.server.requests.length).toBeGreaterThan(0)
    },
    patience,
  )
})

function expectTyped(error: unknown): void {
  const { name, code } = error as ShlyuzError
  expect(name).toMatch(
    /^(?:StreamInterruptedError|ProtocolError|ServerError|ConnectionError|PolicyDeniedError|BadRequestError)$/,
  )
  expect(code).toEqual(expect.any(String))
}
