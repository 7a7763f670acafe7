import {
  all,
  definePolicy,
  masker,
  observe,
  rule,
  type ModelDeclaration,
  type Policy,
  type PolicyDocument,
} from '@shlyuz/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Decision } from '../../packages/core/src/policy/decision.ts'
import { createGuard, type Guard } from '../../packages/core/src/policy/guard.ts'
import type { Intent } from '../../packages/core/src/policy/intent.ts'

const bounded = { seed: 20261128, numRuns: 300 }

const finder = masker({
  name: 'nothing',
  version: '1',
  find: () => [],
  open: () => {
    const restorer = { push: (piece: string) => piece, end: () => '' }
    const same = (text: string): string => text
    return { mask: same, restore: same, createRestorer: () => restorer, counts: {}, values: () => ({}) }
  },
})

// Documents: of few words, so that they meet.

const listed = 'https://a.example'
const other = 'https://b.example:8443'
const literal = 'https://10.20.0.4'
const ids = ['GigaChat-2-Max', 'GigaChat-3-Ultra', 'ours']
const cidrs = fc.uniqueArray(fc.constantFrom('10.20.0.0/16', '84.201.128.0/18'))
const some = <T>(...words: T[]) => fc.uniqueArray(fc.constantFrom(...words))

const declaration: fc.Arbitrary<ModelDeclaration> = fc.record({
  id: fc.constantFrom(...ids),
  developer: fc.constantFrom('ru' as const, 'foreign' as const, 'unknown' as const),
  weights: fc.constantFrom('own' as const, 'adapted-foreign' as const),
  source: fc.constant('ours'),
  asOf: fc.constant('2026-11-28'),
})
const declarations = fc.uniqueArray(declaration, { maxLength: 2, selector: ({ id }) => id })
const own = (origin: string) =>
  fc.record({ origin: fc.constant(origin), addresses: cidrs, models: declarations }, { requiredKeys: ['origin'] })
const origins = fc
  .tuple(fc.option(fc.oneof(fc.constant(listed), own(listed))), fc.option(own(other)), fc.option(fc.constant(literal)))
  .map((given) => given.filter((one) => one !== null))

const ruling = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('permit' as const, 'permit' as const, 'abstain' as const, 'forbid' as const),
  },
  fc
    .constantFrom('mask' as const, 'local-model' as const)
    .map((kind) => ({ effect: 'permit' as const, obligations: [{ kind }] })),
  fc.constantFrom('1', '2').map((value) => ({
    effect: 'permit' as const,
    obligations: [{ kind: 'header' as const, name: 'x-purpose', value }],
  })),
)
const rules = fc
  .array(ruling, { maxLength: 3 })
  .map((given) => given.map((answer, index) => rule({ name: `r${index}`, version: '1', evaluate: () => answer })))

const sections = {
  origins,
  addresses: fc.record({ classes: some('global' as const), cidrs }, { requiredKeys: [] }),
  models: fc.record({
    developer: fc.oneof(fc.constant(['*']), some('ru', 'foreign')),
    weights: fc.oneof(fc.constant(['*']), some('own', 'adapted-foreign', 'undisclosed')),
  }),
  remote: some('links', 'web_search'),
  providerLogging: some('off' as const, 'on' as const),
  data: fc.record(
    {
      personal: fc.constantFrom('mask' as const, 'deny' as const, 'report' as const),
      special: fc.constantFrom('deny' as const, 'allow' as const),
      masker: fc.constant(finder),
    },
    { requiredKeys: ['masker'] },
  ),
  audit: fc.constantFrom('required' as const, 'strict' as const),
  rules,
}
const withoutCatalogue: fc.Arbitrary<PolicyDocument> = fc.record(
  { name: fc.constant('p'), ...sections },
  { requiredKeys: ['name'] },
)
const documents = fc.tuple(withoutCatalogue, declarations).map(([document, models]): PolicyDocument => {
  const catalogue = models.map((one) => ({ provider: 'gigachat', ...one }))
  return document.models && catalogue.length > 0 ? { ...document, catalogue } : document
})

// What is asked of them.

interface Wish {
  readonly intent: Omit<Intent, 'model'>
  readonly model: string | undefined
  readonly url: string
  readonly addresses: readonly string[]
  readonly audit: 'none' | 'lenient' | 'strict'
}

