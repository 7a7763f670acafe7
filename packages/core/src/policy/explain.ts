import { ShlyuzError } from '../errors/shlyuz-error.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import type { OperationKind, Provider } from '../provider.ts'
import type { ModelRef } from '../vocabulary/models.ts'
import { describeDecision } from './describe-decision.ts'
import type { Decision } from './decision.ts'
import { isPolicy, type Policy } from './define-policy.ts'
import { createGuard, type Guard } from './guard.ts'
import type { ContentFacts, Intent } from './intent.ts'
import { collectLabels } from './with-labels.ts'

/** A wish to be judged without being carried out. */
export interface ExplainedIntent {
  /** An adapter's provider, or the vendor's kind (`'gigachat'`): then `model` is a catalogue id. */
  readonly provider: Provider | string
  /** As in a model reference, without the provider's prefix. Absent: an operation that names no model. */
  readonly model?: string
  /** An address to be judged as well, at depth 2. Default: those of the provider, where it is given. */
  readonly url?: string
  /** @default 'chat' */
  readonly operation?: OperationKind
  readonly labels?: Readonly<Record<string, string>>
  readonly dataClass?: string | readonly string[]
  /** What the content holds. @default nothing */
  readonly content?: Partial<ContentFacts>
}

/** A decision, in words. */
export interface Explanation extends Decision {
  readonly text: { readonly en: string; readonly ru: string }
}

/**
 * What a policy would say, and why: what is asked (depth 1) and the address (depth 2). Nothing is sent and no name is
 * looked up; addresses and answers are judged when there are some.
 * @throws ConfigurationError for what is no policy or no intent
 */
export async function explain(policy: Policy, intent: ExplainedIntent): Promise<Explanation> {
  if (!isPolicy(policy) || !isIntent(intent)) {
    throw new ConfigurationError('explain() takes a policy and { provider, model }', {
      hint: "Пишите explain(domesticOnly(), { provider: gigachat(), model: 'GigaChat-2-Max' }).",
    })
  }
  const guard = createGuard([policy], { audit: 'strict' })
  const decision = await decide(guard, intent)
  return Object.freeze({ ...decision, text: describeDecision(decision) })
}

const known = ['provider', 'model', 'url', 'operation', 'labels', 'dataClass', 'content']

/** A mistyped `model` must not become an operation that names none. */
function isIntent(given: unknown): boolean {
  if (typeof given !== 'object' || given === null || !Object.keys(given).every((key) => known.includes(key)))
    return false
  const { provider } = given as { readonly provider?: unknown }
  if (typeof provider === 'string') return true
  return typeof provider === 'object' && provider !== null && 'endpoints' in provider && 'parseModel' in provider
}

async function decide(guard: Guard, given: ExplainedIntent): Promise<Decision> {
  const kind = typeof given.provider === 'string' ? given.provider : given.provider.kind
  const urls = addressesOf(given)
  const origins = urls.flatMap((url) => URL.parse(url)?.origin ?? [])
  const ref = given.model === undefined ? undefined : parse(given.provider, given.model)
  if (ref === 'unparseable')
    return guard.refuse('model.unparseable', 'intent', { model: String(given.model).slice(0, 200) })
  const model = ref && guard.identify(kind, ref, origins)
  const intent: Intent = Object.freeze({
    operation: given.operation ?? 'chat',
    provider: kind,
    ...(model && { model }),
    origins,
    stream: false,
    content: Object.freeze({ ...nothing, ...given.content }),
    providerLogging: typeof given.provider === 'string' ? 'not stated' : given.provider.providerLogging,
    ...collectLabels(given),
  })
  const decision = await guard.judgeIntent(intent)
  if (decision.verdict === 'deny') return decision
  for (const url of urls) {
    const request = { credentialOnly: false, method: 'POST', hasBody: true, ...(model && { model }) }
    const { decision: judged } = guard.judgeUrl(url, request)
    if (judged.verdict === 'deny' || (judged.would && !decision.would)) return judged
  }
  return decision
}

const nothing: ContentFacts = {
  messages: 1,
  characters: 0,
  images: 0,
  files: 0,
  remoteUrls: 0,
  remoteTools: [],
  personal: {},
}

function addressesOf({ url, provider }: ExplainedIntent): readonly string[] {
  if (url !== undefined) return [url]
  if (typeof provider === 'string') return []
  return Object.values(provider.endpoints)
    .filter(({ credentialOnly }) => !credentialOnly)
    .map((endpoint) => endpoint.url)
}

function parse(provider: Provider | string, model: string): ModelRef | 'unparseable' {
  // Only an adapter knows how its service spells models; a plain id needs none.
  if (typeof provider === 'string') return /^[\w.@-]+$/.test(model) ? { id: model, catalogueId: model } : 'unparseable'
  try {
    return provider.parseModel(model)
  } catch (error) {
    if (ShlyuzError.isInstance(error)) return 'unparseable'
    throw error
  }
}
