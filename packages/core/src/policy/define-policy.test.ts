import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { definePolicy, isPolicy } from './define-policy.ts'
import { createGuard } from './guard.ts'
import type { PolicyDocument } from './policy-document.ts'
import { rule } from './rule.ts'

const request = { credentialOnly: false, method: 'POST', hasBody: true }
const define = (document: unknown) => definePolicy(document as PolicyDocument)

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
    ['observe mode', { name: 'p', mode: 'observe' }],
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
