import { BudgetExceededError } from '../errors/budget-exceeded-error.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { formatRubles, parseRubles } from '../operations/rubles.ts'
import type { Warning } from '../vocabulary/warnings.ts'
import { MemoryStore } from './memory-store.ts'
import { periodOf, type BudgetPeriod } from './budget-period.ts'
import type { SharedStore } from './shared-store.ts'

/** Rubles that may be spent in a period. */
export interface Budget {
  /** Letters, digits, dots and dashes; one name is one purse, in all processes that share a store. */
  readonly name: string
  /**
   * Rubles, as a decimal string: `'5000'`. A call is let through when the most it is expected to cost fits: its input at
   * two characters a token, its answer at `maxOutputTokens`, or 4,096 tokens where nobody bounds it.
   */
  readonly amount: string
  /** Calendar periods in UTC; `'total'` never begins anew. */
  readonly period: BudgetPeriod
  /** Name of a label: a purse of its own for each of its values; calls without it share one. */
  readonly per?: string
  /** Names of the providers whose calls count. @default all */
  readonly providers?: readonly string[]
  /** Share, 0 to 1, at which a warning is given, once a period. @default 0.8 */
  readonly warnAt?: number
  /** What becomes of calls whose price is not known. @default 'refuse' */
  readonly unpriced?: 'refuse' | 'allow'
  /** What becomes of calls while the shared store cannot be reached. @default 'refuse' */
  readonly whenStoreFails?: 'refuse' | 'local'
}

/** What a call is about to spend, at most. */
export interface Spending {
  readonly provider: string
  readonly model: string
  readonly labels: Readonly<Record<string, string>>
  /** In micro-rubles; `undefined`: the price is not known. */
  readonly micros: number | undefined
}

/** What was set aside for a call. Settle it once, whatever becomes of the call. */
export interface SetAside {
  /** @param micros what was spent; `undefined`: not known, what was set aside counts as spent */
  settle(micros: number | undefined): Promise<void>
}

interface Purse {
  readonly budget: Budget
  readonly key: string
  readonly limit: number
  readonly expiresAt: number
}

/** Budgets of a client: a call that could pass one is refused before it is sent. */
export class Budgets {
  readonly #budgets: readonly Budget[]
  readonly #shared: SharedStore | undefined
  readonly #local = new MemoryStore()
  /** Purses that were warned of, until their period ends. */
  readonly #warned = new Map<string, number>()
  readonly #onWarning: (warning: Warning) => void

  constructor(budgets: readonly Budget[], store: SharedStore | undefined, onWarning: (warning: Warning) => void) {
    this.#budgets = budgets.map((budget) => Object.freeze({ ...budget }))
    this.#shared = store
    this.#onWarning = onWarning
  }

  /** True when nothing has to be set aside for any call. */
  get isEmpty(): boolean {
    return this.#budgets.length === 0
  }

