import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import { createGuard } from '../guard.ts'
import { domesticOnly, type DomesticOnlyOptions } from './domestic-only.ts'

const request = { credentialOnly: false, method: 'POST', hasBody: true }

describe('domesticOnly', () => {
  test('is the same policy each time, and another one with other options', () => {
    expect(domesticOnly().digest).toBe(domesticOnly({}).digest)
    expect(domesticOnly({ weights: ['own'] }).digest).not.toBe(domesticOnly().digest)
  })

  test('also opens that origin for its own addresses and leaves the rest as it was', () => {
    const guard = createGuard([
      domesticOnly({ also: [{ origin: 'https://llm.corp.example:8443', addresses: ['10.20.0.0/16'] }] }),
    ])
    expect(guard.judgeUrl('https://llm.corp.example:8443/v1', request).decision.verdict).toBe('allow')
    expect(guard.judgeAddresses('llm.corp.example', ['10.20.0.1'], 'target')).toBeUndefined()
    expect(guard.judgeAddresses('llm.corp.example', ['84.201.181.26'], 'target')?.code).toBe('dns.address_class')
    expect(guard.judgeAddresses('api.giga.chat', ['10.20.0.1'], 'target')?.code).toBe('dns.address_class')
  })

  test('names one proxy with its addresses', () => {
    const guard = createGuard([
      domesticOnly({ proxy: { origin: 'http://egress.corp.example:3128', addresses: ['10.1.0.0/24'] } }),
    ])
    expect(guard.proxy?.url.origin).toBe('http://egress.corp.example:3128')
    expect(guard.judgeAddresses('egress.corp.example', ['10.1.0.7'], 'proxy')).toBeUndefined()
    expect(guard.judgeAddresses('egress.corp.example', ['84.201.181.26'], 'proxy')?.code).toBe('dns.address_class')
  })

  test.each<[string, unknown]>([
    ['an unknown option', { allow: ['https://evil.example'] }],
    ['a mistyped option', { weight: ['own'] }],
    ['no weights', { weights: [] }],
    ['unknown weights', { weights: ['unknown'] }],
    ['any weights', { weights: ['*'] }],
    ['weights that are no list', { weights: 'own' }],
    ['an origin without addresses', { also: [{ origin: 'https://llm.corp.example' }] }],
    ['an origin with no addresses', { also: [{ origin: 'https://llm.corp.example', addresses: [] }] }],
    ['a bare origin', { also: ['https://llm.corp.example'] }],
    ['nothing in place of an origin', { also: [null] }],
    ['an origin with a path', { also: [{ origin: 'https://llm.corp.example/v1', addresses: ['10.0.0.0/8'] }] }],
    ['a wildcard', { also: [{ origin: 'https://*.corp.example', addresses: ['10.0.0.0/8 '] }] }],
    ['a range that is none', { also: [{ origin: 'https://llm.corp.example', addresses: ['10.0.0.0/40'] }] }],
    ['a proxy without origin', { proxy: { addresses: ['10.0.0.0/8'] } }],
    ['a proxy without addresses', { proxy: { origin: 'http://egress.corp.example:3128' } }],
  ])('refuses %s', (_what, options) => {
    expect(() => domesticOnly(options as DomesticOnlyOptions)).toThrow(ConfigurationError)
  })
})
