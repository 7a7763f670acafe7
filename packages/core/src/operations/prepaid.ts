import { BudgetExceededError } from '../errors/budget-exceeded-error.ts'
import { PermissionError } from '../errors/permission-error.ts'
import { createDeniedError } from '../policy/create-denied-error.ts'
import type { TokenPackages } from '../provider.ts'
import { CallScope } from '../transport/call-scope.ts'
import type { ModelRef } from '../vocabulary/models.ts'
import { auditDenial } from './audit-call.ts'
import type { CallContext } from './call-context.ts'
import { CallRecord } from './call-record.ts'
import { createIntent } from './create-intent.ts'
import { runOperation } from './run-operation.ts'

export interface PrepaidOptions {
  /** Names of the providers whose packages are watched. */
  readonly providers: readonly string[]
  /** How old a balance may be before the service is asked again, in ms. @default 60_000 */
  readonly refreshMs?: number
}

interface Balance {
  /** Tokens left by package; `undefined`: the account pays as it goes. */
  readonly left: ReadonlyMap<string, number> | undefined
  /** `performance.now()` of the answer. */
  readonly at: number
  /** Used since, by package. */
  readonly used: Map<string, number>
}

interface Account {
  balance: Balance | undefined
  /** The look that is under way: calls share it. */
  asking: Promise<Balance> | undefined
  /** Set aside for calls that run, by package: no balance shows them yet. */
  readonly running: Map<string, number>
}

const defaultRefreshMs = 60_000

/** How long a look may take, whoever waits for it. */
const sharedMs = 30_000

/** Packages of tokens that were paid in advance: a call that could use one up is refused before it is sent. */
export class Prepaid {
  readonly #providers: ReadonlySet<string>
  readonly #refreshMs: number
  readonly #accounts = new Map<string, Account>()

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
    const { provider, services, secretRequest, scope } = context
    const { packages } = provider
    if (!packages || !this.#providers.has(provider.name)) return undefined
    // Accounts have packages, not providers: a credential may be asked for each call.
    const key = await scope.race(services.authorizer.keyOf(provider, secretRequest))
    const account = this.#accountOf(`${provider.name} ${key}`)
    const { left, used } = await scope.race(this.#look(account, context, packages))
    if (!left) return undefined
    const name = packages.packageOf(model)
    const running = account.running.get(name) ?? 0
    const free = (left.get(name) ?? 0) - (used.get(name) ?? 0) - running
    if (free < tokens) throw createExceededError(provider.name, name, Math.max(0, free), tokens)
    account.running.set(name, running + tokens)
    return (spent) => {
      account.running.set(name, (account.running.get(name) ?? 0) - tokens)
      // The newest balance does not show a call that was running when it was asked for.
      const latest = account.balance?.used
      latest?.set(name, (latest.get(name) ?? 0) + (spent ?? tokens))
    }
  }

  #accountOf(key: string): Account {
    let account = this.#accounts.get(key)
    if (!account) this.#accounts.set(key, (account = { balance: undefined, asking: undefined, running: new Map() }))
    return account
  }

  #look(account: Account, context: CallContext, packages: TokenPackages): Promise<Balance> {
    const { balance } = account
    if (balance && performance.now() - balance.at < this.#refreshMs) return Promise.resolve(balance)
    account.asking ??= askBalance(context, packages)
      .then((asked) => (account.balance = asked))
      .finally(() => {
        account.asking = undefined
      })
    // Whoever waits hears of a failure; without anybody it is no unhandled one.
    account.asking.catch(() => {})
    return account.asking
  }
}

/** A call of its own, since several share it: under the client's policy, with a record and a deadline of its own. */
async function askBalance(context: CallContext, packages: TokenPackages): Promise<Balance> {
  const { services, provider, limits, retry, secretRequest } = context
  const { guard } = services
  const target = { provider: provider.name, providerLogging: provider.providerLogging }
  const record = new CallRecord(target, guard, services.network, context.record.id)
  const scope = new CallScope({ wheel: context.scope.wheel, limitMs: sharedMs })
  try {
    record.intent = createIntent(provider, { operation: 'other' })
    const decision = await scope.race(Promise.resolve(guard.judgeIntent(record.intent)))
    record.decide(decision)
    if (decision.verdict === 'deny') throw createDeniedError(decision)
    const plain = { services, provider, guard, scope, limits, retry, secretRequest, record, priority: 1 }
    const left = await runOperation(plain, packages.left(), undefined)
    return { left, at: performance.now(), used: new Map() }
  } catch (error) {
    // Who pays as he goes has no balance.
    if (PermissionError.isInstance(error)) return { left: undefined, at: performance.now(), used: new Map() }
    throw await auditDenial(services, record, record.complete(error))
  } finally {
    scope.end()
  }
}

function createExceededError(provider: string, name: string, free: number, tokens: number): BudgetExceededError {
  return new BudgetExceededError(
    `package '${name}' of '${provider}' has ${free} tokens left, and the call may take ${tokens}; it was not sent`,
    {
      code: 'limit.prepaid',
      provider,
      hint: `В пакете «${name}» осталось ${free} токенов, запрос может занять до ${tokens}: докупите пакет или уменьшите maxOutputTokens.`,
    },
  )
}
