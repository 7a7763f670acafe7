import {
  all,
  BadRequestError,
  BudgetExceededError,
  CircuitOpenError,
  ConfigurationError,
  createClient,
  definePolicy,
  domesticOnly,
  rule,
  QueueFullError,
  type Budget,
} from '@shlyuz/core'
import { startEmulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { describe, expect, it } from 'vitest'
import { caught, collect } from './support.ts'

type Options = Omit<Parameters<typeof createClient>[0], 'providers' | 'network'>

async function start(options: Options = {}, gigachatOptions = {}) {
  const emulator = await startEmulator({ pace: 'instant', gigachat: gigachatOptions })
  const providers = [gigachat(emulator.gigachat), yandexgpt(emulator.yandexgpt)] as const
  const client = createClient({ providers, network: emulator.network, ...options })
  const asked = (service: string) =>
    emulator.requests.filter((one) => one.service === service && one.operation === 'chat').length
  return {
    emulator,
    client,
    asked,
    async [Symbol.asyncDispose]() {
      await client.close({ graceMs: 0 })
      await emulator.close()
    },
  }
}

const model = 'gigachat/GigaChat-2'

/** What a call ended in: its answer or its error. */
const outcomeOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error)

describe('slots', () => {
  it('an individual account gets one request at a time, and none is refused', async () => {
    await using world = await start({ retries: 0 })
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, at) => world.client.generateText({ model, prompt: `Вопрос ${at}` })),
    )
    expect(answers.every(({ attempts }) => attempts.length === 1)).toBe(true)
    expect(world.asked('gigachat')).toBe(8)
  })

  it('a full queue refuses at once, and says that it was us', async () => {
    await using world = await start({ retries: 0, limits: { queueLength: 1 } })
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'delay', ms: 300 })
    const calls = Array.from({ length: 4 }, () => outcomeOf(world.client.generateText({ model, prompt: 'Привет' })))
    const outcomes = await Promise.all(calls)
    const full = outcomes.filter((one) => QueueFullError.isInstance(one))
    expect(full).toHaveLength(2)
    expect(String(full[0])).toContain('slots')
    expect(world.asked('gigachat')).toBe(2)
  })

  it('an aborted call leaves the queue with its own reason, and no slot is lost', async () => {
    await using world = await start({ retries: 0 })
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'delay', ms: 200 })
    const controller = new AbortController()
    const first = world.client.generateText({ model, prompt: 'Раз' })
    const second = caught(world.client.generateText({ model, prompt: 'Два', signal: controller.signal }))
    await new Promise((resolve) => setTimeout(resolve, 50))
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await second).toBe(reason)
    await first
    expect((await world.client.generateText({ model, prompt: 'Три' })).text).not.toBe('')
    expect(world.asked('gigachat')).toBe(2)
  })

  it('a stream holds its slot to its end', async () => {
    await using world = await start({ retries: 0 })
    const streams = Array.from({ length: 3 }, () => world.client.streamText({ model, prompt: 'Расскажи о Байкале' }))
    const texts = await Promise.all(streams.map(collect))
    expect(texts.every((text) => text !== '')).toBe(true)
  })

  it('what another client of the account takes is learned from 429', async () => {
    await using world = await start({ limits: { slots: { gigachat: 4 } } }, { parallelStreams: 1 })
    const calls = Array.from({ length: 6 }, () => world.client.generateText({ model, prompt: 'Привет', retries: 5 }))
    expect((await Promise.all(calls)).every(({ text }) => text !== '')).toBe(true)
  })
})

describe('the breaker', () => {
  it('opens after failures in a row, fails fast, and lets one trial pass', async () => {
    await using world = await start({ retries: 0, limits: { breaker: { failures: 3, openMs: 400 } } })
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status: 503, times: 3 })
    for (let at = 0; at < 3; at++) await caught(world.client.generateText({ model, prompt: 'Привет' }))
    const open = await caught(world.client.generateText({ model, prompt: 'Привет' }))
    expect(open).toBeInstanceOf(CircuitOpenError)
    expect((open as CircuitOpenError).retryAfterMs).toBeGreaterThan(0)
    expect(world.asked('gigachat')).toBe(3)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect((await world.client.generateText({ model, prompt: 'Привет' })).text).not.toBe('')
    expect((await world.client.generateText({ model, prompt: 'Привет' })).text).not.toBe('')
  })

  it('is not moved by refusals of the request or the policy', async () => {
    await using world = await start({ retries: 0, limits: { breaker: { failures: 2 } } })
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status: 400, times: 4 })
    for (let at = 0; at < 4; at++) await caught(world.client.generateText({ model, prompt: 'Привет' }))
    await caught(world.client.generateText({ model: 'gigachat/Unknown', prompt: 'Привет' }))
    expect((await world.client.generateText({ model, prompt: 'Привет' })).text).not.toBe('')
  })
})

