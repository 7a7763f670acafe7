import type { CompiledPolicy } from './compile-policy.ts'
import { judgeData, withoutContent } from './judge-data.ts'
import type { Facts, Finding, Obligation, RuleEffect } from './decision.ts'
import type { ContentFacts, Intent, ModelIdentity } from './intent.ts'
import type { ModelDeclaration } from './policy-document.ts'
import type { ReasonCode } from './reason-codes.ts'
import type { Rule } from './rule.ts'
import { readAnswer } from './read-answer.ts'

/** All that a policy's built-in and own rules say of an intent. Every rule is asked, also after a refusal. */
export function collectFindings(policy: CompiledPolicy, intent: Intent): (Finding | Promise<Finding>)[] {
  return [...builtInFindings(policy, intent), ...policy.rules.map((one) => askRule(policy, one, intent))]
}

function builtInFindings(policy: CompiledPolicy, intent: Intent): Finding[] {
  const found: Finding[] = []
  const say = (
    rule: string,
    effect: RuleEffect,
    code: ReasonCode,
    facts: Facts,
    obligations?: readonly Obligation[],
  ): void => {
    const finding = { policy: policy.name, rule, effect, code, facts: Object.freeze(facts) }
    found.push(Object.freeze({ ...finding, ...(obligations && { obligations }) }))
  }
  const { model, content } = intent
  // A policy about the content alone permits what it has nothing against; beside other sections it only narrows.
  const fine = speaksOfContentAlone(policy) ? 'permit' : 'abstain'
  if (policy.models && model) {
    const { code, identity } = judgeModel(policy, model, intent)
    const { id, developer, weights, base } = identity
    // An unknown model at an address that is not listed either: one line of the policy would name both.
    const origin = code === 'model.unknown' ? intent.origins.find((one) => !lists(policy, one)) : undefined
    say('models', code === 'ok' ? 'permit' : 'forbid', code, {
      model: id,
      developer,
      weights,
      ...(base && { base }),
      ...(origin !== undefined && { origin }),
    })
  } else if (policy.origins && !model) {
    say('operations', 'permit', 'ok', { operation: intent.operation })
  }
  const reach = findReach(policy, content)
  if (reach) say('content', 'forbid', 'content.remote_url', reach)
  if (policy.providerLogging && !withoutContent.has(intent.operation)) {
    const { providerLogging: logging } = intent
    const facts = { operation: intent.operation, logging }
    if (!policy.providerLogging.has(logging)) say('providerLogging', 'forbid', 'data.provider_logging', facts)
    else say('providerLogging', fine, 'ok', facts)
  }
  if (policy.data) {
    const { code, facts, obligations } = judgeData(policy.data, intent)
    say('data', code === 'ok' ? fine : 'forbid', code, facts, obligations)
  }
  if (policy.audit)
    say('audit', fine, 'ok', {}, [{ kind: 'log', level: policy.audit === 'strict' ? 'strict' : 'meta' }])
  if (fine === 'permit' && !found.some(({ effect }) => effect === 'permit') && spoke(policy)) {
    say('operations', 'permit', 'ok', { operation: intent.operation })
  }
  return found
}

function lists({ origins }: CompiledPolicy, origin: string): boolean {
  return origins === undefined || origins.some((one) => one.origin === origin)
}

/** What would make the service fetch or send elsewhere, and the policy does not list. */
function findReach({ origins, remote }: CompiledPolicy, content: ContentFacts): Facts | undefined {
  if (!origins && !remote) return undefined
  const links = remote?.has('links') ? 0 : content.remoteUrls
  const tools = content.remoteTools.filter((name) => !remote?.has(name))
  if (links === 0 && tools.length === 0) return undefined
  return { ...(links > 0 && { links }), ...(tools.length > 0 && { tools: tools.join(', ') }) }
}

function speaksOfContentAlone({ origins, models, rules }: CompiledPolicy): boolean {
  return origins === undefined && models === undefined && rules.length === 0
}

function spoke({ providerLogging, data, audit }: CompiledPolicy): boolean {
  return (providerLogging ?? data ?? audit) !== undefined
}

type Declared = Map<string, ModelIdentity | undefined>

/** By policy and by the origins of a provider: both never change, and the same few models are asked for in each call. */
const declared = new WeakMap<CompiledPolicy, WeakMap<readonly string[], Declared>>()
const declaredLimit = 200

