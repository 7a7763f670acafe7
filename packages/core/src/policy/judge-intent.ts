import type { OperationKind } from '../provider.ts'
import type { CompiledPolicy } from './compile-policy.ts'
import type { Facts, Finding, RuleEffect } from './decision.ts'
import type { ContentFacts, Intent, ModelIdentity } from './intent.ts'
import type { ReasonCode } from './reason-codes.ts'
import type { Rule } from './rule.ts'

/** All that a policy's built-in and own rules say of an intent. Every rule is asked, also after a refusal. */
export function collectFindings(policy: CompiledPolicy, intent: Intent): (Finding | Promise<Finding>)[] {
  return [...builtInFindings(policy, intent), ...policy.rules.map((one) => askRule(policy, one, intent))]
}

function builtInFindings(policy: CompiledPolicy, intent: Intent): Finding[] {
  const found: Finding[] = []
  const say = (rule: string, effect: RuleEffect, code: ReasonCode, facts: Facts): void => {
    found.push(Object.freeze({ policy: policy.name, rule, effect, code, facts: Object.freeze(facts) }))
  }
  const { model, content } = intent
  if (policy.models && model) {
    const code = judgeModel(policy, model)
    const { id, developer, weights, base } = model
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
    // Only a policy about nothing else permits by it: beside other sections it narrows what they permit.
    else say('providerLogging', speaksOfNothingElse(policy) ? 'permit' : 'abstain', 'ok', facts)
  } else if (policy.providerLogging && speaksOfNothingElse(policy)) {
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

/** Operations that send no content of the caller's. */
const withoutContent: ReadonlySet<OperationKind> = new Set(['token', 'models'])

function speaksOfNothingElse({ origins, models, rules }: CompiledPolicy): boolean {
  return origins === undefined && models === undefined && rules.length === 0
}

function judgeModel({ models }: CompiledPolicy, model: ModelIdentity): ReasonCode {
  const { developer, weights } = models as NonNullable<CompiledPolicy['models']>
  if (!developer.has('*')) {
    if (model.developer === 'unknown') return 'model.unknown'
    if (!developer.has(model.developer)) return 'model.foreign'
  }
  return weights.has('*') || weights.has(model.weights) ? 'ok' : 'model.weights'
}

/** Own rules fail closed: an exception, silence or nonsense is a no. */
function askRule(policy: CompiledPolicy, rule: Rule, intent: Intent): Finding | Promise<Finding> {
  const finding = (effect: RuleEffect, code: ReasonCode): Finding =>
    Object.freeze({ policy: policy.name, rule: `${rule.name}@${rule.version}`, effect, code, facts: Object.freeze({}) })
  const read = (answer: unknown): Finding => {
    if (answer === 'permit' || answer === 'abstain') return finding(answer, 'ok')
    return finding('forbid', answer === 'forbid' ? 'policy.forbidden' : 'policy.invalid')
  }
  // Made only for a rule that reads it: a signal per call is dear.
  let controller: AbortController | undefined
  const context = {
    get signal(): AbortSignal {
      controller ??= new AbortController()
      return controller.signal
    },
  }
  const startedAt = performance.now()
  try {
    const answer: unknown = rule.evaluate(intent, context)
    if (typeof (answer as PromiseLike<unknown> | undefined)?.then !== 'function') {
      // Nothing can stop a rule that blocks; its answer comes too late all the same.
      return performance.now() - startedAt > rule.timeLimitMs ? finding('forbid', 'policy.timeout') : read(answer)
    }
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
        (value) => settle(read(value)),
        () => settle(finding('forbid', 'policy.error')),
      )
    })
  } catch {
    return finding('forbid', 'policy.error')
  }
}
