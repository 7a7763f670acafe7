import type { Decision } from '../../packages/core/src/policy/decision.ts'
import type { Guard } from '../../packages/core/src/policy/guard.ts'

/** The checks of the policy, by the depth they belong to. */
export const depths = {
  intent: ['judgeIntent'],
  url: ['judgeUrl', 'judgeHeaders'],
  socket: ['judgeEnvironment', 'judgeAddresses', 'judgePeer', 'judgeReuse'],
  response: ['redirected', 'judgeAnsweredModel'],
} as const satisfies Readonly<Record<string, readonly (keyof Guard)[]>>

export type Check = (typeof depths)[keyof typeof depths][number]

/** The same guard without some of its checks: they find nothing to refuse. */
export function switchOff(guard: Guard, checks: readonly Check[]): Guard {
  const allow = (depth: Decision['depth']): Decision => ({
    verdict: 'allow',
    code: 'ok',
    because: [],
    obligations: [],
    depth,
    mode: 'enforce',
    policy: { name: guard.name, digest: guard.digest },
  })
  const off: Pick<Guard, Check> = {
    judgeIntent: () => allow('intent'),
    judgeUrl: (spelled) => {
      const url = URL.parse(spelled)
      return { decision: allow('url'), ...(url && { url, origin: url.origin }) }
    },
    judgeHeaders: () => undefined,
    judgeEnvironment: () => undefined,
    judgeAddresses: () => undefined,
    judgePeer: () => undefined,
    judgeReuse: () => undefined,
    redirected: () => allow('response'),
    judgeAnsweredModel: () => undefined,
  }
  return new Proxy(guard, {
    get(target, name) {
      if ((checks as readonly PropertyKey[]).includes(name)) return off[name as Check]
      // Private fields belong to the guard itself, not to what stands before it.
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
