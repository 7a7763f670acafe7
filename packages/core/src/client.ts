import { Authorizer } from './auth/authorizer.ts'
import { memoryTokenStore } from './auth/token-store.ts'
import { checkClientOptions } from './check-client-options.ts'
import type { CallOptions, Client, ClientOptions, ProviderClient, TextOptions } from './client-types.ts'
import { ClientClosedError } from './errors/client-closed-error.ts'
import { ConfigurationError } from './errors/configuration-error.ts'
import type { ClientServices } from './operations/call-context.ts'
import { checkLabels, checkTextOptions, type CheckedText } from './operations/check-text-options.ts'
import { checkTimeouts, type AllTimeouts } from './operations/check-timeouts.ts'
import { checkKeys, checkNumber, refuse } from './operations/checks.ts'
import { runExtra } from './operations/run-extra.ts'
import { createStartAuthorization } from './operations/start-authorization.ts'
import type { PartSink } from './operations/stream-answer-reader.ts'
import { findTarget, runTextCall, type Target } from './operations/text-call.ts'
import type { GenerateTextResult } from './operations/text-result.ts'
import { TextStream } from './operations/text-stream.ts'
import { createGuard, isPolicy, type Guard, type Policy } from './policy/guard.ts'
import { hasUnusedProxy } from './policy/judge-environment.ts'
import type { Provider } from './provider.ts'
import type { FallbackModel } from './resilience/fallback.ts'
import { CallScope } from './transport/call-scope.ts'
import { DeadlineWheel } from './transport/deadline-wheel.ts'
import { Pools } from './transport/pools.ts'
import type { Warning } from './vocabulary/warnings.ts'

const defaultGraceMs = 10_000

/**
 * Makes a client. Nothing happens yet: no file, no environment, no network is touched before the first call.
 *
 * @example
 * ```ts
 * const client = createClient({ providers: [gigachat(), yandexgpt()] })
 * const { text } = await client.generateText({ model: 'gigachat/GigaChat-2-Max', prompt: 'Привет!' })
 * ```
 * @throws ConfigurationError for options that are unknown, malformed or in conflict
 * @throws PolicyDeniedError for a transport of the caller's own
 */
export function createClient<const P extends readonly Provider[]>(options: ClientOptions<P>): Client<P> {
  return new ShlyuzClient<P>(options)
}

class ShlyuzClient<P extends readonly Provider[]> implements Client<P> {
  readonly #providers: ReadonlyMap<string, Provider>
  readonly #policy: Policy
  readonly #guard: Guard
  readonly #timeouts: AllTimeouts
  readonly #retries: number
  readonly #services: ClientServices
  readonly #pools: Pools
  readonly #wheel = new DeadlineWheel()
  readonly #open = new Set<CallScope>()
  readonly #onWarning: (warning: Warning) => void
  #warned = false
  #closed: Promise<void> | undefined

