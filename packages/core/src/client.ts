import { Authorizer } from './auth/authorizer.ts'
import { memoryTokenStore } from './auth/token-store.ts'
import { checkClientOptions } from './check-client-options.ts'
import type {
  CallOptions,
  CheckResult,
  Client,
  ClientOptions,
  EmbedManyOptions,
  EmbedOptions,
  GenerateImageOptions,
  Job,
  ProviderClient,
  SubmitTextOptions,
  TextOptions,
} from './client-types.ts'
import { ClientClosedError } from './errors/client-closed-error.ts'
import { ConfigurationError } from './errors/configuration-error.ts'
import { JobError } from './errors/job-error.ts'
import { UnsupportedFeatureError } from './errors/unsupported-feature-error.ts'
import type { ClientServices } from './operations/call-context.ts'
import { callOptionNames, checkOptionNames } from './operations/check-call-options.ts'
import { checkSignal, checkWord, checkTextOptions, type CheckedText } from './operations/check-text-options.ts'
import { checkTimeouts, type AllTimeouts } from './operations/check-timeouts.ts'
import { checkKeys, checkNumber, isObject, refuse } from './operations/checks.ts'
import { countTokens, type CountTokensResult } from './operations/count-tokens.ts'
import { deleteUploads } from './operations/delete-uploads.ts'
import { checkEmbedManyOptions, checkEmbedOptions, embed, embedMany } from './operations/embed-many.ts'
import { checkImageOptions, generateImage } from './operations/generate-image.ts'
import { createCallId } from './operations/create-call-id.ts'
import { DeferredJob, type RunFrame } from './operations/job.ts'
import { parseJobString, type JobTicket } from './operations/job-string.ts'
import { listModels } from './operations/list-models.ts'
import type { CallFrame } from './operations/run-call.ts'
import { runExtra } from './operations/run-extra.ts'
import { createStartAuthorization } from './operations/start-authorization.ts'
import { checkJobKey } from './operations/seal-values.ts'
import { checkSubmitOptions, submitText } from './operations/submit-text.ts'
import { checkCall } from './operations/check-call.ts'
import { loadFiles } from './operations/load-files.ts'
import { Prepaid } from './operations/prepaid.ts'
import { askAlong } from './operations/ask-along.ts'
import { placesOf, planRoute, type Route, type RoutePlan } from './operations/route.ts'
import { TextDraft } from './operations/create-text-call.ts'
import { TextCallOptions } from './operations/text-call-options.ts'
import { runTextLoop } from './operations/text-loop.ts'
import type { GenerateTextResult } from './operations/text-result.ts'
import { TextQuestion } from './operations/text-question.ts'
import { TextStream, type StreamOutlet } from './operations/text-stream.ts'
import { UploadRegistry } from './operations/uploads.ts'
import { verifyPolicy, type PolicyVerification } from './operations/verify-policy/verify-policy.ts'
import type { AuditLog } from './policy/audit/audit-log.ts'
import { isObserving } from './policy/compile-policy.ts'
import { compiledOf } from './policy/define-policy.ts'
import { createGuard, isPolicy, type Guard, type Policy } from './policy/guard.ts'
import type { Abilities } from './policy/obligations.ts'
import { collectLabels } from './policy/with-labels.ts'
import { hasUnusedProxy } from './policy/judge-environment.ts'
import { resolveSchema } from './schemas/resolve-schema.ts'
import type { OperationKind, Provider } from './provider.ts'
import type { BalanceModel, FallbackModel, HedgeModel, RoutedModel } from './resilience/routed-model.ts'
import { Budgets } from './resilience/budgets.ts'
import { Latencies } from './resilience/latencies.ts'
import { Limits } from './resilience/limits.ts'
import type { CallFacts } from './telemetry/call-message.ts'
import { Telemetry } from './telemetry/telemetry.ts'
import { CallScope } from './transport/call-scope.ts'
import { DeadlineWheel } from './transport/deadline-wheel.ts'
import { OpenScopes } from './transport/open-scopes.ts'
import { Pools } from './transport/pools.ts'
import type { EmbedManyResult, EmbedResult } from './vocabulary/embeddings.ts'
import type { GenerateImageResult } from './vocabulary/images.ts'
import type { ModelInfo } from './vocabulary/listed-models.ts'
import type { Warning } from './vocabulary/warnings.ts'

