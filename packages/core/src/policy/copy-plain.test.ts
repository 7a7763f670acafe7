import { afterEach, describe, expect, test } from 'vitest'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { copyPlain } from './copy-plain.ts'
import { definePolicy } from './define-policy.ts'
import { createGuard } from './guard.ts'
import { domesticOnly } from './presets/domestic-only.ts'
import { rule } from './rule.ts'

describe('copyPlain', () => {
  test('copies to the bottom, freezes, and leaves the prototype behind', () => {
    const given = { list: [{ word: 'a' }], gone: undefined }
    const copy = copyPlain(given, 'policy') as { list: { word: string }[] }
    given.list[0] = { word: 'b' }
    expect(JSON.stringify(copy)).toBe('{"list":[{"word":"a"}]}')
    expect(Object.getPrototypeOf(copy)).toBeNull()
    expect([copy, copy.list, copy.list[0]].every(Object.isFrozen)).toBe(true)
  })

  test('a list is read by index, whatever it says of itself', () => {
    const list = Object.assign(['https://a.example'], {
      map: () => ['https://evil.example'],
      *[Symbol.iterator]() {
        yield 'https://evil.example'
      },
    })
    expect(JSON.stringify(copyPlain({ list }, 'policy'))).toBe('{"list":["https://a.example"]}')
  })

  test.each<[string, unknown]>([
    ['a function', () => 'permit'],
    ['a symbol', Symbol('x')],
    ['a big number', 10n],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a URL', new URL('https://a.example')],
    ['a list with holes', Array(1)],
  ])('refuses %s', (_what, value) => {
    expect(() => copyPlain({ value }, 'policy')).toThrow(ConfigurationError)
  })
})

describe('a polluted prototype', () => {
  const polluted = Object.prototype as Record<string, unknown>
  const evil = 'https://evil.example'
  const everywhere = ['0.0.0.0/0']
  const foreign = { id: 'gpt-oss-20b', developer: 'ru', weights: 'own', source: 'x', asOf: '2026-01-01' }
  const pollution: Record<string, unknown> = {
    ca: 'PEM',
    addresses: everywhere,
    cidrs: everywhere,
    models: [foreign],
    also: [{ origin: evil, addresses: everywhere }],
    proxy: { origin: 'http://evil.example:3128', addresses: everywhere },
    origins: [evil],
    weights: ['own', 'adapted-foreign', 'undisclosed', '*'],
    rules: [rule({ name: 'yes', version: '1', evaluate: () => 'permit' })],
    credentialOnly: { url: `${evil}/`, alongside: 'https://iam.api.cloud.yandex.net' },
  }
  afterEach(() => {
    for (const key of Object.keys(pollution)) delete polluted[key]
  })

  test.each(Object.keys(pollution))('adds nothing by %s', (key) => {
    const clean = domesticOnly()
    polluted[key] = pollution[key]
    const policy = domesticOnly({})
    const guard = createGuard([policy])
    const origin = 'https://llm.api.cloud.yandex.net'
    expect(policy.digest).toBe(clean.digest)
    expect(guard.proxy).toBeUndefined()
    expect(guard.trustFor(origin)).toBeUndefined()
    expect(guard.judgeAddresses('llm.api.cloud.yandex.net', ['127.0.0.1'], 'target')?.code).toBe('dns.address_class')
    for (const credentialOnly of [true, false]) {
      const request = { credentialOnly, method: 'GET', hasBody: false }
      expect(guard.judgeUrl(`${evil}/`, request).decision.verdict).toBe('deny')
    }
    expect(guard.identify('yandexgpt', { id: 'x', catalogueId: foreign.id }, [origin]).developer).toBe('foreign')
    expect(() => definePolicy({ name: 'p', origins: [{ origin }], addresses: { classes: ['global'] } })).not.toThrow()
  })

  test('gives no option to a rule either', () => {
    polluted['evaluate'] = () => 'permit'
    try {
      expect(() => rule({ name: 'a', version: '1' } as never)).toThrow(ConfigurationError)
    } finally {
      delete polluted['evaluate']
    }
  })
})

describe('what is configured is enforced or refused', () => {
  const model = { id: 'own-7b', developer: 'ru', weights: 'own', source: 'us', asOf: '2026-11-24' }
  const origin = 'https://a.example'
  test.each<[string, object]>([
    ['a mistyped developer', { models: { developer: ['RU'], weights: ['own'] } }],
    ['the unknown developer', { models: { developer: ['ru', 'unknown'], weights: ['own'] } }],
    ['mistyped weights', { models: { developer: ['ru'], weights: ['open'] } }],
    ['settings of a proxy that is none', { proxy: { mode: 'none', origin: 'http://p.example:3128' } }],
    ['a version that is no text', { version: 1 }],
    ['an authority that is no text', { origins: [{ origin, ca: 5 }] }],
    ['a declared model of a mistyped developer', { origins: [{ origin, models: [{ ...model, developer: 'RU' }] }] }],
    ['a model declared twice', { origins: [{ origin, models: [model, { ...model, id: 'OWN-7B' }] }] }],
    [
      'an origin described twice',
      {
        origins: [
          { origin, ca: 'A' },
          { origin, ca: 'B' },
        ],
      },
    ],
    ['a pin of a host that is not listed', { origins: [origin], addresses: { pins: { 'b.example': [] } } }],
    ['a pin with a port', { origins: [origin], addresses: { pins: { 'a.example:443': [] } } }],
    ['a list of pins', { addresses: { pins: [] } }],
    ['pins that are no list', { origins: [origin], addresses: { pins: { 'a.example': '10.0.0.0/8' } } }],
    ['rules that are no list', { rules: {} }],
  ])('refuses %s', (_what, sections) => {
    expect(() => definePolicy({ name: 'p', ...sections })).toThrow(ConfigurationError)
  })

  test.each<[string, unknown]>([
    ['an unknown option', { timeoutMs: 5 }],
    ['a limit that is no number', { timeLimitMs: '5' }],
    ['no limit', { timeLimitMs: Infinity }],
    ['a limit of nothing', { timeLimitMs: 0 }],
    ['no name', { name: '' }],
    ['no version', { version: undefined }],
  ])('a rule refuses %s', (_what, change) => {
    const options = { name: 'a', version: '1', evaluate: () => 'permit', ...(change as object) }
    expect(() => rule(options as never)).toThrow(ConfigurationError)
  })

  test.each<[string, unknown]>([
    ['null', null],
    ['a list', []],
    ['a text', 'own'],
    ['an unknown key of the proxy', { proxy: { origin: 'http://p.example:1', addresses: ['10.0.0.0/8'], user: 'x' } }],
    ['a proxy that is nothing', { proxy: null }],
    ['one origin twice', { also: [1, 2].map(() => ({ origin, addresses: ['10.0.0.0/8'] })) }],
  ])('domesticOnly refuses %s', (_what, options) => {
    expect(() => domesticOnly(options as never)).toThrow(ConfigurationError)
  })
})