describe('rates', () => {
  it('requests wait for their interval', async () => {
    await using world = await start({ limits: { rates: { yandexgpt: { requests: { limit: 2, intervalMs: 1_000 } } } } })
    const since = performance.now()
    const ask = () => world.client.generateText({ model: 'yandexgpt/yandexgpt-5-lite', prompt: 'Привет' })
    await Promise.all([ask(), ask(), ask()])
    expect(performance.now() - since).toBeGreaterThan(700)
  })

  it('a wait past the deadline is refused before it begins', async () => {
    await using world = await start({
      limits: { rates: { yandexgpt: { requests: { limit: 1, intervalMs: 60_000 } } } },
    })
    const ask = () =>
      world.client.generateText({ model: 'yandexgpt/yandexgpt-5-lite', prompt: 'Привет', timeout: { totalMs: 2_000 } })
    await ask()
    expect(await caught(ask())).toMatchObject({ code: 'limit.too_late' })
  })
})

describe('routing', () => {
  it('a fallback takes a balance inside', async () => {
    await using world = await start({ retries: 0, limits: { breaker: false } })
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status: 503, times: 9 })
    const { client } = world
    const both = client.balance(['gigachat/GigaChat-2', 'gigachat/GigaChat-2-Max'])
    const answer = await client.generateText({
      model: client.fallback([both, 'yandexgpt/yandexgpt-5.1']),
      prompt: 'Привет',
    })
    expect(answer.model.provider).toBe('yandexgpt')
    expect(answer.attempts.map(({ provider }) => provider)).toEqual(['gigachat', 'yandexgpt'])
  })

  it('weights decide whom a balance asks', async () => {
    await using world = await start()
    const { client } = world
    const only = client.balance(['gigachat/GigaChat-2', 'yandexgpt/yandexgpt-5-lite'], { weights: [0, 1] })
    for (let at = 0; at < 5; at++) await client.generateText({ model: only, prompt: 'Привет' })
    expect([world.asked('gigachat'), world.asked('yandexgpt')]).toEqual([0, 5])
  })

  it.each(['generateText', 'streamText'] as const)(
    '%s hedges: the quicker answer counts, the other is ended and paid for',
    async (verb) => {
      await using world = await start({ retries: 0 })
      world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'delay', ms: 3_000 })
      const { client } = world
      const hedged = client.hedge(['gigachat/GigaChat-2', 'yandexgpt/yandexgpt-5-lite'], { delayMs: 50 })
      const since = performance.now()
      const options = { model: hedged, prompt: 'Привет' }
      const answer =
        verb === 'generateText' ? await client.generateText(options) : await client.streamText(options).result
      expect(performance.now() - since).toBeLessThan(2_500)
      expect(answer.model.provider).toBe('yandexgpt')
      expect(answer.attempts[0]).toMatchObject({ provider: 'gigachat', error: { code: 'hedge.lost' } })
      const alone = await client.generateText({ model: 'yandexgpt/yandexgpt-5-lite', prompt: 'Привет' })
      expect(Number(answer.cost?.amount)).toBeGreaterThan(Number(alone.cost?.amount))
      expect(answer.cost?.estimated).toBe(true)
    },
  )

  it('a hedge whose first target fails asks the second at once', async () => {
    await using world = await start({ retries: 0 })
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status: 503 })
    const { client } = world
    const hedged = client.hedge(['gigachat/GigaChat-2', 'yandexgpt/yandexgpt-5-lite'], { delayMs: 60_000 })
    expect((await client.generateText({ model: hedged, prompt: 'Привет' })).model.provider).toBe('yandexgpt')
  })

  it('other verbs follow a route, and vectors of different models are refused up front', async () => {
    await using world = await start({ retries: 0, limits: { breaker: false } })
    const { client } = world
    const counted = await client.countTokens({
      model: client.fallback(['gigachat/GigaChat-2', 'yandexgpt/yandexgpt-5-lite']),
      prompt: 'Сколько здесь токенов?',
    })
    expect(counted.tokens).toBeGreaterThan(0)
    const mixed = client.fallback(['gigachat/Embeddings-2', 'yandexgpt/text-search-doc'])
    expect(await caught(client.embed({ model: mixed, value: 'Обь' }))).toMatchObject({
      name: 'UnsupportedFeatureError',
    })
    expect(world.emulator.requests.some(({ operation }) => operation === 'embeddings')).toBe(false)
  })

  it('a hedge that fails ends both of its legs', async () => {
    await using world = await start({ retries: 0 })
    const { client, emulator } = world
    emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'delay', ms: 200 })
    emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status: 400 })
    emulator.fail({ service: 'yandexgpt', operation: 'chat', kind: 'delay', ms: 5_000 })
    const hedged = client.hedge([model, 'yandexgpt/yandexgpt-5-lite'], { delayMs: 20 })
    expect(await caught(client.generateText({ model: hedged, prompt: 'Привет' }))).toBeInstanceOf(BadRequestError)
    const since = performance.now()
    await client.close({ graceMs: 4_000 })
    expect(performance.now() - since).toBeLessThan(3_000)
  })

  it('every target is judged with its address before the first one is asked, for all verbs', async () => {
    const emulator = await startEmulator({ pace: 'instant' })
    const elsewhere = yandexgpt({ ...emulator.yandexgpt, name: 'elsewhere', baseUrl: 'https://elsewhere.example/v1' })
    const providers = [gigachat(emulator.gigachat), elsewhere] as const
    const client = createClient({ providers, network: emulator.network })
    const route = client.fallback([model, 'elsewhere/yandexgpt-5-lite'])
    const prompt = 'Привет'
    expect(await caught(client.countTokens({ model: route, prompt }))).toMatchObject({ code: 'fallback.not_allowed' })
    expect(await caught(client.generateText({ model: route, prompt }))).toMatchObject({ code: 'fallback.not_allowed' })
    expect(emulator.requests).toHaveLength(0)
    await client.close()
    await emulator.close()
  })

  it.each([
    { type: 'hedge', targets: [model], delayMs: 1 },
    { type: 'hedge', targets: [model, 'yandexgpt/yandexgpt-5-lite'], delayMs: Number.NaN },
    { type: 'fallback', targets: [] },
    { type: 'balance', targets: [model, 'yandexgpt/yandexgpt-5-lite'], weights: [1] },
    { type: 'roulette', targets: [model, 'yandexgpt/yandexgpt-5-lite'] },
  ])('a value from outside is checked: %j', async (value) => {
    await using world = await start()
    expect(await caught(world.client.generateText({ model: value as never, prompt: 'Привет' }))).toBeInstanceOf(
      ConfigurationError,
    )
  })

  it.each([
    ['no targets', (client: ReturnType<typeof createClient>) => client.balance([])],
    [
      'one weight for two targets',
      (client: ReturnType<typeof createClient>) => client.balance([model, 'gigachat/GigaChat-2-Max'], { weights: [1] }),
    ],
    [
      'weights of nothing',
      (client: ReturnType<typeof createClient>) =>
        client.balance([model, 'gigachat/GigaChat-2-Max'], { weights: [0, 0] }),
    ],
    [
      'a hedge without a delay',
      (client: ReturnType<typeof createClient>) => client.hedge([model, 'gigachat/GigaChat-2-Max'], {} as never),
    ],
    [
      'an unknown provider inside',
      (client: ReturnType<typeof createClient>) => client.balance([model, 'nobody/model']),
    ],
  ])('refuses %s', async (_what, make) => {
    await using world = await start()
    expect(() => make(world.client as never)).toThrow(ConfigurationError)
  })
})

