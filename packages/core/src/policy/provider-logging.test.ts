import { describe, expect, test } from 'vitest'
import type { OperationKind, ProviderLogging } from '../provider.ts'
import { createDeniedError } from './create-denied-error.ts'
import type { Decision } from './decision.ts'
import { definePolicy, type Policy } from './define-policy.ts'
import { createGuard } from './guard.ts'
import type { Intent } from './intent.ts'
import type { PolicyDocument } from './policy-document.ts'
import { domesticOnly } from './presets/domestic-only.ts'
import { rule } from './rule.ts'

const origin = 'https://llm.api.cloud.yandex.net'
const all: readonly ProviderLogging[] = ['off', 'on', 'cannot be switched off', 'not stated']

function intentOf(providerLogging: ProviderLogging, operation: OperationKind = 'chat'): Intent {
  return {
    operation,
    provider: 'yandexgpt',
    origins: [origin],
    stream: false,
    content: { messages: 1, characters: 1, images: 0, files: 0, remoteUrls: 0, remoteTools: [] },
    providerLogging,
    labels: {},
    dataClasses: [],
  }
}

/** Judged without a promise: no rule here is asynchronous. */
function judge(policies: readonly Policy[], intent: Intent): Decision {
  return createGuard(policies).judgeIntent(intent) as Decision
}

function define(sections: Omit<PolicyDocument, 'name'>): Policy {
  return definePolicy({ name: 'p', ...sections })
}

describe('providerLogging of a policy', () => {
  test.each(all)('a policy that lists only %s lets nothing else pass', (listed) => {
    const policy = define({ origins: [origin], providerLogging: [listed] })
    for (const stated of all) {
      const { verdict, code } = judge([policy], intentOf(stated))
      expect({ stated, verdict, code }).toEqual(
        stated === listed
          ? { stated, verdict: 'allow', code: 'ok' }
          : { stated, verdict: 'deny', code: 'data.provider_logging' },
      )
    }
  })

  test('an empty list lets nothing pass, no list everything', () => {
    for (const stated of all) {
      expect(judge([define({ origins: [origin], providerLogging: [] })], intentOf(stated)).verdict).toBe('deny')
      expect(judge([define({ origins: [origin] })], intentOf(stated)).verdict).toBe('allow')
    }
  })

  test('the finding states the operation and what the service does', () => {
    const policy = define({ origins: [origin], providerLogging: ['off'] })
    const decision = judge([policy], intentOf('cannot be switched off', 'image'))
    expect(decision.because.find(({ code }) => code !== 'ok')).toEqual({
      policy: 'p',
      rule: 'providerLogging',
      effect: 'forbid',
      code: 'data.provider_logging',
      facts: { operation: 'image', logging: 'cannot be switched off' },
    })
    const { message, hint } = createDeniedError(decision)
    expect(message).toContain('the service would store what it is sent')
    expect(hint).toContain("'cannot be switched off' в providerLogging")
  })

  test('credentials and lists of models hold no content: they are not asked for it', () => {
    const policy = define({ origins: [origin], providerLogging: ['off'] })
    const only = define({ providerLogging: ['off'] })
    for (const operation of ['token', 'models'] as const) {
      expect(judge([policy], intentOf('not stated', operation)).verdict).toBe('allow')
      expect(judge([domesticOnly(), only], intentOf('not stated', operation)).verdict).toBe('allow')
    }
  })

  test('of client and request each must let it pass: neither widens the other', () => {
    const strict = define({ origins: [origin], providerLogging: ['off'] })
    const lax = define({ origins: [origin], providerLogging: all })
    for (const policies of [
      [strict, lax],
      [lax, strict],
    ]) {
      expect(judge(policies, intentOf('on')).code).toBe('data.provider_logging')
      expect(judge(policies, intentOf('off')).code).toBe('ok')
    }
  })

  test('alone it narrows another policy, and beside other sections it permits nothing of itself', () => {
    const only = define({ providerLogging: ['off'] })
    expect(judge([domesticOnly(), only], intentOf('off')).verdict).toBe('allow')
    expect(judge([domesticOnly(), only], intentOf('on')).code).toBe('data.provider_logging')
    const silent = rule({ name: 'silent', version: '1', evaluate: () => 'abstain' })
    expect(judge([define({ rules: [silent], providerLogging: ['off'] })], intentOf('off')).code).toBe(
      'policy.no_permit',
    )
    const model = createGuard([domesticOnly()]).identify('yandexgpt', { id: 'x', catalogueId: 'x' }, [origin])
    const origins = define({ origins: [origin], providerLogging: ['off'] })
    expect(judge([origins], { ...intentOf('off'), model }).code).toBe('policy.no_permit')
  })

  test('it is part of the digest', () => {
    const digests = [undefined, [], ['off'], ['off', 'on']].map(
      (listed) => define(listed ? { providerLogging: listed as ProviderLogging[] } : {}).digest,
    )
    expect(new Set(digests).size).toBe(4)
  })
})