const wishes: fc.Arbitrary<Wish> = fc.record({
  intent: fc.record({
    operation: fc.constantFrom('chat' as const, 'embed' as const, 'token' as const),
    provider: fc.constant('gigachat'),
    origins: fc.constantFrom([listed], [other], [listed, other], []),
    stream: fc.boolean(),
    content: fc.record(
      {
        messages: fc.constant(1),
        characters: fc.constant(6),
        images: fc.constantFrom(0, 0, 1),
        files: fc.constant(0),
        remoteUrls: fc.constantFrom(0, 0, 1),
        remoteTools: fc.constantFrom([], [], ['web_search']),
        personal: fc.constantFrom({}, { PHONE: 1 }),
      },
      { requiredKeys: ['messages', 'characters', 'images', 'files', 'remoteUrls', 'remoteTools'] },
    ),
    providerLogging: fc.constantFrom('off' as const, 'on' as const),
    labels: fc.constantFrom({}, {}, { category: 'internal' }, { category: 'health' }),
    dataClasses: fc.constantFrom([], [], ['internal'], ['biometrics']),
  }),
  model: fc.constantFrom(undefined, ...ids),
  url: fc.constantFrom(
    `${listed}/x`,
    `${other}/`,
    `${literal}/`,
    'https://evil.example/',
    'http://a.example/',
    'https://A.example./',
  ),
  addresses: fc.constantFrom(
    ['84.201.181.26'],
    ['10.20.0.4'],
    ['10.0.0.5'],
    ['84.201.181.26', '10.20.0.4'],
    ['95.108.200.10'],
    [],
  ),
  audit: fc.constantFrom('none' as const, 'strict' as const),
})

const request = { credentialOnly: false, method: 'POST', hasBody: true }
const depths = ['intent', 'url', 'addresses'] as const
type Outcome = Readonly<Record<(typeof depths)[number], Decision | undefined>>

const guardOf = (wish: Wish, ...policies: Policy[]): Guard => createGuard(policies, { audit: wish.audit })

/** What a guard says at the three depths. No rule here is asynchronous. */
function judge(guard: Guard, wish: Wish, knownBy = guard): Outcome {
  const { model: id, intent, url, addresses } = wish
  const model = id === undefined ? undefined : knownBy.identify('gigachat', { id, catalogueId: id }, intent.origins)
  return {
    intent: guard.judgeIntent({ ...intent, ...(model && { model }) }) as Decision,
    url: guard.judgeUrl(url, { ...request, ...(model && { model }) }).decision,
    addresses: guard.judgeAddresses(new URL(url).hostname, addresses, 'target'),
  }
}

/** Verdicts and reasons alone. */
function summary(outcome: Outcome): string {
  return depths.map((depth) => `${outcome[depth]?.verdict ?? 'allow'} ${outcome[depth]?.code ?? 'ok'}`).join(', ')
}

function isDenied(decision: Decision | undefined): boolean {
  return decision?.verdict === 'deny'
}

/** What only the nesting can say: another part may fulfil a demand, and a part without origins has no say on them. */
function standsAlone(decision: Decision | undefined): boolean {
  return (
    decision?.code !== 'policy.obligation_unmet' && !(decision?.depth === 'url' && decision.code === 'policy.no_permit')
  )
}

describe('the order does not matter', () => {
  test.each(['rules', 'origins', 'catalogue', 'remote', 'providerLogging'] as const)('of %s', (section) => {
    fc.assert(
      fc.property(documents, wishes, (document, wish) => {
        const turned = { ...document, ...(document[section] && { [section]: document[section].toReversed() }) }
        const [one, two] = [document, turned].map((given) => judge(guardOf(wish, definePolicy(given)), wish))
        expect(summary(two as Outcome)).toBe(summary(one as Outcome))
      }),
      bounded,
    )
  })

  test('of keys: the digest and every decision are the same to the last word', () => {
    fc.assert(
      fc.property(documents, wishes, (document, wish) => {
        const guard = guardOf(wish, definePolicy(document))
        const turned = guardOf(wish, definePolicy(turnKeys(document) as PolicyDocument))
        expect(turned.digest).toBe(guard.digest)
        expect(turned.networkDigest).toBe(guard.networkDigest)
        expect(judge(turned, wish)).toEqual(judge(guard, wish))
        expect(judge(guard, wish)).toEqual(judge(guard, wish))
      }),
      bounded,
    )
  })
})

