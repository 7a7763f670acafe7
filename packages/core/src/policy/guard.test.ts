import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { definePolicy, type Policy } from './define-policy.ts'
import type { RuleEffect } from './decision.ts'
import { createGuard } from './guard.ts'
import type { Intent } from './intent.ts'
import { domesticOnly } from './presets/domestic-only.ts'
import { rule, type Rule } from './rule.ts'

const intent: Intent = Object.freeze({
  operation: 'chat',
  provider: 'gigachat',
  origins: [],
  stream: false,
  content: { messages: 1, characters: 6, images: 0, files: 0, remoteUrls: 0, remoteTools: [] },
  providerLogging: 'off',
  labels: {},
  dataClasses: [],
})

const effects = fc.constantFrom<RuleEffect>('permit', 'forbid', 'abstain')
const effectLists = fc.array(effects, { maxLength: 5 })

function createRules(given: readonly RuleEffect[]): Rule[] {
  return given.map((effect, index) => rule({ name: `r${index}`, version: '1', evaluate: () => effect }))
}
const policyOf = (rules: readonly Rule[], name = 'own'): Policy => definePolicy({ name, rules })
const verdictOf = async (policies: readonly Policy[]) => (await createGuard(policies).judgeIntent(intent)).verdict

describe('how rules combine', () => {
  test('the order of rules does not matter', async () => {
    const shuffled = effectLists.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray(
          list.map((_, index) => index),
          { minLength: list.length },
        ),
      ),
    )
    await fc.assert(
      fc.asyncProperty(shuffled, async ([list, order]) => {
        const rules = createRules(list)
        const other = order.flatMap((index) => rules[index] ?? [])
        expect(await verdictOf([policyOf(other)])).toBe(await verdictOf([policyOf(rules)]))
      }),
    )
  })

  test('a forbid refuses, wherever it is put', async () => {
    await fc.assert(
      fc.asyncProperty(effectLists, fc.nat(5), async (list, at) => {
        expect(await verdictOf([policyOf(createRules(list.toSpliced(at, 0, 'forbid')))])).toBe('deny')
      }),
    )
  })

  test('a policy allows when something permits and nothing forbids', async () => {
    await fc.assert(
      fc.asyncProperty(effectLists, async (list) => {
        const allowed = list.includes('permit') && !list.includes('forbid')
        expect(await verdictOf([policyOf(createRules(list))])).toBe(allowed ? 'allow' : 'deny')
      }),
    )
  })

  test('a nested policy never widens', async () => {
    await fc.assert(
      fc.asyncProperty(effectLists, effectLists, async (outer, inner) => {
        const first = policyOf(createRules(outer), 'client')
        const both = await verdictOf([first, policyOf(createRules(inner), 'request')])
        expect(both === 'allow' && (await verdictOf([first])) === 'deny').toBe(false)
      }),
    )
  })

  test('the same input gives the same decision', async () => {
    await fc.assert(
      fc.asyncProperty(effectLists, async (list) => {
        const guard = createGuard([policyOf(createRules(list))])
        expect(await guard.judgeIntent(intent)).toEqual(await guard.judgeIntent(intent))
      }),
    )
  })

  test('every rule is asked, also behind a forbid, and the decision says so', () => {
    const evaluate = vi.fn<() => RuleEffect>(() => 'permit')
    const rules = [...createRules(['forbid']), rule({ name: 'late', version: '2', evaluate })]
    const decision = createGuard([policyOf(rules)]).judgeIntent(intent)
    expect(evaluate).toHaveBeenCalledOnce()
    expect(decision).toMatchObject({
      verdict: 'deny',
      code: 'policy.forbidden',
      because: [{ rule: 'r0@1' }, { rule: 'late@2', effect: 'permit' }],
    })
  })
})

describe('rules fail closed', () => {
  const judge = async (evaluate: () => unknown, timeLimitMs = 1_000) => {
    const own = rule({ name: 'own', version: '1', timeLimitMs, evaluate: evaluate as () => RuleEffect })
    const decision = await createGuard([policyOf([...createRules(['permit']), own])]).judgeIntent(intent)
    return `${decision.verdict} ${decision.code}`
  }
  const fail = () => {
    throw new Error('no')
  }

  test('an exception, now, later and inside a thenable', async () => {
    expect(await judge(fail)).toBe('deny policy.error')
    expect(await judge(async () => fail())).toBe('deny policy.error')
    // oxlint-disable no-thenable -- odd thenables are what is tested
    expect(await judge(() => ({ then: fail }))).toBe('deny policy.error')
    expect(await judge(() => ({ get then() { return fail() } }))).toBe('deny policy.error') // oxfmt-ignore
  })

  test.each([
    undefined,
    null,
    true,
    1,
    '',
    'Permit',
    'permit ',
    ['permit'],
    { effect: 'Permit' },
    { effect: 'permit', also: 1 },
    { effect: 'permit', obligations: 'mask' },
    { effect: 'permit', obligations: [{ kind: 'whisper' }] },
    { effect: 'permit', obligations: [{ kind: 'header', name: 'authorization', value: 'x' }] },
    { effect: 'permit', obligations: [{ kind: 'log', level: 'loud' }] },
    { effect: 'permit', facts: { deep: { er: 1 } } },
    new (class {
      effect = 'permit'
    })(),
    new String('permit'),
  ])('%j is no answer', async (answer) => {
    expect(await judge(() => answer)).toBe('deny policy.invalid')
    expect(await judge(async () => answer)).toBe('deny policy.invalid')
  })

  test('silence past the limit, and the signal ends then', async () => {
    let signal: AbortSignal | undefined
    const own = rule({
      name: 'own',
      version: '1',
      timeLimitMs: 10,
      evaluate: (_intent, context) => {
        ;({ signal } = context)
        return new Promise<RuleEffect>(() => {})
      },
    })
    const decision = await createGuard([policyOf([own])]).judgeIntent(intent)
    expect(decision.code).toBe('policy.timeout')
    expect(signal?.aborted).toBe(true)
  })
})

