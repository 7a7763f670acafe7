import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BudgetExceededError } from '../errors/budget-exceeded-error.ts'
import type { Warning } from '../vocabulary/warnings.ts'
import { Budgets, type Budget, type Spending } from './budgets.ts'
import { MemoryStore } from './memory-store.ts'
import type { SharedStore } from './shared-store.ts'

beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-11-28T12:00:00.000Z') }))
afterEach(() => void vi.useRealTimers())

const day: Budget = { name: 'crm', amount: '1', period: 'day' }

function spend(micros: number | undefined, more: Partial<Spending> = {}): Spending {
  return { provider: 'gigachat', model: 'GigaChat-2', labels: {}, micros, ...more }
}

function create(budgets: readonly Budget[], store?: SharedStore) {
  const warnings: Warning[] = []
  return { warnings, budgets: new Budgets(budgets, store, (warning) => warnings.push(warning)) }
}

async function outcomeOf(work: Promise<unknown>): Promise<unknown> {
  return work.catch((error: unknown) => error)
}

describe('setting aside', () => {
  it('refuses the call that could pass the budget, and says what is left and what it may cost', async () => {
    const { budgets } = create([day])
    await budgets.setAside(spend(700_000))
    const refusal = await outcomeOf(budgets.setAside(spend(300_001)))
    expect(refusal).toBeInstanceOf(BudgetExceededError)
    expect(refusal).toMatchObject({ code: 'limit.budget', isRetryable: false })
    expect(String(refusal)).toContain('0.3 left')
    expect(String(refusal)).toContain('0.300001')
    expect(await outcomeOf(budgets.setAside(spend(300_000)))).not.toBeInstanceOf(Error)
  })

  it('of a hundred calls at the same time no more pass than there is money for', async () => {
    const { budgets } = create([day])
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => outcomeOf(budgets.setAside(spend(90_000)))))
    expect(outcomes.filter((one) => !(one instanceof Error))).toHaveLength(11)
  })

  it('gives back what was not spent, and counts the whole when nobody knows what was', async () => {
    const { budgets } = create([day])
    const known = await budgets.setAside(spend(900_000))
    await known?.settle(100_000)
    const unknown = await budgets.setAside(spend(500_000))
    await unknown?.settle(undefined)
    expect(await outcomeOf(budgets.setAside(spend(400_001)))).toBeInstanceOf(BudgetExceededError)
    expect(await outcomeOf(budgets.setAside(spend(400_000)))).not.toBeInstanceOf(Error)
  })

  it('a call that one of several budgets refuses takes nothing from the others', async () => {
    const { budgets } = create([
      { name: 'wide', amount: '10', period: 'month' },
      { name: 'narrow', amount: '1', period: 'hour' },
    ])
    for (let count = 0; count < 20; count++) {
      expect(await outcomeOf(budgets.setAside(spend(1_000_001)))).toBeInstanceOf(BudgetExceededError)
    }
    const last = await budgets.setAside(spend(1_000_000))
    await last?.settle(0)
    // Ten rubles are still there: the refused calls left them.
    await vi.advanceTimersByTimeAsync(0)
    for (let count = 0; count < 10; count++) {
      await budgets.setAside(spend(1_000_000))
      await vi.advanceTimersByTimeAsync(3_600_000)
    }
    expect(String(await outcomeOf(budgets.setAside(spend(1))))).toContain("budget 'wide'")
  })

  it('begins anew with the period', async () => {
    const { budgets } = create([day])
    await budgets.setAside(spend(1_000_000))
    expect(await outcomeOf(budgets.setAside(spend(1)))).toBeInstanceOf(BudgetExceededError)
    await vi.advanceTimersByTimeAsync(12 * 3_600_000)
    expect(await outcomeOf(budgets.setAside(spend(1_000_000)))).not.toBeInstanceOf(Error)
  })

  it('what is settled after midnight is settled where it was set aside', async () => {
    const { budgets } = create([day])
    const late = await budgets.setAside(spend(1_000_000))
    await vi.advanceTimersByTimeAsync(12 * 3_600_000)
    await late?.settle(0)
    expect(await outcomeOf(budgets.setAside(spend(1_000_000)))).not.toBeInstanceOf(Error)
    // Nothing was given back to the new day, which had given nothing.
    expect(await outcomeOf(budgets.setAside(spend(1)))).toBeInstanceOf(BudgetExceededError)
  })
})