describe('budgets', () => {
  const purse: Budget = { name: 'crm', amount: '0.5', period: 'day' }

  it('request N+1 is refused before it is sent, also of many at once', async () => {
    await using world = await start({ budgets: [purse] })
    const ask = () =>
      world.client.generateText({ model: 'yandexgpt/yandexgpt-5-lite', prompt: 'Привет', maxOutputTokens: 500 })
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => outcomeOf(ask())))
    const refused = outcomes.filter((one) => BudgetExceededError.isInstance(one))
    expect(refused.length).toBeGreaterThan(0)
    expect(world.asked('yandexgpt')).toBe(30 - refused.length)
    // What was set aside and not spent can be spent by later calls: until none is left for another one.
    let more = 0
    while (more < 200 && !BudgetExceededError.isInstance(await outcomeOf(ask()))) more++
    expect(more).toBeLessThan(200)
    const before = world.asked('yandexgpt')
    expect(await caught(ask())).toBeInstanceOf(BudgetExceededError)
    expect(world.asked('yandexgpt')).toBe(before)
  })

  it('a label has a purse of its own', async () => {
    await using world = await start({ budgets: [{ ...purse, amount: '0.2', per: 'system' }] })
    const ask = (system: string) =>
      world.client.generateText({
        model: 'yandexgpt/yandexgpt-5-lite',
        prompt: 'Привет',
        maxOutputTokens: 900,
        labels: { system },
      })
    let count = 0
    while (count < 100 && !BudgetExceededError.isInstance(await outcomeOf(ask('crm')))) count++
    expect(count).toBeLessThan(100)
    expect((await ask('desk')).text).not.toBe('')
  })

  it('warns once, and refuses a model without a price', async () => {
    const warnings: string[] = []
    await using world = await start({
      budgets: [{ ...purse, warnAt: 0.1 }],
      onWarning: ({ code }) => warnings.push(code),
    })
    const ask = () =>
      world.client.generateText({ model: 'yandexgpt/yandexgpt-5-lite', prompt: 'Привет', maxOutputTokens: 400 })
    await ask()
    await ask()
    expect(warnings).toEqual(['budget-warning'])
    const unpriced = await caught(world.client.generateText({ model: 'gigachat/GigaChat', prompt: 'Привет' }))
    expect(unpriced).toMatchObject({ code: 'limit.no_price' })
  })

  it('a package paid in advance is not passed, and its balance is asked once', async () => {
    await using world = await start({ prepaid: { providers: ['gigachat'] } })
    const ask = (maxOutputTokens: number) => world.client.generateText({ model, prompt: 'Привет', maxOutputTokens })
    expect((await ask(100)).text).not.toBe('')
    expect(await outcomeOf(ask(2_000_000))).toMatchObject({ name: 'BudgetExceededError', code: 'limit.prepaid' })
    expect((await ask(100)).text).not.toBe('')
    expect(world.emulator.requests.filter(({ operation }) => operation === 'balance')).toHaveLength(1)
    expect(world.asked('gigachat')).toBe(2)
  })

  it('an account that pays as it goes has no package to pass', async () => {
    await using world = await start({ prepaid: { providers: ['gigachat'] } }, { scope: 'GIGACHAT_API_CORP' })
    const answer = await world.client.generateText({ model, prompt: 'Привет', maxOutputTokens: 2_000 })
    expect(answer.text).not.toBe('')
  })

  it('own price lines rule, and check gives an estimate', async () => {
    const line = {
      inputPerMillion: '1000000',
      outputPerMillion: '0',
      vatIncluded: true,
      source: 'contract',
      asOf: '2026-01-01',
    }
    await using world = await start({ prices: { 'gigachat/GigaChat-2': { prices: [line] } } })
    const [target] = await world.client.check({ model, prompt: 'Привет' })
    expect(target?.estimate).toMatchObject({ amount: '3', estimated: true, source: 'contract' })
    const { usage, cost } = await world.client.generateText({ model, prompt: 'Привет' })
    expect(cost).toMatchObject({
      amount: String(usage.inputTokens),
      source: 'contract',
    })
  })

  it.each([
    { budgets: 'x' },
    { budgets: [{ name: 'a b', amount: '1', period: 'day' }] },
    { budgets: [{ name: 'a', amount: 1, period: 'day' }] },
    { budgets: [{ name: 'a', amount: '0', period: 'day' }] },
    { budgets: [{ name: 'a', amount: '1', period: 'week' }] },
    { budgets: [{ name: 'a', amount: '1', period: 'day', warnAt: 2 }] },
    { budgets: [{ name: 'a', amount: '1', period: 'day', providers: ['nobody'] }] },
    { budgets: [{ name: 'a', amount: '1', period: 'day', unpriced: 'maybe' }] },
    { budgets: [purse, purse] },
    { limits: { slots: { nobody: 1 } } },
    { limits: { slots: { gigachat: 0 } } },
    { limits: { breaker: true } },
    { limits: { breaker: { failures: 0 } } },
    { limits: { queueLength: -1 } },
    { limits: { rates: { gigachat: { requests: { limit: 1 } } } } },
    { limits: { store: {} } },
    { limits: { whenStoreFails: 'panic' } },
    { limits: { slot: {} } },
    { prepaid: { providers: ['yandexgpt'] } },
    { prepaid: { providers: [] } },
    { prepaid: { providers: ['gigachat'], refreshMs: -1 } },
    { prices: { gigachat: { prices: [] } } },
    { prices: { 'gigachat/x': { prices: [{ inputPerMillion: 1 }] } } },
  ])('createClient refuses %j', (options) => {
    expect(() => createClient({ providers: [gigachat(), yandexgpt()], ...(options as object) })).toThrow(
      ConfigurationError,
    )
  })

  it('calls that were sent and left count as spent', async () => {
    await using world = await start({ budgets: [{ ...purse, amount: '0.2' }], limits: { breaker: false } })
    const target = 'yandexgpt/yandexgpt-5-lite'
    const ask = async () => {
      world.emulator.fail({ service: 'yandexgpt', operation: 'chat', kind: 'delay', ms: 400 })
      const controller = new AbortController()
      const call = world.client.generateText({
        model: target,
        prompt: 'Привет',
        maxOutputTokens: 900,
        signal: controller.signal,
      })
      setTimeout(() => controller.abort(), 100)
      return outcomeOf(call)
    }
    expect(BudgetExceededError.isInstance(await ask())).toBe(false)
    expect(await ask()).toBeInstanceOf(BudgetExceededError)
    expect(world.asked('yandexgpt')).toBe(1)
  })

  it('a warning that throws fails no call and loses no ruble', async () => {
    await using world = await start({
      budgets: [{ ...purse, warnAt: 0 }],
      onWarning: () => {
        throw new Error('no')
      },
    })
    const options = { model: 'yandexgpt/yandexgpt-5-lite', prompt: 'Привет', maxOutputTokens: 1_500 }
    for (let at = 0; at < 5; at++) expect((await world.client.generateText(options)).text).not.toBe('')
  })

  it('a balance is asked for under a decision of its own', async () => {
    const policy = definePolicy({
      name: 'no-account',
      rules: [
        rule({
          name: 'chat-only',
          version: '1',
          evaluate: ({ operation }) => (operation === 'other' ? 'forbid' : 'permit'),
        }),
      ],
    })
    await using world = await start({ prepaid: { providers: ['gigachat'] }, policy: all(domesticOnly(), policy) })
    const error = await outcomeOf(world.client.generateText({ model, prompt: 'Привет' }))
    expect(error).toMatchObject({ name: 'PolicyDeniedError', code: 'policy.forbidden' })
    expect(world.emulator.requests.filter(({ operation }) => operation !== 'token')).toHaveLength(0)
  })

  it('the abort of one call leaves others to the balance they share', async () => {
    await using world = await start({ prepaid: { providers: ['gigachat'] } })
    world.emulator.fail({ service: 'gigachat', operation: 'balance', kind: 'delay', ms: 300 })
    const controller = new AbortController()
    const first = outcomeOf(world.client.generateText({ model, prompt: 'Раз', signal: controller.signal }))
    const second = world.client.generateText({ model, prompt: 'Два' })
    const third = outcomeOf(world.client.generateText({ model, prompt: 'Три', timeout: { totalMs: 100 } }))
    await new Promise((resolve) => setTimeout(resolve, 50))
    const reason = new Error('of the first alone')
    controller.abort(reason)
    expect(await first).toBe(reason)
    expect(await third).toMatchObject({ name: 'TimeoutError', phase: 'total' })
    expect((await second).text).not.toBe('')
  })

  it('a priority that is none is refused', async () => {
    await using world = await start()
    expect(
      await caught(world.client.generateText({ model, prompt: 'Привет', priority: 'urgent' as never })),
    ).toBeInstanceOf(ConfigurationError)
  })
})