/** What a policy itself declares of a model: for origins of the provider, or in its catalogue. */
export function findDeclared(
  policy: CompiledPolicy,
  kind: string,
  id: string,
  origins: readonly string[],
): ModelIdentity | undefined {
  if (!Object.isFrozen(origins)) return lookUpDeclared(policy, kind, id, origins)
  let byOrigins = declared.get(policy)
  if (!byOrigins) declared.set(policy, (byOrigins = new WeakMap()))
  let known = byOrigins.get(origins)
  if (!known) byOrigins.set(origins, (known = new Map()))
  const key = `${kind} ${id}`
  if (known.has(key)) return known.get(key)
  const found = lookUpDeclared(policy, kind, id, origins)
  if (known.size < declaredLimit) known.set(key, found)
  return found
}

function lookUpDeclared(
  { origins: listed = [], catalogue }: CompiledPolicy,
  kind: string,
  id: string,
  origins: readonly string[],
): ModelIdentity | undefined {
  const wanted = id.toLowerCase()
  const isIt = (one: ModelDeclaration): boolean => one.id === id || one.id.toLowerCase() === wanted
  const [first, ...others] = listed.flatMap(({ origin, models }) =>
    models.length > 0 && origins.includes(origin) ? models.filter(isIt) : [],
  )
  if (first === undefined) return catalogue.find((one) => one.provider === kind && isIt(one))
  if (others.every((other) => isSameModel(other, first))) return first
  // The order of the origins must not choose between them.
  return { id, developer: 'unknown', weights: 'unknown', source: 'declared differently by origin', asOf: '' }
}

export function isSameModel(a: ModelIdentity, b: ModelIdentity): boolean {
  const isSameId = a.id.toLowerCase() === b.id.toLowerCase()
  return isSameId && a.developer === b.developer && a.weights === b.weights && a.base === b.base
}

/** By what the outermost policy knows of the model, and by what this one declares: that may narrow, never widen. */
function judgeModel(
  policy: CompiledPolicy,
  model: ModelIdentity,
  { provider, origins }: Intent,
): { readonly code: ReasonCode; readonly identity: ModelIdentity } {
  const own = findDeclared(policy, provider, model.id, origins)
  const code = judgeIdentity(policy, model)
  if (code !== 'ok' || !own || own === model) return { code, identity: model }
  return { code: judgeIdentity(policy, own), identity: own }
}

function judgeIdentity({ models }: CompiledPolicy, model: ModelIdentity): ReasonCode {
  const { developer, weights } = models as NonNullable<CompiledPolicy['models']>
  if (!developer.has('*')) {
    if (model.developer === 'unknown') return 'model.unknown'
    if (!developer.has(model.developer)) return 'model.foreign'
  }
  return weights.has('*') || weights.has(model.weights) ? 'ok' : 'model.weights'
}

/** Own rules fail closed: an exception, silence or nonsense is a no. */
function askRule(policy: CompiledPolicy, rule: Rule, intent: Intent): Finding | Promise<Finding> {
  const about = { policy: policy.name, rule: `${rule.name}@${rule.version}` }
  const finding = (effect: RuleEffect, code: ReasonCode): Finding =>
    Object.freeze({ ...about, effect, code, facts: Object.freeze({}) })
  const read = (answer: unknown): Finding => Object.freeze({ ...about, ...readAnswer(answer) })
  // Made only for a rule that reads it: a signal per call is dear.
  let controller: AbortController | undefined
  const context = {
    get signal(): AbortSignal {
      controller ??= new AbortController()
      return controller.signal
    },
  }
  const startedAt = performance.now()
  // Nothing can stop a rule that blocks, and no timer fires meanwhile; its answer comes too late all the same.
  const readInTime = (answer: unknown): Finding =>
    performance.now() - startedAt > rule.timeLimitMs ? finding('forbid', 'policy.timeout') : read(answer)
  try {
    const answer: unknown = rule.evaluate(intent, context)
    if (typeof (answer as PromiseLike<unknown> | undefined)?.then !== 'function') return readInTime(answer)
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        resolve(finding('forbid', 'policy.timeout'))
        controller?.abort(new Error('the time limit of the rule is over'))
      }, rule.timeLimitMs)
      const settle = (made: Finding): void => {
        clearTimeout(timer)
        resolve(made)
      }
      // Adopted first: a thenable of its own may throw, or answer twice.
      Promise.resolve(answer).then(
        (value) => settle(readInTime(value)),
        () => settle(finding('forbid', 'policy.error')),
      )
    })
  } catch {
    return finding('forbid', 'policy.error')
  }
}