describe('whose budget it is', () => {
  it('other providers are free of it', async () => {
    const { budgets } = create([{ ...day, providers: ['gigachat'] }])
    expect(await budgets.setAside(spend(9_000_000, { provider: 'yandexgpt' }))).toBeUndefined()
    expect(await outcomeOf(budgets.setAside(spend(9_000_000)))).toBeInstanceOf(BudgetExceededError)
  })

  it('each value of a label has its own purse; calls without the label share one, which is none of the values', async () => {
    const { budgets } = create([{ ...day, per: 'system' }])
    const ask = (labels: Record<string, string>) => outcomeOf(budgets.setAside(spend(1_000_000, { labels })))
    const outcomes = [
      await ask({ system: 'crm' }),
      await ask({ system: 'desk' }),
      await ask({}),
      await ask({ other: 'x' }),
      await ask({ system: 'null' }),
      await ask({ system: 'crm' }),
    ]
    expect(outcomes.map((one) => one instanceof Error)).toEqual([false, false, false, true, false, true])
  })

  it('a label cannot name its way into the purse of another budget or period', async () => {
    const { budgets } = create([{ ...day, per: 'system' }])
    await budgets.setAside(spend(1_000_000, { labels: { system: 'a" "b' } }))
    const other = await outcomeOf(budgets.setAside(spend(1_000_000, { labels: { system: 'a' } })))
    expect(other).not.toBeInstanceOf(Error)
  })
})

describe('warnings and prices', () => {
  it('warns once a period', async () => {
    const { budgets, warnings } = create([day])
    await budgets.setAside(spend(790_000))
    expect(warnings).toEqual([])
    await budgets.setAside(spend(10_000))
    await budgets.setAside(spend(10_000))
    expect(warnings).toEqual([
      { code: 'budget-warning', message: "budget 'crm': 0.8 of 1 rubles are spent or set aside" },
    ])
    await vi.advanceTimersByTimeAsync(24 * 3_600_000)
    await budgets.setAside(spend(900_000))
    expect(warnings).toHaveLength(2)
  })

  it('refuses a call whose price nobody knows, unless every budget of it allows that', async () => {
    const strict = create([
      { ...day, unpriced: 'allow' },
      { ...day, name: 'strict' },
    ])
    expect(await outcomeOf(strict.budgets.setAside(spend(undefined)))).toMatchObject({ code: 'limit.no_price' })
    const { budgets } = create([{ ...day, unpriced: 'allow' }])
    expect(await outcomeOf(budgets.setAside(spend(undefined)))).not.toBeInstanceOf(Error)
  })
})

describe('a store that cannot be reached', () => {
  const away = new Proxy(new MemoryStore(), {
    get: () => () => Promise.reject(new Error('the store is away')),
  }) as SharedStore

  it('stops calls unless the budget says otherwise', async () => {
    const refusal = await outcomeOf(create([day], away).budgets.setAside(spend(1)))
    expect(refusal).toMatchObject({ name: 'BudgetExceededError', code: 'limit.store' })
    const { budgets } = create([{ ...day, whenStoreFails: 'local' }], away)
    await budgets.setAside(spend(1_000_000))
    expect(await outcomeOf(budgets.setAside(spend(1)))).toMatchObject({ code: 'limit.budget' })
  })

  it('hides no answer: settling never rejects', async () => {
    const store = new MemoryStore()
    const { budgets } = create([day], store)
    const aside = await budgets.setAside(spend(1))
    store.settle = () => Promise.reject(new Error('the store is away'))
    expect(await aside?.settle(1)).toBeUndefined()
  })
})
