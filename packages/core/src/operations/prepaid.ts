import { BudgetExceededError } from '../errors/budget-exceeded-error.ts'
import { PermissionError } from '../errors/permission-error.ts'
import type { Provider } from '../provider.ts'
import type { ModelRef } from '../vocabulary/models.ts'
import type { CallContext } from './call-context.ts'
import { runOperation } from './run-operation.ts'

export interface PrepaidOptions {
  /** Names of the providers whose packages are watched. */
  readonly providers: readonly string[]
  /** How old a balance may be before the service is asked again, in ms. @default 60_000 */
  readonly refreshMs?: number
}

interface Account {
  /** Tokens left by package; `undefined`: the account pays as it goes. */
  readonly left: ReadonlyMap<string, number> | undefined
  readonly at: number
  /** Used since, by package. */
  readonly used: Map<string, number>
}

const defaultRefreshMs = 60_000

/** Packages of tokens that were paid in advance: a call that could use one up is refused before it is sent. */
export class Prepaid {
  readonly #providers: ReadonlySet<string>
  readonly #refreshMs: number
  readonly #accounts = new Map<Provider, Promise<Account>>()
  /** Set aside for calls that run, by account and package: no balance shows them yet. */
  readonly #running = new Map<string, number>()

  constructor({ providers, refreshMs = defaultRefreshMs }: PrepaidOptions) {
    this.#providers = new Set(providers)
    this.#refreshMs = refreshMs
  }

  /**
   * Sets tokens of a package aside; gives what to call with the tokens that were used, `undefined` for not known.
   * @throws BudgetExceededError `limit.prepaid`
   */
  async take(
    context: CallContext,
    model: ModelRef,
    tokens: number,
  ): Promise<((used: number | undefined) => void) | undefined> {
    const { provider } = context
    const { packages } = provider
    if (!packages || !this.#providers.has(provider.name)) return undefined
    const { left, used } = await this.#accountOf(context)
    if (!left) return undefined
    const name = packages.packageOf(model)
    const key = `${provider.name} ${name}`
    const running = this.#running.get(key) ?? 0
    const free = (left.get(name) ?? 0) - (used.get(name) ?? 0) - running
    if (free < tokens) {
      throw new BudgetExceededError(
        `package '${name}' of '${provider.name}' has ${Math.max(0, free)} tokens left, and the call may take ${tokens}; it was not sent`,
        {
          code: 'limit.prepaid',
          provider: provider.name,
          hint: `В пакете «${name}» осталось ${Math.max(0, free)} токенов, запрос может занять до ${tokens}: докупите пакет или уменьшите maxOutputTokens.`,
        },
      )
    }
    this.#running.set(key, running + tokens)
    return (spent) => {
      this.#running.set(key, (this.#running.get(key) ?? 0) - tokens)
      used.set(name, (used.get(name) ?? 0) + (spent ?? tokens))
    }
  }

  async #accountOf(context: CallContext): Promise<Account> {
    const { provider, scope } = context
    const known = this.#accounts.get(provider)
    if (known && performance.now() - (await known).at < this.#refreshMs) return known
    // Others may have asked while this one waited.
    if (this.#accounts.get(provider) === known) {
      const asked = askBalance(context)
      this.#accounts.set(provider, asked)
      asked.catch(() => this.#accounts.delete(provider))
    }
    return scope.race(this.#accounts.get(provider) as Promise<Account>)
  }
}

async function askBalance(context: CallContext): Promise<Account> {
  const { packages } = context.provider
  try {
    const { model: _model, restore: _restore, ...plain } = context
    const left = await runOperation(plain, packages?.left() ?? noPackages(), undefined)
    return { left, at: performance.now(), used: new Map() }
  } catch (error) {
    // Who pays as he goes has no balance.
    if (PermissionError.isInstance(error)) return { left: undefined, at: performance.now(), used: new Map() }
    throw error
  }
}

// oxlint-disable-next-line require-yield -- an operation that asks nothing
function* noPackages(): Generator<never, ReadonlyMap<string, number>, unknown> {
  return new Map()
}
