import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readYandexgptLine, type YandexgptLine } from './read-yandexgpt-answer.ts'
import { UsageTemplate } from './yandexgpt-usage-template.ts'

/** What a line with this tail says, as parsing it tells. */
function read(tail: Buffer): YandexgptLine | undefined {
  try {
    const opening = '{"result":{"alternatives":[{"message":{"role":"assistant","text":"stand-in"'
    const line = readYandexgptLine(JSON.parse(opening + tail.toString()))
    return 'answer' in line ? line.answer : {}
  } catch {
    return undefined
  }
}

function tailOf(members: string, status = 'PARTIAL', version = '09.02.2025'): Buffer {
  return Buffer.from(`},"status":"ALTERNATIVE_STATUS_${status}"}],${members},"modelVersion":"${version}"}}`)
}

function usageOf(tokens: number | string, total: number | string = '99'): string {
  return `{"inputTextTokens":"20","completionTokens":"${tokens}","totalTokens":"${total}","completionTokensDetails":{"reasoningTokens":"0"}}`
}

function remembering(tail: Buffer, template = new UsageTemplate()): UsageTemplate {
  template.remember(tail, read(tail) ?? {}, read)
  return template
}

const usual = tailOf(`"usage":${usageOf(15, 35)}`)

describe('a tail with other figures', () => {
  it('says the same but for the usage', () => {
    const template = remembering(usual)
    for (const usage of [usageOf(15, 35), usageOf(16, 36), usageOf('00', '07')]) {
      expect(template.match(tailOf(`"usage":${usage}`))).toEqual({
        answer: { text: 'stand-in', status: 'ALTERNATIVE_STATUS_PARTIAL', modelVersion: '09.02.2025' },
        usage,
      })
    }
  })

  it.each([
    ['null for the details', '"usage":{"completionTokens":"15","completionTokensDetails":null}'],
    ['no figures', '"usage":{}'],
    ['a usage in its usage', '"usage":{"usage":{"completionTokens":"15"},"completionTokens":"15"}'],
    ['one before that does not count', '"usage":{"completionTokens":"14"},"usage":{"completionTokens":"15"}'],
    ['the same before, which does not count', '"usage":{"completionTokens":"15"},"usage":{"completionTokens":"15"}'],
    ['the same elsewhere before', '"cost":{"usage":{"completionTokens":"15"}},"usage":{"completionTokens":"15"}'],
    [
      'the same in a string',
      String.raw`"usage":{"completionTokens":"15"},"note":"\"usage\":{\"completionTokens\":\"15\"}"`,
    ],
  ])('may have %s', (_what, members) => {
    const tail = tailOf(members)
    const matched = remembering(tail).match(tail)
    expect({ ...matched?.answer, usage: JSON.parse(matched?.usage ?? '') as unknown }).toEqual(read(tail))
  })

  it('is compared with a copy of the one before', () => {
    const bytes = Buffer.from(usual)
    const template = remembering(bytes)
    bytes.fill(0)
    expect(template.match(usual)).toBeDefined()
  })
})

describe('no match', () => {
  it.each([
    ['a longer figure', tailOf(`"usage":${usageOf(150, 35)}`)],
    ['longer and shorter figures', tailOf(`"usage":${usageOf(150, 5)}`)],
    ['no digit for a digit', tailOf(`"usage":${usageOf('1x', 35)}`)],
    ['a sign for a digit', tailOf(`"usage":${usageOf('-5', 35)}`)],
    ['a quote for a digit', tailOf(`"usage":${usageOf('1"', 35)}`)],
    ['the end of the digits', tailOf(`"usage":${usageOf('1:', 35)}`)],
    ['what stands before the digits', tailOf(`"usage":${usageOf('1/', 35)}`)],
    ['another name', tailOf(`"usage":${usageOf(15, 35)}`.replace('input', 'inpul'))],
    ['another version', tailOf(`"usage":${usageOf(15, 35)}`, 'PARTIAL', '09.02.2026')],
    ['another status', tailOf(`"usage":${usageOf(15, 35)}`, 'PARTIA1')],
    ['a part', usual.subarray(0, -1)],
    ['nothing', Buffer.alloc(0)],
  ])('for %s', (_what, tail) => {
    expect(remembering(usual).match(tail)).toBeUndefined()
  })

  it('before a line was parsed', () => {
    expect(new UsageTemplate().match(Buffer.alloc(0))).toBeUndefined()
    expect(new UsageTemplate().match(usual)).toBeUndefined()
  })

  it.each([
    ['no usage', '"unused":0'],
    ['unquoted figures', '"usage":{"completionTokens":15}'],
    ['fractions in strings', '"usage":{"completionTokens":"1.5"}'],
    ['escapes', String.raw`"usage":{"completionTokens":"\u0031"}`],
    ['escapes in names', String.raw`"usage":{"completionTo\u006bens":"1"}`],
    ['digits in names', '"usage":{"tokens1":"15"}'],
    ['a name twice', '"usage":{"completionTokens":"15","completionTokens":"16"}'],
    ['spaces', '"usage": {"completionTokens": "15"}'],
    ['a list', '"usage":{"completionTokens":["15"]}'],
    ['deeper details', '"usage":{"details":{"more":{"completionTokens":"15"}}}'],
    ['the same elsewhere behind', '"usage":{"completionTokens":"15"},"cost":{"usage":{"completionTokens":"15"}}'],
    ['much beside it', `"usage":{"completionTokens":"15"},"note":"${'x'.repeat(5_000)}"`],
  ])('where the tail has %s', (_what, members) => {
    const tail = tailOf(members)
    expect(read(tail)).toMatchObject({ text: 'stand-in' })
    expect(remembering(tail).match(tail)).toBeUndefined()
  })

  it('where the line has calls', () => {
    const tail = Buffer.from(`,"toolCallList":{"toolCalls":[]}${usual.toString()}`)
    expect(read(tail)).toMatchObject({ toolCalls: [] })
    expect(remembering(tail).match(tail)).toBeUndefined()
  })

  it('with the one before, when the last one was not fit to be remembered', () => {
    const template = remembering(usual)
    remembering(tailOf('"unused":0'), template)
    expect(template.match(usual)).toBeUndefined()
  })
})

