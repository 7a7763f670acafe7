import type { GrantedAccess } from '../auth/authorizer.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { createDeniedError } from '../policy/create-denied-error.ts'
import type { Decision } from '../policy/decision.ts'
import type { Guard } from '../policy/guard.ts'
import type { Endpoint, Multipart, Provider, WireRequest } from '../provider.ts'
import { HttpExchange, type AnswerReader } from '../transport/http-exchange.ts'
import type { OriginPool } from '../transport/pools.ts'
import { send } from '../transport/send.ts'
import type { CallContext } from './call-context.ts'
import { createHeaders } from './create-headers.ts'
import { auditSend, type AuditTicket } from './audit-call.ts'
import { encodeMultipart } from './encode-multipart.ts'
import { JudgedUrl } from './judged-url.ts'
import { lookIntoBody } from './look-into-body.ts'

/** A request on its way. */
export interface OpenedExchange {
  readonly exchange: HttpExchange
  /** Given where the client has an audit log. */
  readonly ticket: AuditTicket | undefined
}

/** Judgements of endpoint addresses: the spelling of a URL is parsed and judged once per policy, not per call. */
const judgements = new WeakMap<Guard, WeakMap<Endpoint, JudgedUrl[]>>()
/** For one endpoint: a few models, a few methods. */
const judgementLimit = 50

/** What depth 2 has approved. */
interface ApprovedExchange {
  readonly context: CallContext
  readonly request: WireRequest
  readonly reader: AnswerReader
  readonly endpoint: Endpoint
  readonly origin: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string | Uint8Array | undefined
}

/**
 * Policy, depth 2, then the door: judges the exact URL and headers of one attempt and sends it, in the same turn where
 * the pool is open and no log has to be written first. What it throws was thrown before any byte left.
 */
export function openExchange(
  context: CallContext,
  request: WireRequest,
  granted: GrantedAccess | undefined,
  reader: AnswerReader,
): OpenedExchange | Promise<OpenedExchange> {
  const { guard, services, secretRequest } = context
  const approved = approve(context, request, granted, reader)
  const pool = services.pools.get(approved.origin, approved.endpoint, guard, secretRequest)
  if (pool instanceof Promise || services.audit) return openLater(approved, pool)
  return sendApproved(approved, pool, undefined)
}

async function openLater(
  approved: ApprovedExchange,
  opening: OriginPool | Promise<OriginPool>,
): Promise<OpenedExchange> {
  const { scope, record, services } = approved.context
  const pool = opening instanceof Promise ? await scope.race(opening) : opening
  record.socketDecisions = pool.observed
  const ticket = services.audit && (await scope.race(auditSend(services.audit, record)))
  return sendApproved(approved, pool, ticket)
}

function approve(
  context: CallContext,
  request: WireRequest,
  granted: GrantedAccess | undefined,
  reader: AnswerReader,
): ApprovedExchange {
  const { guard, scope, record } = context
  scope.throwIfOver()
  const endpoint = endpointOf(context.provider, request)
  const judged = judgeEndpoint(context, endpoint, request)
  const { decision, origin } = judged
  record.decide(decision)
  if (decision.verdict === 'deny' || origin === undefined) throw createDeniedError(decision)
  record.origin = origin
  const { body } = request
  const form = isForm(body) ? encodeMultipart(body) : undefined
  const demanded = request.operation === 'token' ? undefined : context.headers
  const headers = createHeaders(request, granted?.access, form?.contentType, demanded)
  const denial =
    judgeDemanded(context, request, demanded) ??
    guard.judgeHeaders(headers) ??
    guard.judgeEnvironment(process.env, scope.wheel.now) ??
    lookIntoBody(context, request)
  if (denial) throw createDeniedError(denial)
  const path = judged.pathOf(request)
  return { context, request, reader, endpoint, origin, path, headers, body: isForm(body) ? form?.bytes : body }
}

function sendApproved(
  { context, request, reader, origin, path, headers, body }: ApprovedExchange,
  pool: OriginPool,
  ticket: AuditTicket | undefined,
): OpenedExchange {
  const { guard, scope, record } = context
  record.socketDecisions = pool.observed
  scope.throwIfOver()
  const exchange = new HttpExchange(scope, context.limits, reader, origin)
  send(pool, guard, { method: request.method, path, headers, body }, exchange)
  record.peers = pool.peers
  return { exchange, ticket }
}

/** A header that the adapter sets to another value means something to the service: a rule must not change it unseen. */
function judgeDemanded(
  { guard }: CallContext,
  { headers = {} }: WireRequest,
  demanded: Readonly<Record<string, string>> | undefined,
): Decision | undefined {
  if (!demanded) return undefined
  const changed = Object.entries(headers).find(([name, value]) => {
    const wanted = demanded[name.toLowerCase()]
    return wanted !== undefined && wanted !== value
  })
  if (!changed) return undefined
  const reason = `the adapter sets the header ${changed[0].toLowerCase()} to another value`
  return guard.refuse('policy.obligation_unmet', 'url', { obligation: 'header', reason })
}

/** An adapter names an endpoint; credential-only ones serve the token exchange alone, by their exact URL. */
function endpointOf(provider: Provider, request: WireRequest): Endpoint {
  const endpoint = Object.hasOwn(provider.endpoints, request.endpoint)
    ? provider.endpoints[request.endpoint]
    : undefined
  const exact = request.operation === 'token' && request.path === '' && !request.query
  if (endpoint && (!endpoint.credentialOnly || exact)) return endpoint
  throw new ConfigurationError(
    `provider '${provider.name}' has no endpoint '${request.endpoint}' for ${request.operation}`,
    {
      provider: provider.name,
      hint: 'Ошибка адаптера: операция называет адрес, которого нет в endpoints.',
    },
  )
}

function judgeEndpoint({ guard, model }: CallContext, endpoint: Endpoint, request: WireRequest): JudgedUrl {
  const known = approvedOf(guard, endpoint)
  const { method } = request
  const hasBody = request.body !== undefined
  for (const one of known) if (one.isFor(method, hasBody, model?.id)) return one
  const credentialOnly = endpoint.credentialOnly === true
  const judgement = guard.judgeUrl(endpoint.url, { credentialOnly, method, hasBody, ...(model && { model }) })
  const judged = new JudgedUrl(judgement, method, hasBody, model?.id)
  const { verdict, would } = judged.decision
  // A refusal is said anew to each call, and what was only observed is judged anew: observing may end.
  if (verdict === 'allow' && !would && known.length < judgementLimit) known.push(judged)
  return judged
}

function approvedOf(guard: Guard, endpoint: Endpoint): JudgedUrl[] {
  let byEndpoint = judgements.get(guard)
  if (!byEndpoint) judgements.set(guard, (byEndpoint = new WeakMap()))
  let approved = byEndpoint.get(endpoint)
  if (!approved) byEndpoint.set(endpoint, (approved = []))
  return approved
}

function isForm(body: WireRequest['body']): body is Multipart {
  return typeof body === 'object' && !(body instanceof Uint8Array)
}
