import fc from 'fast-check'
import { expect, test } from 'vitest'
import { all, definePolicy } from './define-policy.ts'
import { createGuard, type Guard } from './guard.ts'
import type { ContentFacts, Intent, ModelIdentity } from './intent.ts'
import { domesticOnly } from './presets/domestic-only.ts'
import { rule } from './rule.ts'

const identity = (id: string, developer: ModelIdentity['developer']): ModelIdentity =>
  Object.freeze({ id, developer, weights: 'own', source: 'made up', asOf: '2026-11-28' })
const models = [identity('domestic', 'ru'), identity('abroad', 'foreign'), identity('nobody', 'unknown')]
const originLists = [['https://api.giga.chat'], ['https://example.com']].map((list) => Object.freeze(list))

const contents: fc.Arbitrary<ContentFacts> = fc.record(
  {
    messages: fc.nat(5),
    characters: fc.nat(100),
    images: fc.nat(1),
    files: fc.nat(1),
    remoteUrls: fc.nat(1),
    remoteTools: fc.subarray(['web-search']),
    personal: fc.constantFrom({}, { PHONE: 1 }),
  },
  { requiredKeys: ['messages', 'characters', 'images', 'files', 'remoteUrls', 'remoteTools'] },
)

const intents: fc.Arbitrary<Intent> = fc.record(
  {
    operation: fc.constantFrom('chat', 'embed', 'image'),
    provider: fc.constantFrom('gigachat', 'yandexgpt'),
    origins: fc.constantFrom(...originLists),
    stream: fc.boolean(),
    content: contents,
    providerLogging: fc.constantFrom('off', 'on', 'not stated'),
    labels: fc.constantFrom({}, { category: 'health' }),
    dataClasses: fc.subarray(['internal', 'health']),
    model: fc.constantFrom(...models),
  },
  {
    requiredKeys: ['operation', 'provider', 'origins', 'stream', 'content', 'providerLogging', 'labels', 'dataClasses'],
  },
)

const strict = definePolicy({
  name: 'strict',
  models: { developer: ['ru'], weights: ['own'] },
  providerLogging: ['off'],
  data: { special: 'deny' },
})

function judge(guard: Guard, intent: Intent): unknown {
  return guard.judgeIntent(intent)
}

test.each([
  ['domesticOnly', [domesticOnly()]],
  ['a policy on models, logging and data', [strict]],
  ['both, one in the other', [all(domesticOnly(), strict)]],
  ['both, one for the call', [domesticOnly(), strict]],
] as const)('%s says of each call what it says when it is asked for the first time', (_name, given) => {
  fc.assert(
    fc.property(fc.array(intents, { minLength: 1, maxLength: 40 }), (list) => {
      const guard = createGuard(given)
      for (const intent of list) expect(judge(guard, intent)).toEqual(judge(createGuard(given), intent))
    }),
  )
})

test('a rule of the caller is asked each time: it may look at anything', () => {
  const asked: number[] = []
  const short = rule({
    name: 'short',
    version: '1',
    evaluate: ({ content }) => {
      asked.push(content.characters)
      return content.characters > 10 ? 'forbid' : 'permit'
    },
  })
  const guard = createGuard([definePolicy({ name: 'own', rules: [short] })])
  const [model] = models
  const ask = (characters: number): unknown =>
    guard.judgeIntent({
      operation: 'chat',
      provider: 'gigachat',
      origins: originLists[0] as readonly string[],
      stream: false,
      content: { messages: 1, characters, images: 0, files: 0, remoteUrls: 0, remoteTools: [] },
      providerLogging: 'off',
      labels: {},
      dataClasses: [],
      model: model as ModelIdentity,
    })
  expect(ask(5)).toMatchObject({ verdict: 'allow' })
  expect(ask(50)).toMatchObject({ verdict: 'deny' })
  expect(asked).toEqual([5, 50])
})

test('calls of text alone share one decision', () => {
  const guard = createGuard([domesticOnly()])
  const intent = fc.sample(intents, 1)[0] as Intent
  const content = { messages: 1, characters: 6, images: 0, files: 0, remoteUrls: 0, remoteTools: [] }
  const about = { provider: 'gigachat', origins: originLists[0] as readonly string[], providerLogging: 'off' } as const
  const plain: Intent = { ...intent, ...about, model: models[0] as ModelIdentity, content, labels: {}, dataClasses: [] }
  expect(judge(guard, { ...plain, content: { ...content, characters: 600 } })).toBe(judge(guard, plain))
})

test('a refusal is made anew for each call', () => {
  const guard = createGuard([domesticOnly()])
  const [intent] = fc.sample(intents, 1) as [Intent]
  const content = { messages: 1, characters: 6, images: 0, files: 0, remoteUrls: 0, remoteTools: [] }
  const abroad: Intent = { ...intent, model: models[1] as ModelIdentity, content, labels: {}, dataClasses: [] }
  expect(judge(guard, abroad)).toMatchObject({ verdict: 'deny' })
  expect(judge(guard, abroad)).not.toBe(judge(guard, abroad))
})