describe('nesting at the other depths', () => {
  const wide = domesticOnly()
  const request = { credentialOnly: false, method: 'POST', hasBody: true }

  test('a request policy cannot list another origin', () => {
    const evil = definePolicy({ name: 'request', origins: ['https://evil.example'] })
    for (const url of ['https://evil.example/', 'https://api.giga.chat/']) {
      expect(createGuard([wide, evil]).judgeUrl(url, request).decision.verdict).toBe('deny')
    }
  })

  test('a policy without origins permits no address of its own', () => {
    expect(createGuard([policyOf([])]).judgeUrl('https://api.giga.chat/', request).decision.code).toBe(
      'policy.no_permit',
    )
  })

  test('every policy judges every address', () => {
    const narrow = definePolicy({ name: 'request', addresses: { cidrs: ['84.201.128.0/18'] } })
    const guard = createGuard([wide, narrow])
    expect(guard.judgeAddresses('api.giga.chat', ['84.201.181.26'], 'target')).toBeUndefined()
    expect(guard.judgeAddresses('api.giga.chat', ['95.108.200.10'], 'target')?.code).toBe('dns.address_class')
    const private10 = definePolicy({ name: 'request', addresses: { cidrs: ['10.0.0.0/8'] } })
    expect(createGuard([wide, private10]).judgeAddresses('api.giga.chat', ['10.0.0.5'], 'target')?.verdict).toBe('deny')
  })

  test('connections are shared unless a policy speaks of sockets', () => {
    const { networkDigest } = createGuard([wide])
    expect(createGuard([wide, policyOf(createRules(['permit']))]).networkDigest).toBe(networkDigest)
    const narrow = definePolicy({ name: 'request', addresses: { cidrs: ['84.201.128.0/18'] } })
    expect(createGuard([wide, narrow]).networkDigest).not.toBe(networkDigest)
  })

  test('a decision is frozen to the bottom', () => {
    const { decision } = createGuard([wide]).judgeUrl('https://evil.example/', request)
    for (const part of [decision, decision.because, decision.because[0], decision.because[0]?.facts, decision.policy]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })

  test('a declared model is known at its own origin alone', () => {
    const model = { id: 'own-7b', developer: 'ru', weights: 'own', source: 'us', asOf: '2026-11-24' } as const
    const policy = domesticOnly({
      also: [{ origin: 'https://llm.corp.example', addresses: ['10.20.0.0/16'], models: [model] }],
    })
    const guard = createGuard([policy])
    const ref = { id: 'own-7b', catalogueId: 'own-7b' }
    const identity = guard.identify('yandexgpt', ref, ['https://llm.corp.example', 'https://api.giga.chat'])
    expect(identity.developer).toBe('ru')
    expect(guard.identify('yandexgpt', ref, ['https://api.giga.chat']).developer).toBe('unknown')
    expect(guard.judgeUrl('https://llm.corp.example/', { ...request, model: identity }).decision.verdict).toBe('allow')
    expect(guard.judgeUrl('https://api.giga.chat/', { ...request, model: identity }).decision.code).toBe(
      'model.mismatch',
    )
  })
})

describe('a model that a policy declares', () => {
  const declared = { id: 'own', developer: 'ru', weights: 'own', source: 'ours', asOf: '2026-11-24' } as const
  const first = 'https://a.corp.example'
  const second = 'https://b.corp.example'
  const third = 'https://c.corp.example'
  const client = definePolicy({
    name: 'client',
    origins: [
      { origin: first, addresses: ['10.0.0.0/8'], models: [declared] },
      { origin: second, addresses: ['10.0.0.0/8'], models: [declared] },
      third,
    ],
    models: { developer: ['ru'], weights: ['own'] },
  })
  const ref = { id: 'own', catalogueId: 'own' }

  function codeAt(origin: string, policies = [client]): string {
    const guard = createGuard(policies)
    const model = guard.identify('any', ref, [first, second, third])
    return guard.judgeUrl(origin, { credentialOnly: false, method: 'POST', hasBody: true, model }).decision.code
  }

  test('is known at each origin that declares it, and at no other', () => {
    expect([first, second, third].map((origin) => codeAt(origin))).toEqual(['ok', 'ok', 'model.mismatch'])
  })

  test('is not made known elsewhere by the policy of a request', () => {
    const request = definePolicy({
      name: 'request',
      origins: [first, { origin: third, addresses: ['10.0.0.0/8'], models: [declared] }],
    })
    expect(codeAt(third, [client, request])).toBe('model.mismatch')
  })
})

describe('the environment', () => {
  const off = { NODE_TLS_REJECT_UNAUTHORIZED: '0' }
  const guard = createGuard([domesticOnly()])

  test('is read again when the clock has moved on', () => {
    expect(guard.judgeEnvironment({}, 100)).toBeUndefined()
    expect(guard.judgeEnvironment(off, 100)).toBeUndefined()
    expect(guard.judgeEnvironment(off, 200)?.code).toBe('tls.verification_off')
  })

  test('that is refused is refused until it is in order', () => {
    expect(guard.judgeEnvironment(off, 300)?.code).toBe('tls.verification_off')
    expect(guard.judgeEnvironment(off, 300)?.code).toBe('tls.verification_off')
    expect(guard.judgeEnvironment({}, 300)).toBeUndefined()
  })

  test('is read each time without a clock', () => {
    expect(guard.judgeEnvironment({})).toBeUndefined()
    expect(guard.judgeEnvironment(off)?.code).toBe('tls.verification_off')
  })
})
