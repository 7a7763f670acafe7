import { describe, expect, test } from 'vitest'
import { definePolicy } from './define-policy.ts'
import { createGuard } from './guard.ts'
import type { PolicyDocument } from './policy-document.ts'
import { domesticOnly } from './presets/domestic-only.ts'
import type { Intent } from './intent.ts'

const host = 'llm.api.cloud.yandex.net'
const url = `https://${host}/`
const origin = `https://${host}`
const post = { credentialOnly: false, method: 'POST', hasBody: true }
const wide: Omit<PolicyDocument, 'name'> = {
  origins: [origin],
  addresses: { classes: ['global'] },
  models: { developer: ['*'], weights: ['*'] },
}
const request = (sections: Omit<PolicyDocument, 'name'>) => definePolicy({ name: 'request', ...wide, ...sections })
const proxyOf = (spelled: string, ca?: string) => ({
  mode: 'explicit' as const,
  origin: spelled,
  addresses: { cidrs: ['10.1.0.0/24'] },
  ...(ca !== undefined && { ca }),
})
const viaProxy = { origin: 'http://egress.corp.example:3128', addresses: ['10.1.0.0/24'] }

describe('the way out, client and request', () => {
  test('a request policy brings no proxy of its own', () => {
    const guard = createGuard([domesticOnly(), request({ proxy: proxyOf('http://evil.example:3128') })])
    expect(guard.proxy).toBeUndefined()
    expect(guard.judgeUrl(url, post).decision.code).toBe('proxy.not_allowed')
    expect(guard.judgeAddresses('evil.example', ['10.1.0.7'], 'proxy')?.code).toBe('proxy.not_allowed')
  })

  test('nor another one, nor another authority for the same one', () => {
    const client = domesticOnly({ proxy: viaProxy })
    for (const proxy of [proxyOf('http://evil.example:3128'), proxyOf(viaProxy.origin, 'PEM')]) {
      expect(createGuard([client, request({ proxy })]).judgeUrl(url, post).decision.code).toBe('proxy.not_allowed')
    }
  })

  test('nor leads past the one of the client', () => {
    const client = domesticOnly({ proxy: viaProxy })
    for (const proxy of [undefined, { mode: 'none' as const }]) {
      const guard = createGuard([client, request(proxy ? { proxy } : {})])
      expect(guard.judgeUrl(url, post).decision.code).toBe('proxy.not_allowed')
    }
  })

  test('the same proxy, and a policy without a say on sockets, are fine', () => {
    const client = domesticOnly({ proxy: viaProxy })
    const models = definePolicy({ name: 'own', models: { developer: ['ru'], weights: ['own'] } })
    for (const inner of [request({ proxy: proxyOf(viaProxy.origin) }), models]) {
      const guard = createGuard([client, inner])
      expect(guard.proxy?.url.origin).toBe(viaProxy.origin)
      expect(guard.judgeUrl(url, post).decision.verdict).toBe('allow')
    }
  })

  test('behind a proxy a literal target is judged as well: nothing resolves it here', () => {
    const document: PolicyDocument = {
      name: 'p',
      origins: ['http://127.0.0.1:8000', 'http://10.20.0.4:8000'],
      addresses: { cidrs: ['10.20.0.0/16'] },
      proxy: proxyOf('http://egress.corp.example:3128'),
    }
    const guard = createGuard([definePolicy(document)])
    expect(guard.judgeUrl('http://10.20.0.4:8000/', post).decision.verdict).toBe('allow')
    expect(guard.judgeUrl('http://127.0.0.1:8000/', post).decision.code).toBe('dns.address_class')
  })
})

