import { afterEach, describe, expect, test, vi } from 'vitest'
import { ConfigurationError } from '../errors/configuration-error.ts'
import type { Decision } from './decision.ts'
import { all, definePolicy, observe, type Policy } from './define-policy.ts'
import { createGuard } from './guard.ts'
import type { Intent } from './intent.ts'
import { masker } from './masker.ts'
import { domesticOnly } from './presets/domestic-only.ts'
import { rule, type Ruling } from './rule.ts'

const request = { credentialOnly: false, method: 'POST', hasBody: true }
const intent: Intent = {
  operation: 'chat',
  provider: 'any',
  origins: [],
  stream: false,
  content: { messages: 1, characters: 6, images: 0, files: 0, remoteUrls: 0, remoteTools: [], personal: {} },
  providerLogging: 'off',
  labels: {},
  dataClasses: [],
}
const answering = (name: string, answer: Ruling): Policy =>
  definePolicy({ name, rules: [rule({ name: 'own', version: '1', evaluate: () => answer })] })
const judge = (policy: Policy, asked = intent) => createGuard([policy]).judgeIntent(asked) as Decision
const header = (value: string): Ruling => ({ effect: 'permit', obligations: [{ kind: 'header', name: 'x-a', value }] })

afterEach(() => {
  vi.useRealTimers()
})

describe('observe', () => {
  test('records what it would refuse and lets it go on, at each depth', () => {
    const guard = createGuard([observe(domesticOnly())])
    const observed = { verdict: 'allow', would: 'deny', mode: 'observe' }
    expect(judge(observe(answering('p', { effect: 'forbid' })))).toMatchObject({
      ...observed,
      code: 'policy.forbidden',
      because: [{ effect: 'forbid', mode: 'observe' }],
    })
    const { decision, url } = guard.judgeUrl('https://evil.example/x', request)
    expect(decision).toMatchObject({ ...observed, code: 'url.host_not_allowed', depth: 'url' })
    expect(url?.href).toBe('https://evil.example/x')
    expect(guard.judgeAddresses('api.giga.chat', ['10.0.0.5'], 'target')).toMatchObject({
      ...observed,
      code: 'dns.address_class',
    })
    const model = guard.identify('yandexgpt', { id: 'yandexgpt', catalogueId: 'yandexgpt' }, [])
    expect(guard.judgeAnsweredModel(model, 'gpt-oss-120b')).toMatchObject({
      ...observed,
      code: 'response.model_mismatch',
    })
  })

  test('says nothing where there is nothing to refuse', () => {
    const decision = createGuard([observe(domesticOnly())]).judgeUrl('https://api.giga.chat/', request).decision
    expect(decision).toMatchObject({ verdict: 'allow', code: 'ok' })
    expect(decision).not.toHaveProperty('would')
  })

  test('fulfils what it demands all the same', () => {
    expect(judge(observe(answering('p', header('1')))).obligations).toEqual([
      { kind: 'header', name: 'x-a', value: '1' },
    ])
  })

  test('what cannot be fulfilled would be a refusal', () => {
    const decision = judge(observe(answering('p', { effect: 'permit', obligations: [{ kind: 'log', level: 'full' }] })))
    expect(decision).toMatchObject({ verdict: 'allow', would: 'deny', code: 'policy.obligation_unmet' })
  })

  test('of two values for a header the one that is enforced is sent', () => {
    const strict = answering('strict', header('enforced'))
    const watching = observe(answering('watching', header('observed')))
    for (const policy of [all(strict, watching), all(watching, strict)]) {
      const { obligations, would, code } = judge(policy)
      expect(obligations.at(-1)).toMatchObject({ value: 'enforced' })
      expect({ would, code }).toEqual({ would: 'deny', code: 'policy.obligation_unmet' })
    }
  })

  test('an enforced part refuses beside one that observes, and the decision shows both', () => {
    const policy = all(observe(answering('watching', { effect: 'permit' })), answering('strict', { effect: 'forbid' }))
    expect(judge(policy)).toMatchObject({
      verdict: 'deny',
      mode: 'enforce',
      because: [{ policy: 'strict' }, { policy: 'watching', mode: 'observe' }],
    })
    expect(judge(policy).because[0]).not.toHaveProperty('mode')
  })

  test('ends with its last day in UTC', () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const guard = createGuard([observe(domesticOnly(), { until: '2027-01-31' })])
    const verdictAt = (now: string) => {
      vi.setSystemTime(now)
      return guard.judgeUrl('https://evil.example/', request).decision.verdict
    }
    expect(verdictAt('2027-01-31T23:59:59.999Z')).toBe('allow')
    const observing = guard.networkDigest
    expect(verdictAt('2027-02-01T00:00:00Z')).toBe('deny')
    expect(guard.judgeReuse(observing)?.code).toBe('socket.pool_scope')
    expect(guard.judgeReuse(guard.networkDigest)).toBeUndefined()
  })

  test('shares no connection with the policy it observes', () => {
    const [strict, watching] = [domesticOnly(), observe(domesticOnly())].map((policy) => createGuard([policy]))
    expect(strict?.judgeReuse(watching?.networkDigest)?.code).toBe('socket.pool_scope')
    expect(watching?.judgeReuse(strict?.networkDigest)?.code).toBe('socket.pool_scope')
  })

  test('holds a proxy to its range', () => {
    const proxy = { origin: 'http://egress.example:3128', addresses: ['10.1.0.0/24'] }
    const guard = createGuard([observe(domesticOnly({ proxy }))])
    expect(guard.judgeAddresses('egress.example', ['10.9.0.1'], 'proxy')).toMatchObject({
      verdict: 'deny',
      code: 'dns.address_class',
    })
    expect(guard.judgeAddresses('egress.example', ['10.1.0.1'], 'proxy')).toBeUndefined()
  })

  test('what it refuses of personal data is masked elsewhere, not refused', () => {
    const finder = masker({ name: 'own', version: '1', find: () => [], open: () => ({}) as never })
    const policy = definePolicy({ name: 'p', data: { personal: 'deny', masker: finder } })
    expect(createGuard([observe(policy)]).refusesPersonal).toBe(false)
    expect(createGuard([policy]).refusesPersonal).toBe(true)
  })

  test('is another policy: with another digest for each end', () => {
    const digests = [domesticOnly(), observe(domesticOnly()), observe(domesticOnly(), { until: '2027-01-31' })]
    expect(new Set(digests.map(({ digest }) => digest)).size).toBe(3)
    expect(observe(domesticOnly()).digest).toBe(observe(domesticOnly()).digest)
  })

  test.each<[string, unknown, unknown]>([
    ['what is no policy', { name: 'p' }, {}],
    ['no options', domesticOnly(), null],
    ['a mistyped option', domesticOnly(), { untill: '2027-01-31' }],
    ['an end that is no day', domesticOnly(), { until: '2027-02-30' }],
    ['an end that is no text', domesticOnly(), { until: 20270131 }],
  ])('refuses %s', (_what, policy, options) => {
    expect(() => observe(policy as Policy, options as object)).toThrow(ConfigurationError)
  })
})
