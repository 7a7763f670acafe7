import {
  ConfigurationError,
  createClient,
  definePolicy,
  domesticOnly,
  masker,
  observe,
  PolicyDeniedError,
  rule,
  ShlyuzError,
  type Masker,
  type MaskSession,
  type Policy,
  type RuleAnswer,
} from '@shlyuz/core'
import { testNetwork } from '@shlyuz/core/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Loopback } from './loopback.ts'
import { createProbe } from './probe-provider.ts'

const url = 'https://gigachat.devices.sberbank.ru/api/v1/chat/completions'
const secret = 'Иванов Иван Иванович'

let loopback: Loopback
beforeAll(async () => {
  loopback = await Loopback.open()
})
afterAll(() => loopback.close())

interface Setting {
  readonly address?: string
  readonly target?: string
  /** Beside the client's policy. */
  readonly policy?: Policy
  readonly labels?: Readonly<Record<string, string>>
  /** The adapter's own. */
  readonly note?: string
}

function openClient(policy: Policy, { address = '84.201.181.26', target = url }: Setting = {}) {
  return createClient({
    providers: [createProbe('probe', { url: target, provider: 'gigachat' })],
    policy,
    onWarning: () => {},
    retries: 0,
    timeout: { totalMs: 5_000 },
    network: testNetwork({
      ca: loopback.ca,
      resolve: () => [address],
      dial: () => ({ host: '127.0.0.1', port: loopback.port }),
    }),
  })
}

/** One text call over a real socket: its code, and how many bytes of it arrived. */
async function call(client: Policy | ReturnType<typeof openClient>, setting: Setting = {}) {
  await loopback.start(new URL(setting.target ?? url).hostname, [])
  const { policy, labels, note } = setting
  await using open = 'generateText' in client ? client : openClient(client, setting)
  try {
    const { policy: receipt } = await open.generateText({
      model: 'probe/GigaChat-2-Max',
      prompt: `Кто такой ${secret}?`,
      ...(policy && { policy }),
      ...(labels && { labels }),
      ...(note !== undefined && { providerOptions: { gigachat: { note } } }),
    })
    return { code: receipt.code, bytes: loopback.arrivals.bytes, bodies: loopback.arrivals.bodies, error: undefined }
  } catch (error) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    const code = ShlyuzError.isInstance(error) ? error.code : `untyped: ${String(error)}`
    return { code, bytes: loopback.arrivals.bytes, bodies: loopback.arrivals.bodies, error }
  }
}

test('without a fault the call is sent', async () => {
  expect(await call(domesticOnly())).toMatchObject({ code: 'ok', bodies: [expect.stringContaining(secret)] })
})

describe('a rule that', () => {
  const fail = (): never => {
    throw new Error(secret)
  }
  const block = (answer: RuleAnswer): RuleAnswer => {
    const until = performance.now() + 60
    while (performance.now() < until) Math.sqrt(until)
    return answer
  }
  test.each<[string, string, () => unknown]>([
    ['throws', 'policy.error', fail],
    ['rejects', 'policy.error', async () => fail()],
    ['throws undefined', 'policy.error', () => { throw undefined }],
    ['hangs', 'policy.timeout', () => new Promise(() => {})],
    ['blocks', 'policy.timeout', () => block('permit')],
    ['blocks before its promise', 'policy.timeout', async () => block('permit')],
    ['blocks after its promise', 'policy.timeout', () => Promise.resolve('permit' as const).then(block)],
    ['answers nothing', 'policy.invalid', () => undefined],
    ['answers true', 'policy.invalid', () => true],
    ['answers with a getter that throws', 'policy.invalid', () => ({ get effect() { return fail() } })],
    ['answers with itself inside', 'policy.invalid', () => { const loop: { effect: string; facts?: unknown } = { effect: 'permit' }; loop.facts = loop; return loop }],
    ['demands what is no header', 'policy.invalid', () => ({ effect: 'permit', obligations: [{ kind: 'header', name: 'a b', value: 'x' }] })],
    ['demands a log with content', 'policy.obligation_unmet', () => ({ effect: 'permit', obligations: [{ kind: 'log', level: 'full' }] })],
    ['demands a mask without a masker', 'policy.obligation_unmet', () => ({ effect: 'permit', obligations: [{ kind: 'mask' }] })],
  ])('%s ends the call as %s', async (_what, code, evaluate) => {
    const bad = rule({ name: 'bad', version: '1', timeLimitMs: 30, evaluate: evaluate as () => RuleAnswer })
    const permit = rule({ name: 'good', version: '1', evaluate: () => 'permit' })
    const got = await call(domesticOnly(), { policy: definePolicy({ name: 'own', rules: [permit, bad] }) })
    expect(got).toMatchObject({ code, bytes: 0 })
    expect(PolicyDeniedError.isInstance(got.error) && got.error.policy?.code).toBe(code)
    expect(JSON.stringify(got.error) + String((got.error as Error).stack)).not.toContain(secret)
  }) // oxfmt-ignore

  test('demands of the client are not met by what a request brings along', async () => {
    const demanding = (kind: 'mask' | 'local-model'): Policy => {
      const evaluate = (): RuleAnswer => ({ effect: 'permit', obligations: [{ kind }] })
      const { origins, addresses } = { origins: [new URL(url).origin], addresses: { classes: ['global' as const] } }
      return definePolicy({
        name: 'client',
        origins,
        addresses,
        rules: [rule({ name: 'demand', version: '1', evaluate })],
      })
    }
    const weak = definePolicy({ name: 'request', data: { masker: createMasker({}) } })
    const open = definePolicy({
      name: 'request',
      origins: [{ origin: new URL(url).origin, addresses: ['0.0.0.0/0'] }],
      models: { developer: ['*'], weights: ['*'] },
    })
    expect(await call(demanding('mask'), { policy: weak })).toMatchObject({ code: 'policy.obligation_unmet', bytes: 0 })
    expect(await call(demanding('local-model'), { policy: open })).toMatchObject({
      code: 'policy.obligation_unmet',
      bytes: 0,
    })
  })
})

