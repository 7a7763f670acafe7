import { describe, expect, test } from 'vitest'
import type { CompiledData } from './compile-policy.ts'
import type { ContentFacts, Intent } from './intent.ts'
import { judgeData } from './judge-data.ts'

const content: ContentFacts = { messages: 1, characters: 1, images: 0, files: 0, remoteUrls: 0, remoteTools: [] }
const intentOf = (given: Partial<Intent>): Intent => ({
  operation: 'chat',
  provider: 'any',
  origins: [],
  stream: false,
  content: { ...content, personal: {} },
  providerLogging: 'off',
  labels: {},
  dataClasses: [],
  ...given,
})
const judge = (data: Partial<CompiledData>, intent: Partial<Intent> = {}) =>
  judgeData({ personal: undefined, special: 'allow', masker: undefined, ...data }, intentOf(intent))

describe('special categories', () => {
  test.each(['health', 'biometrics', 'helth', '', 'health, internal', 'constructor', '__proto__', 'Здоровье'])(
    'the category %j is refused',
    (category) => {
      expect(judge({ special: 'deny' }, { labels: { category } }).code).toBe('data.special')
      expect(judge({ special: 'allow' }, { labels: { category } }).code).toBe('ok')
    },
  )

  test.each(['internal', ' Public ', 'PERSONAL', 'иные'])('the category %j is an ordinary one', (category) => {
    expect(judge({ special: 'deny' }, { labels: { category } }).code).toBe('ok')
  })

  test('one special class among ordinary ones is enough, and named', () => {
    expect(judge({ special: 'deny' }, { dataClasses: ['internal', 'health'] })).toMatchObject({
      code: 'data.special',
      facts: { category: 'health' },
    })
    expect(judge({ special: 'deny' }, { dataClasses: ['internal'], labels: { category: 'health' } }).code).toBe(
      'data.special',
    )
  })

  test('no operation is exempt, and an unlabelled call is not special', () => {
    expect(judge({ special: 'deny' }, { operation: 'token', dataClasses: ['health'] }).code).toBe('data.special')
    expect(judge({ special: 'deny' }).code).toBe('ok')
  })

  test('a long word is shown in part', () => {
    expect(judge({ special: 'deny' }, { dataClasses: ['x'.repeat(99)] }).facts).toEqual({ category: 'x'.repeat(60) })
  })
})

describe('personal data', () => {
  const found = { content: { ...content, personal: { PHONE: 1, INN: 2 } } }

  test('is to be masked, whether some was found or not', () => {
    for (const intent of [found, {}])
      expect(judge({ personal: 'mask' }, intent)).toMatchObject({ code: 'ok', obligations: [{ kind: 'mask' }] })
  })

  test('is refused by type, and nothing of it is told', () => {
    expect(judge({ personal: 'deny' }, found)).toMatchObject({ code: 'data.personal', facts: { types: 'INN, PHONE' } })
    expect(judge({ personal: 'deny' }).code).toBe('ok')
  })

  test('is taken for granted where nobody looked, and in what nobody can look into', () => {
    expect(judge({ personal: 'deny' }, { content })).toMatchObject({
      code: 'data.personal',
      facts: { inspected: false },
    })
    for (const part of [{ images: 1 }, { files: 1 }]) {
      const intent = { content: { ...content, personal: {}, ...part } }
      expect(judge({ personal: 'deny' }, intent)).toMatchObject({ code: 'data.personal', facts: part })
    }
  })

  test('is only counted in a report', () => {
    expect(judge({ personal: 'report' }, found)).toEqual({ code: 'ok', facts: {}, obligations: undefined })
  })

  test.each(['token', 'models'] as const)('is in no request for %s', (operation) => {
    expect(judge({ personal: 'mask' }, { operation }).obligations).toBeUndefined()
    expect(judge({ personal: 'deny' }, { operation, content }).code).toBe('ok')
  })
})
