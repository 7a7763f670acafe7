import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { all, definePolicy, isPolicy, type Policy } from './define-policy.ts'
import { createGuard } from './guard.ts'
import type { PolicyDocument } from './policy-document.ts'
import { rule } from './rule.ts'

const request = { credentialOnly: false, method: 'POST', hasBody: true }
const define = (document: unknown) => definePolicy(document as PolicyDocument)

const entry = { provider: 'gigachat', id: 'ours', developer: 'ru', weights: 'own', source: 'card', asOf: '2026-11-28' }
const models = { developer: ['ru'], weights: ['own'] }

describe('definePolicy', () => {
  test('what happens to the document afterwards has no effect', () => {
    const forbid = rule({ name: 'no', version: '1', evaluate: () => 'forbid' })
    const document = {
      name: 'p',
      origins: ['https://llm.corp.example'],
      addresses: { cidrs: ['10.0.0.0/8'] },
      rules: [forbid],
    }
    const policy = define(document)
    const { digest } = policy
    document.origins.push('https://evil.example')
    document.addresses.cidrs.push('0.0.0.0/0')
    document.rules.pop()
    const guard = createGuard([policy])
    expect(guard.digest).toBe(digest)
    expect(guard.judgeUrl('https://evil.example/', request).decision.verdict).toBe('deny')
    expect(guard.judgeAddresses('llm.corp.example', ['84.201.181.26'], 'target')?.code).toBe('dns.address_class')
    expect(define(document).digest).not.toBe(digest)
  })

  test('a policy is frozen and cannot be forged', () => {
    const policy = define({ name: 'p' })
    expect(Object.isFrozen(policy)).toBe(true)
    expect(isPolicy(policy)).toBe(true)
    expect(isPolicy({ ...policy })).toBe(false)
    expect(isPolicy(Object.create(policy))).toBe(false)
  })

  test('the digest does not depend on how the document is written', () => {
    const one = define({ name: 'p', version: '1', addresses: { classes: ['global'], cidrs: [] } })
    const other = define({ addresses: { cidrs: [], classes: ['global'] }, version: '1', name: 'p', origins: undefined })
    expect(other.digest).toBe(one.digest)
    expect(define({ name: 'p', version: '2', addresses: { classes: ['global'], cidrs: [] } }).digest).not.toBe(
      one.digest,
    )
  })

  test('a polluted prototype adds nothing', () => {
    const polluted = Object.prototype as Record<string, unknown>
    polluted['origins'] = ['https://evil.example']
    polluted['cidrs'] = ['0.0.0.0/0']
    try {
      const guard = createGuard([define({ name: 'p' })])
      expect(guard.judgeUrl('https://evil.example/', request).decision.verdict).toBe('deny')
      const global = createGuard([
        define({ name: 'p', origins: ['https://a.example'], addresses: { classes: ['global'] } }),
      ])
      expect(global.judgeUrl('https://evil.example/', request).decision.verdict).toBe('deny')
      expect(global.judgeAddresses('a.example', ['10.0.0.5'], 'target')?.code).toBe('dns.address_class')
    } finally {
      delete polluted['origins']
      delete polluted['cidrs']
    }
  })

  test('inherited sections are refused, and __proto__ is an unknown key', () => {
    expect(() => define(Object.create({ name: 'p' }))).toThrow(ConfigurationError)
    expect(() => define(JSON.parse('{"name":"p","__proto__":{"origins":["https://evil.example"]}}'))).toThrow(
      ConfigurationError,
    )
  })

  test('getters are read once', () => {
    let reads = 0
    const policy = define({
      name: 'p',
      get origins() {
        return [reads++ === 0 ? 'https://llm.corp.example' : 'https://evil.example']
      },
    })
    expect(createGuard([policy]).judgeUrl('https://evil.example/', request).decision.verdict).toBe('deny')
  })

  const ruleOne = rule({ name: 'one', version: '1', evaluate: () => 'permit' })
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a list', []],
    ['no name', {}],
    ['an odd name', { name: 'a b' }],
    ['an unknown key', { name: 'p', allow: [] }],
    ['an unknown mode', { name: 'p', mode: 'audit' }],
    ['an end of observing without observing', { name: 'p', observeUntil: '2027-01-31' }],
    ['an end of observing that is no day', { name: 'p', mode: 'observe', observeUntil: '2027-02-30' }],
    ['an unknown demand on the audit log', { name: 'p', audit: 'maybe' }],
    ['masking without a masker', { name: 'p', data: { personal: 'mask' } }],
    ['an unknown key of data', { name: 'p', data: { secret: 'mask' } }],
    ['a masker that is none', { name: 'p', data: { personal: 'mask', masker: { find: 'x' } } }],
    ['a catalogue that nothing judges by', { name: 'p', catalogue: [entry] }],
    ['an entry of the catalogue without evidence', { name: 'p', models, catalogue: [{ ...entry, source: '' }] }],
    ['an entry of the catalogue without provider', { name: 'p', models, catalogue: [{ ...entry, provider: 1 }] }],
    ['two entries for one model', { name: 'p', models, catalogue: [entry, { ...entry, id: 'OURS' }] }],
    ['followed redirects', { name: 'p', redirects: 'follow' }],
    ['verification switched off', { name: 'p', tls: { verify: false } }],
    ['a trusted transport', { name: 'p', customTransport: 'trusted' }],
    ['an origin with a path', { name: 'p', origins: ['https://a.example/v1'] }],
    ['an origin with a user', { name: 'p', origins: ['https://u@a.example'] }],
    ['an ambiguous origin', { name: 'p', origins: ['https://a%2eexample'] }],
    ['another scheme', { name: 'p', origins: ['ftp://a.example'] }],
    ['an origin that is no text', { name: 'p', origins: [1] }],
    ['an unknown key of an origin', { name: 'p', origins: [{ origin: 'https://a.example', paths: ['/'] }] }],
    ['another class of addresses', { name: 'p', addresses: { classes: ['private'] } }],
    ['an unknown key of addresses', { name: 'p', addresses: { ranges: [] } }],
    ['a bad pin', { name: 'p', addresses: { pins: { 'a.example': ['x'] } } }],
    [
      'an explicit proxy without addresses',
      { name: 'p', proxy: { mode: 'explicit', origin: 'http://p.example:3128' } },
    ],
    ['another proxy mode', { name: 'p', proxy: { mode: 'environment' } }],
    ['another word on logging', { name: 'p', providerLogging: ['never'] }],
    ['half of the models', { name: 'p', models: { developer: ['ru'] } }],
    [
      'an incomplete model',
      { name: 'p', origins: [{ origin: 'https://a.example', models: [{ id: 'x', developer: 'ru' }] }] },
    ],
    ['a rule that is a function', { name: 'p', rules: [() => 'permit'] }],
    ['a copy of a rule', { name: 'p', rules: [{ ...ruleOne }] }],
    ['two rules of one name', { name: 'p', rules: [ruleOne, ruleOne] }],
  ])('refuses %s', (_what, document) => {
    expect(() => define(document)).toThrow(ConfigurationError)
  })

  // Not even a list where one is needed: never a TypeError out of the depths.
  test.each<[string, unknown]>([
    ['origins', { name: 'p', origins: 'https://a.example' }],
    ['origins of null', { name: 'p', origins: [null] }],
    ['addresses', { name: 'p', addresses: 'global' }],
    ['classes', { name: 'p', addresses: { classes: 'global' } }],
    ['cidrs', { name: 'p', addresses: { cidrs: '10.0.0.0/8' } }],
    ['a range', { name: 'p', addresses: { cidrs: [10] } }],
    ['proxy', { name: 'p', proxy: 'http://p.example:3128' }],
    ['models', { name: 'p', models: null }],
    ['providerLogging', { name: 'p', providerLogging: 'off' }],
    ['a word on logging', { name: 'p', providerLogging: [true] }],
    ['tls', { name: 'p', tls: null }],
    ['an unknown key of tls', { name: 'p', tls: { verify: true, servername: 'a' } }],
  ])('refuses %s of the wrong type', (_what, document) => {
    expect(() => define(document)).toThrow(ConfigurationError)
  })
})