const defaultGraceMs = 10_000

const cleanUpMs = 1_000

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
  // What the types of the options say of tools, outputs and extras, the class below need not know.
  return new ShlyuzClient(options) as unknown as Client<P>
}

type Providers = readonly Provider[]

class ShlyuzClient {
  readonly #providers: ReadonlyMap<string, Provider>
  readonly #policy: Policy
  readonly #guard: Guard
  readonly #abilities: Abilities
  readonly #timeouts: AllTimeouts
  readonly #retries: number
  readonly #services: ClientServices
  readonly #pools: Pools
  readonly #wheel = new DeadlineWheel()
  readonly #open = new OpenScopes()
  readonly #onWarning: (warning: Warning) => void
  /** Shared by all streams. */
  readonly #closeScope = (scope: CallScope): void => {
    scope.end()
    this.#open.delete(scope)
  }
  #warned = false
  #closed: Promise<void> | undefined

  constructor(options: ClientOptions<Providers>) {
    const checked = checkClientOptions(options)
    this.#providers = checked.providers
    this.#policy = checked.policy
    this.#abilities = { audit: abilityOf(checked.audit) }
    this.#guard = createGuard([checked.policy], this.#abilities)
    this.#timeouts = checked.timeouts
    this.#retries = checked.retries
    this.#onWarning = options.onWarning ?? emitWarning
    this.#pools = new Pools(checked.network)
    this.#services = {
      guard: this.#guard,
      pools: this.#pools,
      authorizer: new Authorizer(options.tokenStore ?? options.limits?.store?.tokens ?? memoryTokenStore()),
      startAuthorization: createStartAuthorization,
      network: checked.network ? 'test' : 'internet',
      uploads: new UploadRegistry(),
      audit: checked.audit,
      telemetry: new Telemetry(checked.logger),
      limits: new Limits(options.limits),
      latencies: new Latencies(),
      budgets: new Budgets(options.budgets ?? [], options.limits?.store, (warning) => this.#onWarning(warning)),
      prepaid: options.prepaid && new Prepaid(options.prepaid),
      prices: checked.prices,
    }
  }

  async generateText(options: TextOptions<Providers>): Promise<GenerateTextResult<unknown>> {
    const checked = checkTextOptions('generateText', options)
    const scope = this.#openScope(options, checked.signal)
    try {
      const text = this.#textOptions(options, checked)
      // Functions for telemetry are made where it is heard.
      return await (this.#services.telemetry.isHeard ? this.#tellOf(text, scope) : runTextLoop(text, scope, undefined))
    } finally {
      this.#closeScope(scope)
    }
  }

  #tellOf(text: TextCallOptions, scope: CallScope): Promise<GenerateTextResult<unknown>> {
    return this.#services.telemetry.call(
      () => describeText('generateText', text),
      () => runTextLoop(text, scope, undefined),
    )
  }

  streamText(options: TextOptions<Providers>): TextStream<unknown> {
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
    const run = (outlet: StreamOutlet): Promise<GenerateTextResult<unknown>> => {
      if (!checked) throw refusal
      const text = this.#textOptions(options, checked)
      return this.#services.telemetry.stream(
        () => describeText('streamText', text),
        outlet,
        (watched) => runTextLoop(text, scope, watched),
      )
    }
    return new TextStream(scope, run, this.#closeScope)
  }

  async check(options: TextOptions<Providers>): Promise<readonly CheckResult[]> {
    const checked = checkTextOptions('check', options)
    const scope = this.#openScope(options, checked.signal)
    try {
      const draft = new TextDraft(checked, await loadFiles(checked.messages, scope))
      return await checkCall(new TextQuestion(this.#textOptions(options, checked), draft), scope)
    } finally {
      this.#closeScope(scope)
    }
  }

  async embed(options: EmbedOptions<Providers>): Promise<EmbedResult> {
    const draft = checkEmbedOptions(options)
    const plan = planRoute(this.#providers, options.model)
    checkSameVectors(plan)
    const providerOptions = this.#checkProviderOptions(options.providerOptions)
    return this.#call(options, about('embed', 'embed', ...plan.targets), (frame) =>
      askAlong(frame, plan, (one, target) => embed(one, target, draft, providerOptions)),
    )
  }

  async embedMany(options: EmbedManyOptions<Providers>): Promise<EmbedManyResult> {
    const draft = checkEmbedManyOptions(options)
    const plan = planRoute(this.#providers, options.model)
    checkSameVectors(plan)
    const providerOptions = this.#checkProviderOptions(options.providerOptions)
    return this.#call(options, about('embedMany', 'embed', ...plan.targets), (frame) =>
      askAlong(frame, plan, (one, target) => embedMany(one, target, draft, providerOptions)),
    )
  }

  async countTokens(options: TextOptions<Providers>): Promise<CountTokensResult> {
    const checked = checkTextOptions('countTokens', options)
    const plan = planRoute(this.#providers, options.model)
    const providerOptions = this.#checkProviderOptions(options.providerOptions)
    return this.#call(options, about('countTokens', 'tokens', ...plan.targets), (frame) =>
      askAlong(frame, plan, (one, target) => countTokens(one, target, checked, providerOptions)),
    )
  }

  async listModels(options: CallOptions & { readonly provider?: string } = {}): Promise<readonly ModelInfo[]> {
    checkOptionNames('listModels', options, ['provider'], '')
    const { provider } = options
    const asked = provider === undefined ? [...this.#providers.values()] : [this.#findProvider(provider)]
    return this.#call(options, about('listModels', 'models', ...asked.map((one) => ({ provider: one }))), (frame) =>
      listModels(frame, asked),
    )
  }

  async generateImage(options: GenerateImageOptions<Providers>): Promise<GenerateImageResult> {
    const draft = checkImageOptions(options)
    const plan = planRoute(this.#providers, options.model)
    const providerOptions = this.#checkProviderOptions(options.providerOptions)
    return this.#call(options, about('generateImage', 'image', ...plan.targets), (frame) =>
      askAlong(frame, plan, (one, target) => generateImage(one, target, draft, providerOptions)),
    )
  }

  async submitText(options: SubmitTextOptions<Providers>): Promise<Job<unknown>> {
    const draft = checkSubmitOptions(options)
    const plan = planRoute(this.#providers, options.model)
    refuseHedge(plan.route)
    const providerOptions = this.#checkProviderOptions(options.providerOptions)
    const submission = await this.#call(options, about('submitText', 'job', ...plan.targets), (frame) =>
      askAlong(frame, plan, (one, target) => submitText(one, target, draft, providerOptions)),
    )
    const { jobKey } = draft
    const provider = this.#findProvider(submission.ticket.provider)
    const run = this.#runOf(provider, submission.ticket)
    return Object.freeze(new DeferredJob({ ...submission, provider, schema: draft.output, jobKey, run }))
  }

  job(id: string, options: { readonly output?: unknown; readonly jobKey?: unknown } = {}): Job<unknown> {
    checkKeys('job', options, ['output', 'jobKey'])
    const jobKey = checkJobKey(options.jobKey)
    const schema = options.output === undefined ? undefined : resolveSchema(options.output, 'output')
    const ticket = parseJobString(id)
    const provider = this.#providers.get(ticket.provider)
    if (provider?.kind !== ticket.kind || !provider.deferred) {
      throw new JobError(
        `the job belongs to a provider '${ticket.provider.slice(0, 60)}' that this client does not have`,
        {
          code: 'job.unknown',
          hint: `Добавьте в createClient провайдера с name: '${ticket.provider.slice(0, 60)}' (${ticket.kind.slice(0, 60)}), как в клиенте, который отправил задание.`,
        },
      )
    }
    return Object.freeze(new DeferredJob({ ticket, provider, schema, jobKey, run: this.#runOf(provider, ticket) }))
  }

  async deleteUploads(options: CallOptions = {}): Promise<{ readonly deleted: number }> {
    checkOptionNames('deleteUploads', options, [], '')
    return this.#call(options, about('deleteUploads', 'files'), deleteUploads)
  }

  async verifyPolicy(options: { readonly signal?: AbortSignal } = {}): Promise<PolicyVerification> {
    if (!isObject(options))
      refuse('verifyPolicy takes { signal }', 'Пишите client.verifyPolicy() или client.verifyPolicy({ signal }).')
    checkKeys('verifyPolicy', options, ['signal'])
    return this.#call(options, about('verifyPolicy', 'other'), (frame) =>
      verifyPolicy(frame, this.#policy, [...this.#providers.values()]),
    )
  }

  fallback(targets: readonly (string | RoutedModel)[]): FallbackModel {
    return Object.freeze({ type: 'fallback', targets: this.#checkTargets('fallback', targets, 1) })
  }

  balance(
    targets: readonly (string | RoutedModel)[],
    options: { readonly weights?: readonly number[] } = {},
  ): BalanceModel {
    checkKeys('balance', options, ['weights'])
    const { weights } = options
    const checked = this.#checkTargets('balance', targets, 2)
    if (weights === undefined) return Object.freeze({ type: 'balance', targets: checked })
    planRoute(this.#providers, { type: 'balance', targets: checked, weights })
    return Object.freeze({ type: 'balance', targets: checked, weights: Object.freeze([...weights]) })
  }

  hedge(targets: readonly (string | RoutedModel)[], options: { readonly delayMs: number }): HedgeModel {
    checkKeys('hedge', options ?? {}, ['delayMs'])
    const { delayMs } = options ?? {}
    checkNumber('hedge: delayMs', delayMs ?? Number.NaN, 0, 2 ** 31 - 1)
    const [first, second, ...more] = this.#checkTargets('hedge', targets, 2)
    if (first === undefined || second === undefined || more.length > 0) {
      return refuse('hedge takes two targets', "Пишите client.hedge(['<первая>', '<вторая>'], { delayMs: 2_000 }).")
    }
    return Object.freeze({ type: 'hedge', targets: Object.freeze([first, second] as const), delayMs })
  }

  #checkTargets(
    verb: 'fallback' | 'balance' | 'hedge',
    targets: readonly (string | RoutedModel)[],
    least: number,
  ): readonly (string | RoutedModel)[] {
    if (!Array.isArray(targets) || targets.length < least) {
      refuse(
        `${verb} needs a list of models`,
        `Пишите client.${verb}(['<провайдер>/<модель>', '<другой>/<модель>']${verb === 'hedge' ? ', { delayMs: 2_000 }' : ''}).`,
      )
    }
    const names = targets.flatMap((target) => {
      const plan = planRoute(this.#providers, target)
      return placesOf(plan.route)
        .map((place) => plan.targets[place])
        .map((one) => `${one?.provider.name}/${one?.modelId}`)
    })
    // Asking the same again is what retries are for; a second copy of a slow call is what hedging is for.
    if (verb === 'fallback' && new Set(names).size < names.length) {
      refuse('fallback names a model twice', 'Уберите повтор: каждая модель в fallback указывается один раз.')
    }
    return Object.freeze([...targets])
  }

  provider(name: string): ProviderClient {
    const provider = this.#findProvider(name)
    const operations: Record<string, ProviderClient[string]> = {}
    for (const [operation, extra] of Object.entries(provider.extras ?? {})) {
      operations[operation] = async (input, options = {}) => {
        checkKeys(operation, options, callOptionNames)
        return this.#call(options, about(operation, extra.operation, { provider }), (frame) =>
          runExtra(frame, provider, operation, input),
        )
      }
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
    // The clock is read once a round: read again, it may have passed the end, and Node warns of a negative delay.
    for (let leftMs = graceMs; this.#open.size > 0 && leftMs > 0; leftMs = until - performance.now()) {
      const pauseMs = Math.min(20, leftMs)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
    this.#open.fail(() => new ClientClosedError('the client was closed while the call ran', { hint: closedHint }))
    await this.#cleanUp()
    await this.#pools.destroy()
    this.#wheel.stop()
  }

  /** Calls that were cut remove what they put at the services: they get a moment for it. */
  async #cleanUp(): Promise<void> {
    const closing = this.#services.uploads.close(new ClientClosedError('the client was closed', { hint: closedHint }))
    const until = performance.now() + cleanUpMs
    while (this.#open.size > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 5))
    await Promise.race([
      closing,
      new Promise((resolve) => setTimeout(resolve, Math.max(0, until - performance.now())).unref()),
    ])
  }

  #textOptions(options: TextOptions<Providers>, checked: CheckedText): TextCallOptions {
    const { targets, route } = planRoute(this.#providers, options.model)
    return new TextCallOptions({
      services: this.#services,
      guard: this.#guardFor(options.policy),
      callId: createCallId(),
      checked,
      providerOptions: this.#checkProviderOptions(options.providerOptions),
      targets,
      route,
      timeouts: checkTimeouts(options.timeout, this.#timeouts),
      retries: this.#retriesOf(options.retries),
      priority: priorityOf(options.priority),
    })
  }

  /** Runs a call in a scope of its own, with what the options of every call say. */
  async #call<R>(
    options: CallOptions,
    facts: Omit<CallFacts, 'call'>,
    work: (frame: CallFrame) => Promise<R>,
  ): Promise<R> {
    const frame = {
      services: this.#services,
      guard: this.#guardFor(options.policy),
      callId: createCallId(),
      ...collectLabels(options),
      timeouts: checkTimeouts(options.timeout, this.#timeouts),
      retries: this.#retriesOf(options.retries),
      priority: priorityOf(options.priority),
    }
    const scope = this.#openScope(options, checkSignal(options.signal))
    try {
      scope.throwIfOver()
      return await this.#services.telemetry.call(
        () => ({ call: frame.callId, ...facts }),
        () => work({ ...frame, scope }),
      )
    } finally {
      this.#closeScope(scope)
    }
  }

  #runOf(provider: Provider, { model }: JobTicket): RunFrame {
    const facts = about('job', 'job', { provider, modelId: model })
    return (options, work) => this.#call(options, facts, work)
  }

  #findProvider(name: unknown): Provider {
    const provider = this.#providers.get(name as string)
    if (provider) return provider
    const known = [...this.#providers.keys()].join(', ')
    throw new ConfigurationError(`no provider '${String(name).slice(0, 100)}' is configured; there are: ${known}`, {
      hint: `Укажите одно из: ${known}.`,
    })
  }

  #guardFor(policy: Policy | undefined): Guard {
    if (policy === undefined) return this.#guard
    if (isPolicy(policy)) {
      if (compiledOf(policy).some(({ mode }) => mode === 'observe')) {
        refuse(
          'a policy of a call cannot observe',
          'observe() действует только для политики клиента: createClient({ policy }).',
        )
      }
      return createGuard([this.#policy, policy], this.#abilities)
    }
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
    const kinds = [...new Set([...this.#providers.values()].map(({ kind }) => kind))]
    const stray = Object.keys(given).find((key) => !kinds.includes(key))
    if (stray !== undefined) {
      refuse(
        `providerOptions: '${stray.slice(0, 60)}' is no kind of a configured provider; there are: ${kinds.join(', ')}`,
        `Пишите providerOptions: { ${kinds[0] ?? '…'}: { … } }; есть ${kinds.join(', ')}.`,
      )
    }
    return given
  }

  #retriesOf(given: number | undefined): number {
    checkNumber('retries', given, 0, 10, true)
    return given ?? this.#retries
  }

  #openScope(options: CallOptions, signal: AbortSignal | undefined): CallScope {
    if (this.#closed) throw new ClientClosedError('the client is closed', { hint: closedHint })
    const { totalMs } = checkTimeouts(options.timeout, this.#timeouts)
    this.#warnOnce()
    const scope = new CallScope({ wheel: this.#wheel, limitMs: totalMs, signal })
    this.#open.add(scope)
    return scope
  }

  /** What stops nothing and is worth a word, said at the first call. */
  #warnOnce(): void {
    if (this.#warned) return
    this.#warned = true
    if (!this.#guard.proxy && hasUnusedProxy(process.env)) {
      this.#onWarning({
        code: 'proxy-ignored',
        message:
          'HTTPS_PROXY or a relative is set and not followed: a proxy is named by the policy, domesticOnly({ proxy: { origin, addresses } })',
      })
    }
    if (compiledOf(this.#policy).some(isObserving)) {
      this.#onWarning({
        code: 'policy-observes',
        message: `the policy ${this.#policy.name} only observes: what it would refuse is recorded and sent`,
      })
    }
  }
}

/** Vectors of different models cannot be compared: a move to another one would lose their meaning. */
function checkSameVectors({ targets }: RoutePlan): void {
  const [first] = targets
  const other = targets.find(({ modelId }) => modelId.toLowerCase() !== first?.modelId.toLowerCase())
  if (!other) return
  throw new UnsupportedFeatureError(`vectors of '${first?.modelId}' and '${other.modelId}' cannot be compared`, {
    hint: 'Эмбеддинги разных моделей несравнимы: в fallback, balance и hedge для них годится одна и та же модель разных аккаунтов.',
  })
}

/** A job that was handed over cannot be called back for being the slower one. */
function refuseHedge(route: Route): void {
  if (typeof route === 'number') return
  if (route.type === 'hedge') {
    throw new UnsupportedFeatureError('a job cannot be hedged: both would be done and paid for', {
      hint: 'Для submitText используйте client.fallback([…]) или client.balance([…]).',
    })
  }
  route.routes.forEach(refuseHedge)
}

const priorities = { low: -1, normal: 0, high: 1 } as const

function priorityOf(given: unknown): number {
  return priorities[checkWord('priority', given, ['normal', 'low', 'high'])]
}

/** What a call is about, as telemetry is told. */
function about(
  verb: string,
  operation: OperationKind,
  ...asked: readonly { readonly provider: Provider; readonly modelId?: string }[]
): Omit<CallFacts, 'call'> {
  const targets = asked.map(({ provider, modelId }) => ({
    provider: provider.name,
    ...(modelId !== undefined && { model: modelId }),
  }))
  return { verb, operation, targets }
}

function describeText(verb: string, { callId, targets }: TextCallOptions): CallFacts {
  return { call: callId, ...about(verb, 'chat', ...targets) }
}

function abilityOf(audit: AuditLog | undefined): Abilities['audit'] {
  if (!audit) return 'none'
  return audit.strict ? 'strict' : 'lenient'
}

function emitWarning({ code, message }: Warning): void {
  process.emitWarning(message, { type: 'ShlyuzWarning', code })
}

const closedHint = 'Клиент закрыт (close): создайте новый или закрывайте его после последнего вызова.'