describe('nothing that is added allows more', () => {
  test('a rule that forbids', () => {
    const forbid = rule({ name: 'no', version: '1', evaluate: () => 'forbid' })
    fc.assert(
      fc.property(documents, wishes, fc.nat(3), (document, wish, at) => {
        const more = definePolicy({ ...document, rules: (document.rules ?? []).toSpliced(at, 0, forbid) })
        const before = judge(guardOf(wish, definePolicy(document)), wish)
        const after = judge(guardOf(wish, more), wish)
        expect(isDenied(after.intent)).toBe(true)
        expect(summary(after).split(', ').slice(1)).toEqual(summary(before).split(', ').slice(1))
      }),
      bounded,
    )
  })

  test('the policy of a request', () => {
    fc.assert(
      fc.property(documents, documents, wishes, (outer, inner, wish) => {
        const client = definePolicy(outer)
        const alone = judge(guardOf(wish, client), wish)
        const nested = judge(guardOf(wish, client, definePolicy(inner)), wish)
        for (const depth of depths) {
          // A client without origins lets nothing be sent; a request cannot change that, but it can speak of them.
          if (isDenied(alone[depth]) && (outer.origins ?? depth !== 'url')) expect(isDenied(nested[depth])).toBe(true)
        }
      }),
      { ...bounded, numRuns: 1_000 },
    )
  })

  test('a further part: what one part refuses, all refuse, in either order', () => {
    fc.assert(
      fc.property(documents, documents, wishes, (one, two, wish) => {
        const parts = [definePolicy(one), definePolicy(two)] as const
        for (const policy of [all(parts[0], parts[1]), all(parts[1], parts[0])]) {
          const guard = guardOf(wish, policy)
          const together = judge(guard, wish)
          for (const part of parts) {
            const alone = judge(guardOf(wish, part), wish, guard)
            for (const depth of depths) {
              if (isDenied(alone[depth]) && standsAlone(alone[depth])) expect(isDenied(together[depth])).toBe(true)
            }
          }
        }
      }),
      { ...bounded, numRuns: 1_000 },
    )
  })

  test('a part that only observes', () => {
    fc.assert(
      fc.property(documents, documents, wishes, fc.boolean(), (enforced, observed, wish, isFirst) => {
        const strict = definePolicy(enforced)
        const watching = observe(definePolicy(observed))
        const guard = guardOf(wish, isFirst ? all(watching, strict) : all(strict, watching))
        const alone = judge(guardOf(wish, strict), wish, guard)
        const together = judge(guard, wish)
        for (const depth of depths) {
          if (isDenied(alone[depth]) && standsAlone(alone[depth])) expect(isDenied(together[depth])).toBe(true)
        }
        expect(together.intent?.mode).toBe('enforce')
      }),
      bounded,
    )
  })
})

describe('a policy stays what it was', () => {
  test('whatever happens to its document afterwards', () => {
    fc.assert(
      fc.property(documents, wishes, (document, wish) => {
        const copy = structuredCloneOf(document)
        const policy = definePolicy(copy as PolicyDocument)
        const { digest } = policy
        const before = judge(guardOf(wish, policy), wish)
        spoil(copy)
        expect(policy.digest).toBe(digest)
        expect(judge(guardOf(wish, policy), wish)).toEqual(before)
      }),
      bounded,
    )
  })

  const polluted: readonly (readonly [string, unknown])[] = [
    ['mode', 'observe'], ['mode', 'enforce'], ['observeUntil', '2099-12-31'], ['until', '2099-12-31'], ['name', 'evil'],
    ['origins', ['https://evil.example']], ['also', ['https://evil.example']], ['addresses', { cidrs: ['0.0.0.0/0'] }],
    ['cidrs', ['0.0.0.0/0']], ['classes', ['global']], ['pins', {}], ['ranges', { has: () => true }], ['global', true],
    ['models', { developer: ['*'], weights: ['*'] }], ['developer', ['*']], ['weights', ['*']], ['catalogue', []],
    ['remote', ['links']], ['providerLogging', ['on']], ['data', { personal: 'report' }], ['personal', {}],
    ['special', 'allow'], ['masker', finder], ['audit', 'strict'], ['rules', []], ['proxy', { mode: 'none' }],
    ['ca', 'x'], ['url', new URL('https://evil.example/')], ['credentialOnly', true], ['would', 'deny'],
    ['verdict', 'allow'], ['effect', 'permit'], ['code', 'ok'], ['finding', undefined], ['facts', { effect: 'permit' }],
    ['obligations', [{ kind: 'header', name: 'x-evil', value: '1' }]], ['level', 'meta'], ['tuned', 'evil'],
    ['agreed', true], ['value', 'x'], ['hasUserinfo', false], ['timeLimitMs', 1], ['images', 0], ['category', 'internal'],
  ] // oxfmt-ignore

  test.each(polluted)('with Object.prototype.%s as %j', (key, value) => {
    fc.assert(
      fc.property(documents, wishes, fc.boolean(), (document, wish, isObserved) => {
        const make = (): readonly [string, string, unknown] => {
          const policy = isObserved ? observe(definePolicy(document), { until: '2026-01-31' }) : definePolicy(document)
          const guard = guardOf(wish, policy)
          const outcome = judge(guard, wish)
          return [guard.digest, summary(outcome), outcome.intent?.obligations]
        }
        const clean = make()
        const guard = guardOf(wish, definePolicy(document))
        const before = summary(judge(guard, wish))
        const [dirty, after] = pollute(key, value, () => [make(), summary(judge(guard, wish))] as const)
        expect(dirty).toEqual(clean)
        expect(after).toBe(before)
      }),
      { ...bounded, numRuns: 40 },
    )
  })
})