describe('a policy that', () => {
  test('is changed after it was made stays what it was', async () => {
    const document = {
      name: 'own',
      mode: 'enforce' as 'enforce' | 'observe',
      origins: ['https://a.example'],
      addresses: { classes: ['global' as const] },
      models: { developer: ['ru'], weights: ['undisclosed'] },
    }
    const client = openClient(definePolicy(document))
    document.mode = 'observe'
    document.origins.push(new URL(url).origin)
    expect(await call(client)).toMatchObject({ code: 'url.host_not_allowed', bytes: 0 })
  })

  test('only observes is refused for a request', async () => {
    const ended = observe(domesticOnly(), { until: '2026-01-31' })
    for (const policy of [
      observe(domesticOnly()),
      ended,
      definePolicy({ name: 'p', mode: 'observe', data: { special: 'deny' } }),
    ]) {
      const got = await call(domesticOnly(), { policy })
      expect(got).toMatchObject({ code: 'config.invalid', bytes: 0 })
      expect(ConfigurationError.isInstance(got.error)).toBe(true)
    }
  })

  test('is no policy is refused', async () => {
    for (const policy of [{ ...domesticOnly() }, Object.create(domesticOnly()), JSON.parse('{"name":"p"}')]) {
      expect(await call(domesticOnly(), { policy })).toMatchObject({ code: 'config.invalid', bytes: 0 })
    }
  })

  test('observes until a day enforces from the next one on, also in a client that has observed before', async () => {
    // Certificates are of today.
    await loopback.start('evil.example', [])
    const now = vi.spyOn(Date, 'now')
    try {
      const target = 'https://evil.example/'
      now.mockReturnValue(Date.parse('2027-01-31T23:59:59Z'))
      await using client = openClient(observe(domesticOnly(), { until: '2027-01-31' }), { target })
      const ask = async (): Promise<string> => {
        const answer = client.generateText({ model: 'probe/GigaChat-2-Max', prompt: 'Привет' })
        return answer.then(
          ({ policy }) => `${policy.verdict} ${policy.code}`,
          (error: unknown) => `deny ${(error as ShlyuzError).code}`,
        )
      }
      expect(await ask()).toBe('allow url.host_not_allowed')
      const { bytes } = loopback.arrivals
      now.mockReturnValue(Date.parse('2027-02-01T00:00:00Z'))
      expect(await ask()).toBe('deny url.host_not_allowed')
      expect(loopback.arrivals.bytes).toBe(bytes)
    } finally {
      now.mockRestore()
    }
  })

  test('observed leaves no connection behind that it would refuse once it enforces', async () => {
    await loopback.start(new URL(url).hostname, [])
    const now = vi.spyOn(Date, 'now')
    try {
      now.mockReturnValue(Date.parse('2027-01-31T12:00:00Z'))
      const policy = observe(domesticOnly(), { until: '2027-01-31' })
      await using client = openClient(policy, { address: '10.0.0.5' })
      const ask = () => client.generateText({ model: 'probe/GigaChat-2-Max', prompt: 'Привет' })
      expect((await ask()).policy.code).toBe('dns.address_class')
      now.mockReturnValue(Date.parse('2027-02-01T12:00:00Z'))
      await expect(ask()).rejects.toMatchObject({ code: 'dns.address_class' })
    } finally {
      now.mockRestore()
    }
  })
})