describe('all', () => {
  const one = define({ name: 'one', origins: ['https://a.example', 'https://b.example'] })
  const two = define({ name: 'two', origins: ['https://b.example'] })

  test('is the intersection, named after its parts, outermost first', () => {
    const both = all(one, two)
    expect(both.name).toBe('one + two')
    const codes = ['https://a.example', 'https://b.example'].map(
      (url) => createGuard([both]).judgeUrl(url, request).decision.code,
    )
    expect(codes).toEqual(['url.host_not_allowed', 'ok'])
    expect(all(both, one).name).toBe('one + two + one')
  })

  test('has a digest of its own; one part is that part', () => {
    expect(all(one).digest).toBe(one.digest)
    expect(all(one, two).digest).toBe(all(one, two).digest)
    expect(new Set([all(one, two), all(two, one), one, two].map(({ digest }) => digest)).size).toBe(4)
  })

  test('what a part declares of a model narrows also where another part says who made it', () => {
    const wide = { developer: ['ru', 'foreign'], weights: ['*'] }
    const outer = define({ name: 'outer', models: wide, catalogue: [entry] })
    const inner = define({ name: 'inner', models, catalogue: [{ ...entry, developer: 'foreign' }] })
    const judge = (policy: Policy): string => {
      const guard = createGuard([policy])
      const model = guard.identify('gigachat', { id: 'ours', catalogueId: 'OURS' }, [])
      const content = { messages: 1, characters: 1, images: 0, files: 0, remoteUrls: 0, remoteTools: [] }
      const facts = { operation: 'chat', provider: 'gigachat', origins: [], stream: false, providerLogging: 'off', labels: {}, dataClasses: [] } as const // oxfmt-ignore
      return (guard.judgeIntent({ ...facts, model, content }) as { readonly code: string }).code
    }
    expect([judge(outer), judge(inner), judge(all(outer, inner)), judge(all(inner, outer))]).toEqual([
      'ok',
      'model.foreign',
      'model.foreign',
      'model.foreign',
    ])
  })

  test('takes policies alone, and at least one', () => {
    expect(() => all()).toThrow(ConfigurationError)
    expect(() => all(one, { ...two })).toThrow(ConfigurationError)
  })
})