  constructor(options: ClientOptions<P>) {
    const checked = checkClientOptions(options)
    this.#providers = checked.providers
    this.#policy = checked.policy
    this.#guard = createGuard([checked.policy])
    this.#timeouts = checked.timeouts
    this.#retries = checked.retries
    this.#onWarning = options.onWarning ?? emitWarning
    this.#pools = new Pools(checked.network)
    this.#services = {
      guard: this.#guard,
      pools: this.#pools,
      authorizer: new Authorizer(options.tokenStore ?? memoryTokenStore()),
      startAuthorization: createStartAuthorization,
      network: checked.network ? 'test' : 'internet',
    }
  }

  async generateText(options: TextOptions<P>): Promise<GenerateTextResult> {
    const checked = checkTextOptions('generateText', options)
    const scope = this.#openScope(options, checked.signal)
    try {
      return await this.#runText(options, checked, scope, undefined)
    } finally {
      this.#closeScope(scope)
    }
  }

  streamText(options: TextOptions<P>): TextStream {
    // Whatever is wrong with the options comes out of the stream: one place to catch.
    let checked: CheckedText | undefined
    let scope: CallScope
    let refusal: unknown
    try {
      checked = checkTextOptions('streamText', options)
      scope = this.#openScope(options, checked.signal)
    } catch (error) {
      checked = undefined
      refusal = error
      scope = new CallScope({ wheel: this.#wheel, limitMs: 0 })
      scope.end()
    }
    return new TextStream(scope, checked?.stops ?? [], async (sink) => {
      if (!checked) throw refusal
      try {
        return await this.#runText(options, checked, scope, sink)
      } finally {
        this.#closeScope(scope)
      }
    })
  }

  fallback(targets: readonly string[]): FallbackModel {
    if (!Array.isArray(targets) || targets.length === 0) {
      refuse(
        'fallback needs a list of models',
        "Пишите client.fallback(['<провайдер>/<модель>', '<другой>/<модель>']).",
      )
    }
    for (const target of targets) findTarget(this.#providers, target)
    if (new Set(targets).size < targets.length) {
      refuse('fallback names a model twice', 'Уберите повтор: каждая модель в fallback указывается один раз.')
    }
    return Object.freeze({ type: 'fallback', targets: Object.freeze([...targets]) })
  }

  provider(name: string): ProviderClient {
    const provider = this.#providers.get(name)
    if (!provider) {
      const known = [...this.#providers.keys()].join(', ')
      throw new ConfigurationError(`no provider '${name}' is configured; there are: ${known}`, {
        hint: `Укажите одно из: ${known}.`,
      })
    }
    const operations: Record<string, ProviderClient[string]> = {}
    for (const operation of Object.keys(provider.extras ?? {})) {
      operations[operation] = (input, options) => this.#runExtra(provider, operation, input, options ?? {})
    }
    return Object.freeze(operations)
  }

  close(options: { readonly graceMs?: number } = {}): Promise<void> {
    checkKeys('close', options, ['graceMs'])
    checkNumber('close: graceMs', options.graceMs, 0, 2 ** 31 - 1)
    this.#closed ??= this.#close(options.graceMs ?? defaultGraceMs)
    return this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(graceMs: number): Promise<void> {
    const until = performance.now() + graceMs
    while (this.#open.size > 0 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(20, until - performance.now())))
    }
    for (const scope of this.#open)
      scope.fail(new ClientClosedError('the client was closed while the call ran', { hint: closedHint }))
    await this.#pools.destroy()
    this.#wheel.stop()
  }

  async #runText(
    options: TextOptions<P>,
    checked: CheckedText,
    scope: CallScope,
    sink: PartSink | undefined,
  ): Promise<GenerateTextResult> {
    const call = {
      services: this.#services,
      guard: this.#guardFor(options.policy),
      checked,
      providerOptions: this.#checkProviderOptions(options.providerOptions),
      targets: this.#findTargets(options.model),
      timeouts: checkTimeouts(options.timeout, this.#timeouts),
      retries: this.#retriesOf(options.retries),
      stream: sink !== undefined,
    }
    scope.throwIfOver()
    return runTextCall(call, scope, sink)
  }

  async #runExtra(provider: Provider, operation: string, input: unknown, options: CallOptions): Promise<unknown> {
    checkKeys(operation, options, ['policy', 'labels', 'signal', 'timeout', 'retries'])
    const scope = this.#openScope(options, options.signal)
    try {
      scope.throwIfOver()
      return await runExtra({
        services: this.#services,
        guard: this.#guardFor(options.policy),
        provider,
        operation,
        input,
        scope,
        labels: checkLabels(options.labels),
        timeouts: checkTimeouts(options.timeout, this.#timeouts),
        retries: this.#retriesOf(options.retries),
      })
    } finally {
      this.#closeScope(scope)
    }
  }

  #findTargets(model: unknown): Target[] {
    const { type, targets } = (model ?? {}) as Partial<FallbackModel>
    if (type === 'fallback' && Array.isArray(targets)) return targets.map((one) => findTarget(this.#providers, one))
    return [findTarget(this.#providers, model)]
  }

  #guardFor(policy: Policy | undefined): Guard {
    if (policy === undefined) return this.#guard
    if (isPolicy(policy)) return createGuard([this.#policy, policy])
    return refuse(
      'policy must come from definePolicy or a preset',
      'policy: передайте результат definePolicy(…) или пресета.',
    )
  }

  #checkProviderOptions(given: unknown): unknown {
    if (given === undefined) return undefined
    if (typeof given !== 'object' || given === null) {
      return refuse('providerOptions must be an object', 'Пишите providerOptions: { <вид провайдера>: { … } }.')
    }
    checkKeys('providerOptions', given, [...new Set([...this.#providers.values()].map(({ kind }) => kind))])
    return given
  }

  #retriesOf(given: number | undefined): number {
    checkNumber('retries', given, 0, 10, true)
    return given ?? this.#retries
  }

  #openScope(options: CallOptions, signal: AbortSignal | undefined): CallScope {
    if (this.#closed) throw new ClientClosedError('the client is closed', { hint: closedHint })
    const { totalMs } = checkTimeouts(options.timeout, this.#timeouts)
    this.#warnOfProxy()
    const scope = new CallScope({ wheel: this.#wheel, limitMs: totalMs, signal })
    this.#open.add(scope)
    return scope
  }

  /** Proxy variables that nobody follows: who set them expects an answer. Said once. */
  #warnOfProxy(): void {
    if (this.#warned) return
    this.#warned = true
    if (this.#guard.proxy || !hasUnusedProxy(process.env)) return
    this.#onWarning({
      code: 'proxy-ignored',
      message:
        'HTTPS_PROXY or a relative is set and not followed: a proxy is named by the policy, domesticOnly({ proxy: { origin, addresses } })',
    })
  }

  #closeScope(scope: CallScope): void {
    scope.end()
    this.#open.delete(scope)
  }
}

function emitWarning({ code, message }: Warning): void {
  process.emitWarning(message, { type: 'ShlyuzWarning', code })
}

const closedHint = 'Клиент закрыт (close): создайте новый или закрывайте его после последнего вызова.'