  /**
   * Sets aside what a call may spend, in every budget that it belongs to.
   * @throws BudgetExceededError when one has not enough left, or the price is not known
   */
  async setAside(spending: Spending): Promise<SetAside | undefined> {
    const purses = this.#budgets.filter((budget) => concerns(budget, spending)).map((one) => openPurse(one, spending))
    if (purses.length === 0) return undefined
    const micros = priceOf(purses, spending)
    const taken: Taken[] = []
    try {
      for (const purse of purses) taken.push(await this.#reserve(purse, micros))
    } catch (error) {
      for (const one of taken) this.#settle(one, micros, 0)
      throw error
    }
    for (const one of taken) this.#warn(one)
    return {
      settle: async (spent) => {
        for (const one of taken) this.#settle(one, micros, spent ?? micros)
      },
    }
  }

  async #reserve(purse: Purse, micros: number): Promise<Taken> {
    const { budget, key, limit, expiresAt } = purse
    const reserve = async (store: SharedStore): Promise<Taken> => {
      const { granted, spentMicros } = await store.reserve(key, micros, limit, expiresAt)
      if (!granted) throw createExceededError(budget, micros, limit - spentMicros)
      return { purse, store, spentMicros }
    }
    if (!this.#shared) return reserve(this.#local)
    try {
      return await reserve(this.#shared)
    } catch (cause) {
      // A store that is set up wrongly will not come back.
      if (BudgetExceededError.isInstance(cause) || ConfigurationError.isInstance(cause)) throw cause
      if (budget.whenStoreFails === 'local') return reserve(this.#local)
      throw new BudgetExceededError(
        `the store of budget '${budget.name}' cannot be reached, and nothing is spent without it`,
        {
          code: 'limit.store',
          hint: "Общее хранилище бюджетов недоступно: проверьте Redis или задайте бюджету whenStoreFails: 'local'.",
          cause,
        },
      )
    }
  }

  /**
   * Nothing waits for this: the call is over, and an error would hide its answer. A reservation that cannot be settled
   * stands, which is the safer figure. The store that gave it is told; the shared one, when it was away, what was spent.
   */
  #settle({ purse: { key, expiresAt }, store }: Taken, reserved: number, spent: number): void {
    if (reserved !== spent) store.settle(key, reserved, spent, expiresAt).catch(() => {})
    if (this.#shared && store !== this.#shared) this.#shared.settle(key, 0, spent, expiresAt).catch(() => {})
  }

  #warn({ purse: { budget, key, limit, expiresAt }, spentMicros }: Taken): void {
    if (spentMicros / limit < (budget.warnAt ?? 0.8) || this.#warned.has(key)) return
    for (const [old, end] of this.#warned) if (end < Date.now()) this.#warned.delete(old)
    this.#warned.set(key, expiresAt)
    try {
      this.#onWarning({
        code: 'budget-warning',
        message: `budget '${budget.name}': ${formatRubles(spentMicros)} of ${budget.amount} rubles are spent or set aside`,
      })
    } catch {
      // A warning stops nothing, nor does what hears it.
    }
  }
}

/** A reservation, and the store that gave it: no other one must be told what became of it. */
interface Taken {
  readonly purse: Purse
  readonly store: SharedStore
  readonly spentMicros: number
}

function concerns({ providers }: Budget, { provider }: Spending): boolean {
  return providers === undefined || providers.includes(provider)
}

function openPurse(budget: Budget, { labels }: Spending): Purse {
  const { name, amount, period, per } = budget
  const { id, expiresAt } = periodOf(period, new Date())
  const own = per === undefined ? '' : ` ${JSON.stringify(labels[per] ?? null)}`
  return { budget, key: `${name} ${id}${own}`, limit: parseRubles(amount), expiresAt }
}

function priceOf(purses: readonly Purse[], { micros, provider, model }: Spending): number {
  if (micros !== undefined) return micros
  const strict = purses.find(({ budget }) => budget.unpriced !== 'allow')
  if (!strict) return 0
  throw new BudgetExceededError(
    `the price of '${provider}/${model}' is not known, and budget '${strict.budget.name}' needs one`,
    {
      code: 'limit.no_price',
      hint: `Цена модели неизвестна: задайте createClient({ prices: { '${provider}/${model}': { prices: [{ … }] } } }) или unpriced: 'allow' в бюджете.`,
    },
  )
}

function createExceededError({ name, amount, period }: Budget, micros: number, left: number): BudgetExceededError {
  const [wanted, rest] = [formatRubles(micros), formatRubles(Math.max(0, left))]
  return new BudgetExceededError(
    `budget '${name}' (${amount} rubles ${period === 'total' ? 'in all' : `a ${period}`}) has ${rest} left, and the call may cost ${wanted}; it was not sent`,
    {
      hint: `Бюджет «${name}» исчерпан: осталось ${rest} ₽, запрос может стоить до ${wanted} ₽. Увеличьте amount, уменьшите maxOutputTokens${period === 'total' ? '' : ' или дождитесь нового периода'}.`,
    },
  )
}