describe('tails that never agree', () => {
  it('are remembered a few times only', () => {
    const template = new UsageTemplate()
    let proofs = 0
    for (let length = 1; length <= 100; length++) {
      const tail = tailOf(`"usage":${usageOf('1'.repeat(length))}`)
      expect(template.match(tail)).toBeUndefined()
      template.remember(tail, read(tail) ?? {}, (other) => {
        proofs++
        return read(other)
      })
    }
    expect(proofs).toBe(16)
  })

  it('may go on for as long as some do', () => {
    const template = new UsageTemplate()
    for (let length = 1; length <= 100; length++) {
      const tail = tailOf(`"usage":${usageOf('1'.repeat(length))}`)
      remembering(tail, template)
      expect(template.match(tail)).toBeDefined()
    }
  })
})

describe('any tails', () => {
  const figure = fc.oneof(fc.nat({ max: 120 }).map(String), fc.constantFrom('00', '007', '1e1', '1.5', '-0', 'null'))
  const quoted = figure.map((text) => `"${text}"`)
  const escaped = fc.nat({ max: 9 }).map((digit) => String.raw`"\u003${digit}"`)
  const value = fc.oneof({ weight: 12, arbitrary: quoted }, figure, escaped)
  const name = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom('completionTokens', 'totalTokens', 'usage') },
    fc.constantFrom('tokens1', 'tokens2', '__proto__', 'text'),
  )

  function objectOf(values: fc.Arbitrary<string>): fc.Arbitrary<string> {
    return fc.array(fc.tuple(name, values), { maxLength: 3 }).map((members) => {
      return `{${members.map(([key, spelled]) => `"${key}":${spelled}`).join(',')}}`
    })
  }

  const usages = objectOf(fc.oneof({ weight: 4, arbitrary: value }, objectOf(value)))
  const member = fc.oneof(
    { weight: 12, arbitrary: usages.map((usage) => `"usage":${usage}`) },
    usages.map((usage) => `"usage" : ${usage}`),
    usages.map((usage) => `"cost":{"usage":${usage}}`),
    usages.map((usage) => `"note":${JSON.stringify(`"usage":${usage}`)}`),
    usages.map((usage) => String.raw`"note\"usage":${usage}`),
    usages.map((usage) => `"error":{"usage":${usage}}`),
  )
  const members = fc.array(member, { minLength: 1, maxLength: 2 })

  /** What is written over a tail, and where: among its digits before the version, among all its digits, anywhere. */
  const changes = fc.record({
    where: fc.oneof({ weight: 4, arbitrary: fc.constant(/\d(?=.*"modelVersion")/g) }, fc.constantFrom(/\d/g, /./g)),
    at: fc.nat({ max: 400 }),
    unit: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...'0123456789') },
      fc.constantFrom(...String.raw`"\,:{}[]ux-./;`),
    ),
  })

  type Change = typeof changes extends fc.Arbitrary<infer Each> ? Each : never

  function change(tail: Buffer, all: readonly Change[]): Buffer {
    const changed = Buffer.from(tail)
    for (const { where, at, unit } of all) {
      const places = [...tail.toString().matchAll(where)]
      const place = places[at % places.length]
      if (place) changed.write(unit, place.index, 'latin1')
    }
    return changed
  }

  it('say what parsing them tells when they match', () => {
    let matches = 0
    fc.assert(
      fc.property(members, fc.array(fc.array(changes, { maxLength: 3 }), { maxLength: 6 }), (first, later) => {
        const tail = tailOf(first.join(','))
        const template = new UsageTemplate()
        for (const bytes of [tail, ...later.map((all) => change(tail, all))]) {
          const parsed = read(bytes)
          const matched = template.match(bytes)
          if (matched) {
            matches++
            expect({ ...matched.answer, usage: JSON.parse(matched.usage) as unknown }).toEqual(parsed)
          } else if (parsed?.text === 'stand-in') {
            template.remember(bytes, parsed, read)
          }
        }
      }),
      { numRuns: 3_000 },
    )
    expect(matches).toBeGreaterThan(500)
  })
})
