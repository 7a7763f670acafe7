import { describe, expect, test } from 'vitest'
import { masker, type MaskedForm, type MaskSession, type PersonalDataSpan } from '../policy/masker.ts'
import type { CallPart, PartMessage } from '../vocabulary/messages.ts'
import type { ToolSpec } from '../vocabulary/tools.ts'
import type { TextDraft } from './create-text-call.ts'
import { addCounts, countIn, maskDraft, maskJson, maskMessages, restoreJson, restorePart } from './mask-call.ts'

const patterns = {
  A: /Иван|Ольга/g,
  N: /\b112\b/g,
  P: /(?<=passport[\p{L} ]*: )\d{4}/gu,
  Q: /"quoted"/g,
  /** Reaches from a key into its value. */
  X: /ch: over/g,
}

function findWords(text: string): readonly PersonalDataSpan[] {
  return Object.entries(patterns)
    .flatMap(([type, pattern]) =>
      [...text.matchAll(pattern)].map(({ 0: word, index }) => ({ start: index, end: index + word.length, type })),
    )
    .toSorted((a, b) => a.start - b.start)
}

/** Placeholders such as `<A_1>`, numbered by type. */
function openWords(): MaskSession {
  const values = new Map<string, string>()
  const nameOf = (type: string, value: string): string => {
    const own = [...values].filter(([name]) => name.startsWith(`<${type}`))
    const name = own.find(([, known]) => known === value)?.[0] ?? `<${type}_${own.length + 1}>`
    values.set(name, value)
    return name
  }
  return {
    mask(text) {
      let [masked, at] = ['', 0]
      for (const { start, end, type } of findWords(text)) {
        masked += text.slice(at, start) + nameOf(type, text.slice(start, end))
        at = end
      }
      return masked + text.slice(at)
    },
    restore(text: string, form: MaskedForm) {
      return text.replaceAll(/<[A-Z]_\d>/g, (name) => {
        const value = values.get(name) ?? name
        return form === 'json' ? JSON.stringify(value).slice(1, -1) : value
      })
    },
    createRestorer: () => ({ push: (piece) => piece, end: () => '' }),
    get counts() {
      return { A: values.size }
    },
    values: () => Object.fromEntries(values),
  }
}

const words = masker({ name: 'words', version: '1', find: findWords, open: openWords })

function maskParts(session: MaskSession, ...content: readonly CallPart[]): readonly CallPart[] {
  return maskMessages([{ role: 'user', content }], session)[0]?.content ?? []
}

describe('maskMessages', () => {
  test('masks every kind of text, in the order of the conversation', () => {
    const messages: PartMessage[] = [
      { role: 'system', content: [{ type: 'text', text: 'Кто такой Иван?' }] },
      { role: 'assistant', content: [{ type: 'reasoning', text: 'Ольга, Иван' }] },
    ]
    const session = openWords()
    expect(maskMessages(messages, session)).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'Кто такой <A_1>?' }] },
      { role: 'assistant', content: [{ type: 'reasoning', text: '<A_2>, <A_1>' }] },
    ])
    expect(maskMessages(messages, openWords())).toEqual(maskMessages(messages, openWords()))
  })

  test('sees texts that stand side by side as one, and others not', () => {
    const media = { type: 'media', modality: 'image', source: new URL('https://example.com') } as const
    const parts = ['И', 'ван', ' и И'].map((text) => ({ type: 'text', text }) as const)
    expect(maskParts(openWords(), ...parts, media, { type: 'text', text: 'ван' })).toEqual([
      { type: 'text', text: '<A_1> и И' },
      media,
      { type: 'text', text: 'ван' },
    ])
  })

  test('keeps one id for a call and its result', () => {
    const session = openWords()
    const call = { type: 'tool-call', toolCallId: 'Иван', toolName: 'call Ольга', input: {} } as const
    const result = { type: 'tool-result', toolCallId: 'Иван', toolName: 'call Ольга', output: 1 } as const
    expect(maskParts(session, call, result)).toMatchObject([
      { toolCallId: '<A_1>', toolName: 'call <A_2>' },
      { toolCallId: '<A_1>', toolName: 'call <A_2>' },
    ])
  })

  test('drops what a service wants back when it holds personal data, and keeps it else', () => {
    const call = { type: 'tool-call', toolCallId: '1', toolName: 'a', input: {} } as const
    const [told] = maskParts(openWords(), { ...call, providerMetadata: { vendor: { state: 'Иван' } } })
    expect(told).not.toHaveProperty('providerMetadata')
    const [kept] = maskParts(openWords(), { ...call, providerMetadata: { vendor: { state: 'abc' } } })
    expect(kept).toHaveProperty('providerMetadata', { vendor: { state: 'abc' } })
  })

  test('looks at what JSON says, not at the object', () => {
    const output = { toJSON: () => ({ name: 'Иван' }), at: new Date(0) }
    const result = { type: 'tool-result', toolCallId: '1', toolName: 'a' } as const
    expect(maskParts(openWords(), { ...result, output }, { ...result, output: new Date(0) })).toMatchObject([
      { output: { name: '<A_1>' } },
      { output: '1970-01-01T00:00:00.000Z' },
    ])
    expect(maskParts(openWords(), { ...result, output: undefined })).toMatchObject([{ output: undefined }])
  })
})