describe('observing never relaxes', () => {
  const proxy = {
    mode: 'explicit',
    origin: 'http://egress.example:3128',
    addresses: { cidrs: ['10.1.0.0/24'] },
  } as const
  const spellings = [
    'https://u@a.example/', 'https://@evil.example/', 'https://a.example./', 'https://evil.example.:443/', 'http://a.example/',
    'ftp://a.example/', 'https://a%2eexample/', 'https://evil%2eexample/', 'https:a.example/', 'https:///a.example/',
    'https://a.example\\@evil.example/', ' https://a.example/', 'https://a.exa\tmple/', 'https://\uff41.example/', 'nonsense', '',
  ] // oxfmt-ignore
  const headers = [
    { host: 'evil.example' },
    { 'transfer-encoding': 'chunked' },
    { 'x-note': 'a\r\nb' },
    { 'proxy-x': '1' },
  ]
  const environments = [
    { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://evil.example:3128' },
    { NODE_OPTIONS: '--use-env-proxy', ALL_PROXY: 'http://evil.example:3128' },
  ]

  test('spelling, headers, the process, redirects, the peer, the pool, the proxy', () => {
    fc.assert(
      fc.property(documents, fc.boolean(), (given, hasProxy) => {
        const document = { ...given, origins: given.origins ?? [listed], ...(hasProxy && { proxy }) }
        const strict = createGuard([definePolicy(document)])
        const watching = createGuard([observe(definePolicy(document))])
        const of = (guard: Guard): readonly (Decision | undefined)[] => [
          ...spellings.map((url) => guard.judgeUrl(url, request).decision),
          ...headers.map((header) => guard.judgeHeaders(header as Record<string, string>)),
          ...environments.map((env) => guard.judgeEnvironment(env)),
          guard.redirected(307),
          guard.judgePeer(['84.201.181.26'], '10.0.0.9'),
          guard.judgePeer(['84.201.181.26'], undefined),
          guard.judgeReuse('sha256:other'),
          guard.judgeReuse(undefined),
          guard.judgeAddresses('a.example', [], 'target'),
          guard.judgeAddresses('egress.example', ['10.9.0.7'], 'proxy'),
        ]
        const codes = of(strict).map((decision) => `${decision?.verdict} ${decision?.code}`)
        expect(codes.filter((code) => !code.startsWith('deny'))).toEqual(
          (document.addresses ?? hasProxy ?? document.origins) ? [] : [],
        )
        expect(of(watching).map((decision) => `${decision?.verdict} ${decision?.code}`)).toEqual(codes)
        expect(watching.judgeReuse(strict.networkDigest)?.code).toBe('socket.pool_scope')
      }),
      bounded,
    )
  })
})

// Helpers.

/** Assigned and taken away again at once: nothing else runs meanwhile. */
function pollute<T>(key: string, value: unknown, work: () => T): T {
  const prototype = Object.prototype as Record<string, unknown>
  prototype[key] = value
  try {
    return work()
  } finally {
    delete prototype[key]
  }
}

/** Rules and maskers are what was made: they stay. */
function isMade(value: object): boolean {
  return Object.values(value).some((inner) => typeof inner === 'function')
}

function turnKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turnKeys)
  if (typeof value !== 'object' || value === null || isMade(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, turnKeys(inner)]),
  )
}

function structuredCloneOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(structuredCloneOf)
  if (typeof value !== 'object' || value === null || isMade(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, structuredCloneOf(inner)]))
}

/** Takes out, puts in and replaces whatever can be reached. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null || isMade(value)) return
  for (const inner of Object.values(value)) spoil(inner)
  if (Array.isArray(value)) value.splice(0, 1, 'https://evil.example', '0.0.0.0/0', '*')
  else Object.assign(value, { mode: 'observe', origin: 'https://evil.example', developer: '*' })
}
