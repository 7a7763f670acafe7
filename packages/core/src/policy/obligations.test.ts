import { describe, expect, test } from 'vitest'
import type { Finding, Obligation } from './decision.ts'
import { compiledOf, definePolicy } from './define-policy.ts'
import type { Intent } from './intent.ts'
import { masker } from './masker.ts'
import { chooseMasker, findUnmet, isSendable, uniteObligations, type Abilities } from './obligations.ts'
import type { PolicyDocument } from './policy-document.ts'

const origin = 'https://llm.corp.example'
const content = { messages: 1, characters: 1, images: 0, files: 0, remoteUrls: 0, remoteTools: [] }
const intent: Intent = {
  operation: 'chat',
  provider: 'any',
  origins: [origin],
  stream: false,
  content,
  providerLogging: 'off',
  labels: {},
  dataClasses: [],
}

const maskerOf = (version: string) => masker({ name: 'own', version, find: () => [], open: () => ({}) as never })
const policiesOf = (...documents: Omit<PolicyDocument, 'name'>[]) =>
  documents.flatMap((document) => compiledOf(definePolicy({ name: 'p', ...document })))
const data = { personal: 'mask', masker: maskerOf('1') } as const

const header = (name: string, value: string): Obligation => ({ kind: 'header', name, value })
const findingOf = (...obligations: Obligation[]): Finding => ({
  policy: 'p',
  rule: 'r@1',
  effect: 'permit',
  code: 'ok',
  facts: {},
  obligations,
})

describe('uniteObligations', () => {
  test('takes each once, whoever demands it and however a header is spelled', () => {
    const all = [findingOf({ kind: 'mask' }, header('X-A', '1')), findingOf(header('x-a', '1'), { kind: 'mask' })]
    expect(uniteObligations(all)).toHaveLength(2)
  })

  test('keeps what contradicts', () => {
    expect(uniteObligations([findingOf(header('x-a', '1')), findingOf(header('x-a', '2'))])).toHaveLength(2)
  })
})

describe('findUnmet', () => {
  const why = (
    obligation: Obligation,
    policies = policiesOf({}),
    abilities: Abilities = { audit: 'none' },
    asked: Intent = intent,
  ) => findUnmet([obligation], asked, policies, abilities)?.['reason']

  test('masking needs one masker, and no parts that cannot be masked', () => {
    const mask = { kind: 'mask' } as const
    expect(why(mask)).toBe('the policy names no masker')
    expect(why(mask, policiesOf({ data }))).toBeUndefined()
    expect(why(mask, policiesOf({ data }, { data }))).toBeUndefined()
    expect(why(mask, policiesOf({ data }, { data: { ...data, masker: maskerOf('2') } }))).toBe(
      'two maskers are demanded',
    )
    const withImage = { ...intent, content: { ...content, images: 2 } }
    expect(why(mask, policiesOf({ data }), undefined, withImage)).toBe('2 images cannot be masked')
    const withFile = { ...intent, content: { ...content, files: 1 } }
    expect(why(mask, policiesOf({ data }), undefined, withFile)).toBe('1 files cannot be masked')
  })

  test.each([
    ['meta', 'none', 'the client has no audit log'],
    ['meta', 'lenient', undefined],
    ['meta', 'strict', undefined],
    ['strict', 'none', 'the client has no audit log'],
    ['strict', 'lenient', 'the audit log is not strict'],
    ['strict', 'strict', undefined],
    ['full', 'strict', 'content is written to no log'],
  ] as const)('a log of level %s with an audit log that is %s: %s', (level, audit, reason) => {
    expect(why({ kind: 'log', level }, undefined, { audit })).toBe(reason)
  })

  test('two values for one header are a contradiction, the same one twice is none', () => {
    const unmet = (...given: Obligation[]) => findUnmet(given, intent, [], { audit: 'none' })
    expect(unmet(header('x-a', '1'), header('X-A', '2'))).toMatchObject({ obligation: 'header' })
    expect(unmet(header('x-a', '1'), header('X-A', '1'), header('x-b', '2'))).toBeUndefined()
  })

  test('a local model is one whose every origin every policy lists with named ranges', () => {
    const local = { kind: 'local-model' } as const
    const refused = 'the provider is not served from listed addresses alone'
    const ranged = { origins: [{ origin, addresses: ['10.20.0.0/16'] }] }
    expect(why(local, policiesOf(ranged))).toBeUndefined()
    expect(why(local, policiesOf({ origins: [origin], addresses: { cidrs: ['10.20.0.0/16'] } }))).toBeUndefined()
    expect(why(local, policiesOf(ranged, { data }))).toBeUndefined()
    expect(why(local, policiesOf({}))).toBe(refused)
    expect(why(local, policiesOf({ origins: [origin] }))).toBe(refused)
    expect(why(local, policiesOf({ origins: [origin], addresses: { classes: ['global'] } }))).toBe(refused)
    expect(why(local, policiesOf({ origins: [origin], addresses: { classes: ['global'] } }, ranged))).toBe(refused)
    expect(why(local, policiesOf(ranged), undefined, { ...intent, origins: [origin, 'https://a.example'] })).toBe(
      refused,
    )
    expect(why(local, policiesOf(ranged), undefined, { ...intent, origins: [] })).toBe(refused)
  })
})

test('chooseMasker gives the one that all name', () => {
  expect(chooseMasker(policiesOf({}))).toBeUndefined()
  expect(chooseMasker(policiesOf({ data }, {}))).toBe(data.masker)
  expect(chooseMasker(policiesOf({ data }, { data: { ...data, masker: maskerOf('2') } }))).toBeUndefined()
})

test.each([
  ['x-purpose', 'test', true],
  ['Authorization', 'Bearer x', false],
  ['Cookie', 'a=b', false],
  ['accept-encoding', 'gzip', false],
  ['Host', 'evil.example', false],
  ['x-a', 'a\nb', false],
  ['x a', 'b', false],
])('isSendable(%s, %j) is %s', (name, value, good) => expect(isSendable(name, value)).toBe(good))