describe('maskJson', () => {
  test.each<[string, unknown, unknown]>([
    ['texts, keys and lists', { Иван: ['Ольга', { a: 'Иван' }] }, { '<A_1>': ['<A_2>', { a: '<A_1>' }] }],
    ['a number that is personal data', [112, 113], ['<N_1>', 113]],
    ['a value by its key', { passport: '4509', number: '4509' }, { passport: '<P_1>', number: '4509' }],
    ['a number by its key', { passport: 4509 }, { passport: '<P_1>' }],
    ['values of a list by its key', { passport: ['4509', '4510'] }, { passport: ['<P_1>', '<P_2>'] }],
    ['a value by the key above', { passport: { no: '4509' } }, { passport: { no: '<P_1>' } }],
    ['a key in another spelling', { myPassport_no: '4509' }, { myPassport_no: '<P_1>' }],
    ['a value under a key that is masked', { 'Иван passport': '4509' }, { '<A_1> passport': '<P_1>' }],
    ['nothing else', { a: null, b: true, c: '', d: [] }, { a: null, b: true, c: '', d: [] }],
  ])('masks %s', (_what, value, masked) => {
    expect(maskJson(value, openWords())).toEqual(masked)
  })

  test('lets nothing through when a value reaches into its key', () => {
    const masked = JSON.stringify(maskJson({ reach: 'over' }, openWords()))
    expect(masked).not.toContain('over')
  })

  test('keeps a key that would change a prototype as data, both ways', () => {
    const value = JSON.parse('{"__proto__": {"who": "Иван"}}') as unknown
    const session = openWords()
    const masked = maskJson(value, session)
    expect(JSON.stringify(masked)).toBe('{"__proto__":{"who":"<A_1>"}}')
    expect(JSON.stringify(restoreJson(masked, session))).toBe(JSON.stringify(value))
    expect(({} as { who?: unknown }).who).toBeUndefined()
  })
})