describe('a polluted prototype', () => {
  test.each<[string, unknown]>([
    ['mode', 'observe'],
    ['origins', ['https://evil.example']],
    ['also', [{ origin: 'https://evil.example', addresses: ['0.0.0.0/0'] }]],
    ['url', new URL('https://evil.example/')],
    ['would', 'deny'],
    ['data', {}],
    ['until', '2099-12-31'],
    ['observeUntil', '2099-12-31'],
    ['policy', observe(domesticOnly())],
  ])('with %s opens no door', async (key, value) => {
    const client = openClient(domesticOnly(), { target: 'https://evil.example/' })
    // oxlint-disable-next-line no-extend-native -- a polluted prototype is what is tested
    Object.defineProperty(Object.prototype, key, { value, configurable: true, enumerable: false, writable: true })
    try {
      const got = await call(client, { target: 'https://evil.example/' })
      expect(got.bytes).toBe(0)
      expect(got.code).toBe(key === 'policy' ? 'config.invalid' : 'url.host_not_allowed')
    } finally {
      Reflect.deleteProperty(Object.prototype, key)
    }
  })
})

function createMasker(session: Partial<MaskSession>, options: Partial<Masker> = {}): Masker {
  const own: MaskSession = {
    mask: (text) => text.replaceAll(secret, '⟦PERSON_1⟧'),
    restore: (text) => text.replaceAll('⟦PERSON_1⟧', secret),
    createRestorer: () => ({ push: (piece) => piece, end: () => '' }),
    counts: { PERSON: 1 },
    values: () => ({}),
    ...session,
  }
  return masker({ name: 'own', version: '1', find: () => [], open: () => own, ...options })
}

const masking = (given: Masker): Policy => definePolicy({
  name: 'own',
  origins: [new URL(url).origin],
  addresses: { classes: ['global'] },
  models: { developer: ['ru'], weights: ['undisclosed'] },
  data: { personal: 'mask', masker: given },
}) // oxfmt-ignore

describe('a masker that', () => {
  const fail = (): never => {
    throw new Error(secret)
  }
  test('works masks what is sent', async () => {
    const got = await call(masking(createMasker({})))
    expect(got).toMatchObject({ code: 'ok', bodies: [expect.stringContaining('⟦PERSON_1⟧')] })
    expect(got.bodies.join()).not.toContain(secret)
  })

  const nonsense = (value: unknown): never => value as never
  test.each<[string, Partial<MaskSession>, Partial<Masker>?]>([
    ['does not open', {}, { open: fail }],
    ['opens nothing', {}, { open: () => nonsense(undefined) }],
    ['opens half a session', {}, { open: () => nonsense({ mask: String }) }],
    ['throws on masking', { mask: fail }],
    ['masks to nothing', { mask: () => nonsense(undefined) }],
    ['masks to a promise', { mask: () => nonsense(Promise.resolve('')) }],
    ['counts nothing', { counts: nonsense(null) }],
    ['counts by what it found', { counts: { [secret]: 1 } }],
    ['counts with letters', { counts: { PERSON: nonsense('1') } }],
    ['throws on finding', {}, { find: fail }],
    ['finds a number', {}, { find: () => nonsense(1) }],
    ['finds outside the text', {}, { find: () => [{ start: 0, end: 99, type: 'PERSON' }] }],
    ['finds backwards', {}, { find: () => [{ start: 2, end: 1, type: 'PERSON' }] }],
    ['finds twice', {}, { find: () => [{ start: 0, end: 2, type: 'PERSON' }, { start: 1, end: 3, type: 'PERSON' }] }],
    ['names a type by what it found', {}, { find: () => [{ start: 0, end: 2, type: secret }] }],
  ])('%s ends the call before a byte leaves', async (_what, session, options = {}) => {
    const own = createMasker(session, options)
    const got = await call(masking(own), { note: 'an option of the adapter' })
    expect(got).toMatchObject({ code: 'config.masker', bytes: 0 })
    expect(JSON.stringify(got.error) + String((got.error as Error).stack)).not.toContain(secret)
  }) // oxfmt-ignore

  test('throws when its counts are read', async () => {
    const session = Object.defineProperty({ ...createMasker({}).open() }, 'counts', { get: fail })
    const own = createMasker({}, { open: () => session })
    expect(await call(masking(own))).toMatchObject({ code: 'config.masker', bytes: 0 })
  })

  test('fails on the answer withholds it', async () => {
    const got = await call(masking(createMasker({ restore: fail })))
    expect(got.code).toBe('config.masker')
    expect(got.bodies).toHaveLength(1)
    expect(JSON.stringify(got.error) + String((got.error as Error).stack)).not.toContain(secret)
  })
})
