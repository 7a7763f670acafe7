import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { DeltaTemplate } from './delta-template.ts'

interface Event {
  choices: { delta: { content: unknown } }[]
}

function readContent(document: unknown): unknown {
  return (document as Partial<Event> | undefined)?.choices?.[0]?.delta?.content
}

/** The documents of a stream of events as they are read with a template; `undefined` for what is no JSON. */
function readAll(events: readonly string[]): readonly unknown[] {
  const template = new DeltaTemplate(readContent)
  let last: unknown
  return events.map((data) => {
    const content = template.match(data)
    if (content !== undefined) {
      const copy = structuredClone(last) as Event
      copy.choices[0]!.delta.content = content
      return copy
    }
    last = parse(data)
    const plain = readContent(last)
    if (typeof plain === 'string' && plain !== '') template.remember(data, plain)
    return last
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function event(content: string, more: object = {}): string {
  return JSON.stringify({
    id: 'c',
    model: 'our-model',
    choices: [{ index: 0, delta: { content }, end: null }],
    ...more,
  })
}

/** How often events are parsed. */
function parses(events: readonly string[]): number {
  const spy = vi.spyOn(JSON, 'parse')
  readAll(events)
  const { length } = spy.mock.calls
  spy.mockRestore()
  return length
}

const texts = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '', ',', ':', 'c', '":"', '","', '\\', '\n', '\u007F', '\uD83D', '\uDE00', '\uFFFD', '\u2028', 'content', 'our-model',
      '{"content":"', '"}}]}', 'длинный кусок текста', 
    ), // oxfmt-ignore
  },
)

const shapes = {
  usual: (content: string) => event(content),
  'another id': (content: string) => event(content, { id: 'd' }),
  'content first': (content: string) =>
    JSON.stringify({ choices: [{ delta: { content, role: 'assistant' } }], id: content }),
  'said twice': (content: string) => event(content, { note: content }),
  'a key twice': (content: string) =>
    event(content).replace('"content":', () => `"content":${JSON.stringify(content)},"content":`),
  spaced: (content: string) => `\t${event(content).replace('"content":', '"content" : ')} `,
  escaped: (content: string) =>
    event(content).replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'no content': () => '{"id":"c","choices":[]}',
  'no JSON': (content: string) => event(content).slice(0, -1),
} as const

const events = fc.array(
  fc.tuple(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant('usual' as const) },
      fc.constantFrom(...(Object.keys(shapes) as (keyof typeof shapes)[])),
    ),
    texts,
  ),
  { maxLength: 14 },
)

describe('events that differ in their content alone', () => {
  it('are read as parsing reads them, whatever comes between', () => {
    fc.assert(
      fc.property(events, (given) => {
        const all = given.map(([shape, content]) => shapes[shape](content))
        expect(readAll(all)).toEqual(all.map(parse))
      }),
      { numRuns: 2_000 },
    )
  })

  it('are read as parsing reads them when one of them is damaged anywhere', () => {
    const damages = fc.tuple(
      fc.nat(),
      fc.nat({ max: 2 }),
      fc.constantFrom('"', '\\', ',', ':', '}', 'c', '\n', 'ж', ''),
    )
    fc.assert(
      fc.property(fc.array(texts, { minLength: 3, maxLength: 8 }), damages, (given, [place, removed, added]) => {
        const all = given.map((content) => event(content))
        const which = place % all.length
        const at = place % all[which]!.length
        all[which] = all[which]!.slice(0, at) + added + all[which]!.slice(at + removed)
        expect(readAll(all)).toEqual(all.map(parse))
      }),
      { numRuns: 2_000 },
    )
  })

  it('are parsed twice, and once more to prove the place', () => {
    const all = Array.from({ length: 100 }, (_, index) => event(`слово ${index}`))
    expect(parses(all)).toBe(3)
  })

  it('are parsed in their content alone where that has what JSON must escape', () => {
    const spy = vi.spyOn(JSON, 'parse')
    readAll([event('a'), event('b'), event('c'), event('"d"\n'), event('e')])
    const parsed = spy.mock.calls.slice(3)
    spy.mockRestore()
    expect(parsed).toEqual([[String.raw`"\"d\"\n"`]])
  })
})

describe('events that never agree', () => {
  it('are remembered a few times only', () => {
    const all = Array.from({ length: 100 }, (_, index) => event('слово', { id: `event-${index}` }))
    const template = new DeltaTemplate(readContent)
    const found = vi.spyOn(String.prototype, 'lastIndexOf')
    for (const data of all) {
      expect(template.match(data)).toBeUndefined()
      template.remember(data, 'слово')
    }
    const { length } = found.mock.calls
    found.mockRestore()
    expect(length).toBe(16)
  })
})