describe('maskDraft', () => {
  function maskTool(spec: Partial<ToolSpec>): unknown {
    const tool = { spec: { name: 'find', inputSchema: { type: 'object' }, ...spec } }
    const draft = { tools: new Map([['find', tool]]), messages: [] } as unknown as TextDraft
    return maskDraft(draft, openWords()).tools.get('find')?.spec
  }

  test('masks the words of a tool, and keeps its name', () => {
    const spec = {
      description: 'Ищет, как Иван',
      examples: [{ request: 'Найди Ольга', input: { passport: '4509', who: 'Иван' } }],
      outputSchema: { const: 'Иван' },
    }
    expect(maskTool(spec)).toEqual({
      name: 'find',
      inputSchema: { type: 'object' },
      description: 'Ищет, как <A_1>',
      examples: [{ request: 'Найди <A_2>', input: { passport: '<P_1>', who: '<A_1>' } }],
      outputSchema: { const: '<A_1>' },
    })
  })

  test('masks a schema so that it still fits together', () => {
    const inputSchema = {
      type: 'object',
      title: 'Иван',
      properties: {
        Иван: { $ref: '#/$defs/Ольга' },
        passport: { type: 'string', default: '4509', examples: ['4510'], pattern: '^Иван$' },
        phone: { enum: [112, 'Иван', { Иван: 1 }] },
        properties: { type: 'string', description: 'имя свойства, не слово схемы: Иван' },
      },
      required: ['Иван', 'passport'],
      anyOf: [{ required: ['Ольга'] }],
      dependentRequired: { Иван: ['Ольга'] },
      additionalProperties: false,
      $defs: { Ольга: { type: ['string', 'null'] } },
    }
    expect(maskTool({ inputSchema })).toHaveProperty('inputSchema', {
      type: 'object',
      title: '<A_1>',
      properties: {
        '<A_1>': { $ref: '#/$defs/<A_2>' },
        passport: { type: 'string', default: '<P_1>', examples: ['<P_2>'], pattern: '^<A_1>$' },
        phone: { enum: ['<N_1>', '<A_1>', { '<A_1>': 1 }] },
        properties: { type: 'string', description: 'имя свойства, не слово схемы: <A_1>' },
      },
      required: ['<A_1>', 'passport'],
      anyOf: [{ required: ['<A_2>'] }],
      dependentRequired: { '<A_1>': ['<A_2>'] },
      additionalProperties: false,
      $defs: { '<A_2>': { type: ['string', 'null'] } },
    })
  })
})

describe('restorePart', () => {
  function openMasked(): MaskSession {
    const session = openWords()
    session.mask('Иван "quoted"')
    return session
  }

  test('puts values back into every part of an answer', () => {
    const session = openMasked()
    const call = { type: 'tool-call', toolCallId: '1', toolName: 'a', input: { '<A_1>': ['<A_1>', 7] } } as const
    expect(restorePart(call, session, false)).toEqual({ ...call, input: { Иван: ['Иван', 7] } })
    const broken = { ...call, input: undefined, invalidInput: '{"a": "<Q_1>' }
    expect(restorePart(broken, session, false)).toMatchObject({ invalidInput: '{"a": "\\"quoted\\"' })
    expect(restorePart({ type: 'reasoning', text: '<Q_1>' }, session, true)).toMatchObject({ text: '"quoted"' })
    expect(restorePart({ type: 'source', url: '<A_1>', title: '<A_1>' }, session, false)).toEqual({
      type: 'source',
      url: '<A_1>',
      title: 'Иван',
    })
  })

  test('escapes values in a text only when it is JSON', () => {
    const part = { type: 'text', text: '{"a": "<Q_1>"}' } as const
    expect(restorePart(part, openMasked(), true).text).toBe(String.raw`{"a": "\"quoted\""}`)
    expect(restorePart(part, openMasked(), false).text).toBe('{"a": ""quoted""}')
  })
})

describe('countIn', () => {
  test.each<[string, unknown, object]>([
    ['texts, keys and numbers', { Иван: ['Ольга', 112] }, { A: 2, N: 1 }],
    ['a value by its key, which is not counted itself', { extraBody: { passport: 4509 } }, { P: 1 }],
    ['what an object turns into', { toJSON: () => 'Иван' }, { A: 1 }],
    ['nothing', undefined, {}],
  ])('counts %s', (_what, value, counts) => {
    expect(countIn(value, words)).toEqual(counts)
  })

  test('adds up', () => {
    expect(addCounts({ A: 1 }, {}, { A: 2, B: 1 })).toEqual({ A: 3, B: 1 })
  })
})
