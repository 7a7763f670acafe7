import type { Decoder } from '@shlyuz/core'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeCut, decoderFactory } from './decoding.ts'

const pieces = [
  'Съешь ещё ',
  'этих «мягких»\n\tфранцузских',
  ' булок \\ "и" / ',
  '👩‍🚀🌍',
  '\u2028 ё й \uFEFF',
  ' {"data":"[DONE]"}\r\n',
  'да выпей чаю',
]

interface Wire {
  readonly name: string
  createDecoder(): Decoder
  /** A stream of these pieces as the service sends it. */
  encode(pieces: readonly string[], json?: (value: unknown) => string): string
  /** The end of that stream. */
  readonly end: unknown
  /** The bytes without which it was cut, from the end. */
  readonly endMark: string
}

const wires: readonly Wire[] = [
  {
    name: 'GigaChat, LF',
    createDecoder: gigachatDecoders(),
    encode: encodeGigachat,
    end: {
      type: 'finish',
      finishReason: 'stop',
      rawFinishReason: 'stop',
      usage: { inputTokens: 7, outputTokens: 9, totalTokens: 16 },
    },
    endMark: 'data: [DONE]',
  },
  {
    name: 'GigaChat, CRLF with comments',
    createDecoder: gigachatDecoders(),
    encode: (all, json) => `: начало 🌍\n\n${encodeGigachat(all, json)}`.replaceAll('\n', '\r\n'),
    end: expect.objectContaining({ type: 'finish', finishReason: 'stop' }),
    endMark: 'data: [DONE]',
  },
  ...yandexgptWires(),
]

describe.each(wires)('$name', ({ createDecoder, encode, end, endMark }) => {
  for (const [escapes, json] of [
    ['plain', JSON.stringify],
    ['escaped', escapeJson],
  ] as const) {
    const body = Buffer.from(encode(pieces, json))
    const whole = decodeCut(createDecoder(), body, [])

    it(`reads the whole text, ${escapes}`, () => {
      expect(whole.text).toBe(pieces.join(''))
      expect(whole.end).toEqual(end)
    })

    it(`gives the same when cut at any byte, ${escapes}`, () => {
      for (let at = 1; at < body.length; at++) {
        expect(decodeCut(createDecoder(), body, [at]), `cut at byte ${at}`).toEqual(whole)
      }
    })

    it(`gives the same when every byte comes alone, ${escapes}`, () => {
      expect(decodeCut(createDecoder(), body, [...body.keys()])).toEqual(whole)
    })

    it(`keeps no view of a read, ${escapes}`, () => {
      expect(decodeCut(createDecoder(), body, [...body.keys()], true)).toEqual(whole)
    })

    it(`gives the same when cut anywhere, ${escapes}`, () => {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: body.length - 1 })), (cuts) => {
          expect(decodeCut(createDecoder(), body, cuts)).toEqual(whole)
        }),
      )
    })
  }

  it('keeps any text, however it is cut into pieces and reads', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 8 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
        (given, places) => {
          const body = Buffer.from(encode(given))
          const cuts = places.map((place) => Math.floor(place * body.length))
          const decoded = decodeCut(createDecoder(), body, cuts)
          expect(decoded.text).toBe(given.join(''))
          expect(decoded.end).toEqual(end)
        },
      ),
    )
  })

  it('is never a whole answer without its end, and gives nothing that was not sent', () => {
    const text = pieces.join('')
    const body = Buffer.from(encode(pieces))
    const lastPiece = body.lastIndexOf('чаю')
    for (let length = 0; length < lastPiece; length++) {
      const decoded = decodeCut(createDecoder(), body.subarray(0, length), [])
      expect(decoded.end.type, `ended after ${length} bytes`).not.toBe('finish')
      expect(text.startsWith(decoded.text), `text after ${length} bytes`).toBe(true)
    }
    expect(body.lastIndexOf(endMark)).toBeGreaterThan(0)
  })
})

function gigachatDecoders(): () => Decoder {
  const provider = gigachat()
  return decoderFactory(provider, provider.parseModel('GigaChat-2'))
}

function encodeGigachat(all: readonly string[], json: (value: unknown) => string = JSON.stringify): string {
  const shared = { created: 1_790_000_000, model: 'GigaChat-2:2.0.31.4', object: 'chat.completion' }
  const usage = { prompt_tokens: 7, completion_tokens: 9, total_tokens: 16 }
  const events = [
    ...all.map((content) => ({ choices: [{ delta: { content, role: 'assistant' }, index: 0 }], ...shared })),
    { choices: [{ delta: { content: '' }, index: 0, finish_reason: 'stop' }], ...shared, usage },
  ]
  return `${events.map((event) => `data: ${json(event)}\n\n`).join('')}data: [DONE]\n\n`
}

function yandexgptWires(): readonly Wire[] {
  const provider = yandexgpt({ apiKey: 'AQVNexample', folderId: 'b1gexamplefolder0000' })
  const createDecoder = decoderFactory(provider, provider.parseModel('yandexgpt'))
  const end = { type: 'finish', finishReason: 'stop', usage: { inputTokens: 7, outputTokens: 9, totalTokens: 16 } }
  const endMark = 'ALTERNATIVE_STATUS_FINAL'
  return [
    { name: 'YandexGPT, lines', createDecoder, encode: encodeYandexgpt, end: expect.objectContaining(end), endMark },
    {
      name: 'YandexGPT, CRLF and no last line end',
      createDecoder,
      encode: (all, json) => encodeYandexgpt(all, json).trimEnd().replaceAll('\n', '\r\n'),
      end: expect.objectContaining(end),
      endMark,
    },
  ]
}

/** Each line repeats the text before it. */
function encodeYandexgpt(all: readonly string[], json: (value: unknown) => string = JSON.stringify): string {
  const usage = { inputTextTokens: '7', completionTokens: '9', totalTokens: '16' }
  return all
    .map((_piece, index) => {
      const text = all.slice(0, index + 1).join('')
      const status = index === all.length - 1 ? 'ALTERNATIVE_STATUS_FINAL' : 'ALTERNATIVE_STATUS_PARTIAL'
      const result = {
        alternatives: [{ message: { role: 'assistant', text }, status }],
        usage,
        modelVersion: '09.02.2025',
      }
      return `${json({ result })}\n`
    })
    .join('')
}

/** JSON in which every character outside ASCII is an escape; astral ones are two. */
function escapeJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replaceAll('/', String.raw`\/`)
}