describe('trust, client and request', () => {
  const also = (ca?: string) => ({ origin, addresses: ['84.201.128.0/18'], ...(ca !== undefined && { ca }) })

  test('a request policy brings no authority of its own', () => {
    const guard = createGuard([domesticOnly(), request({ origins: [also('PEM')] })])
    expect(guard.trustFor(origin)).toBeUndefined()
    expect(guard.judgeUrl(url, post).decision.code).toBe('tls.ca_scope')
  })

  test('policies that name the same one agree', () => {
    const guard = createGuard([domesticOnly({ also: [also('PEM')] }), request({ origins: [also('PEM')] })])
    expect(guard.trustFor(origin)).toBe('PEM')
    expect(guard.judgeUrl(url, post).decision.verdict).toBe('allow')
  })

  test('an authority beside a plain listing of the same origin holds', () => {
    expect(createGuard([domesticOnly({ also: [also('PEM')] })]).trustFor(origin)).toBe('PEM')
    expect(createGuard([domesticOnly({ also: [also('PEM')] })]).trustFor('https://api.giga.chat')).toBeUndefined()
  })
})

describe('models, client and request', () => {
  const qwen = { id: 'Qwen3-235b-a22b-fp8', developer: 'ru', weights: 'own', source: 'us', asOf: '2026-11-24' } as const
  const ref = { id: qwen.id, catalogueId: qwen.id.toLowerCase() }
  const intentOf = (model: Intent['model']): Intent => ({
    operation: 'chat',
    provider: 'yandexgpt',
    ...(model && { model }),
    origins: [origin],
    stream: false,
    content: { messages: 1, characters: 1, images: 0, files: 0, remoteUrls: 0, remoteTools: [] },
    providerLogging: 'off',
    labels: {},
    dataClasses: [],
  })

  test('a request policy does not promote a model by declaring it', async () => {
    const guard = createGuard([domesticOnly(), request({ origins: [{ origin, models: [qwen] }] })])
    const identity = guard.identify('yandexgpt', ref, [origin])
    expect(identity.developer).toBe('foreign')
    expect((await guard.judgeIntent(intentOf(identity))).code).toBe('model.foreign')
  })

  test('what a rule is shown cannot be changed by it', () => {
    const guard = createGuard([request({ origins: [{ origin, models: [{ ...qwen, developer: 'foreign' }] }] })])
    const identity = guard.identify('yandexgpt', ref, [origin])
    expect(identity.developer).toBe('foreign')
    expect(Object.isFrozen(identity)).toBe(true)
  })
})

describe('two listings of one host', () => {
  const guard = createGuard([
    definePolicy({
      name: 'p',
      origins: [
        { origin: 'https://stand.example:8443', addresses: ['10.0.0.0/8'] },
        { origin: 'https://stand.example:9443', addresses: ['10.20.0.0/16'] },
        'https://llm.компания.рф',
      ],
      addresses: {
        classes: ['global'],
        pins: { 'stand.example': ['10.20.1.0/24'], 'llm.компания.рф': ['84.201.128.0/18'] },
      },
    }),
  ])

  test('a connection knows its host alone: every range and the pin hold', () => {
    expect(guard.judgeAddresses('stand.example', ['10.20.1.7'], 'target')).toBeUndefined()
    expect(guard.judgeAddresses('stand.example', ['10.1.0.1'], 'target')?.code).toBe('dns.address_class')
    expect(guard.judgeAddresses('stand.example', ['10.20.2.1'], 'target')?.code).toBe('dns.address_not_pinned')
    expect(guard.judgeAddresses('stand.example', ['84.201.181.26'], 'target')?.code).toBe('dns.address_class')
  })

  test('a pin in Cyrillic pins the name in punycode', () => {
    const punycode = new URL('https://llm.компания.рф').hostname
    expect(guard.judgeAddresses(punycode, ['84.201.181.26'], 'target')).toBeUndefined()
    expect(guard.judgeAddresses(punycode, ['1.1.1.1'], 'target')?.code).toBe('dns.address_not_pinned')
  })
})

test('a listed metadata address is judged like any other', () => {
  const literal = '169.254.169.254'
  const sections = { name: 'p', origins: [`http://${literal}`], addresses: { classes: ['global' as const] } }
  const guard = createGuard([definePolicy(sections)])
  expect(guard.judgeAddresses(literal, [literal], 'target')?.code).toBe('dns.address_class')
  expect(createGuard([domesticOnly()]).judgeAddresses(literal, [literal], 'target')).toBeUndefined()
  expect(createGuard([domesticOnly()]).judgeAddresses('iam.api.cloud.yandex.net', [literal], 'target')?.code).toBe(
    'dns.address_class',
  )
})
