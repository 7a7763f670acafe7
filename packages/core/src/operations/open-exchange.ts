import type { GrantedAccess } from '../auth/authorizer.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { createDeniedError } from '../policy/create-denied-error.ts'
import type { Decision } from '../policy/decision.ts'
import type { Guard } from '../policy/guard.ts'
import type { Endpoint, Multipart, Provider, WireRequest } from '../provider.ts'
import { HttpExchange, type AnswerReader } from '../transport/http-exchange.ts'
import { send } from '../transport/send.ts'
import type { CallContext } from './call-context.ts'
import { createHeaders } from './create-headers.ts'
import { auditSend, type AuditTicket } from './audit-call.ts'
import { encodeMultipart } from './encode-multipart.ts'
import { lookIntoBody } from './look-into-body.ts'

/** A request on its way. */
export interface OpenedExchange {
  readonly exchange: HttpExchange
  /** Given where the client has an audit log. */
  readonly ticket: AuditTicket | undefined
}

type ApprovedUrl = ReturnType<Guard['judgeUrl']>

/** Judgements of endpoint addresses: the spelling of a URL is parsed and judged once per policy, not per call. */
const approved = new WeakMap<Guard, WeakMap<Endpoint, Map<string, ApprovedUrl>>>()

/**
 * Policy, depth 2, then the door: judges the exact URL and headers of one attempt and sends it. What it throws was
 * thrown before any byte left.
 */
export async function openExchange(
  context: CallContext,
  request: WireRequest,
  granted: GrantedAccess | undefined,
  reader: AnswerReader,
): Promise<OpenedExchange> {
  const { guard, scope, record, services } = context
  scope.throwIfOver()
  const endpoint = endpointOf(context.provider, request)
  const { decision, url, origin } = judgeEndpoint(context, endpoint, request)
  record.decide(decision)
  if (decision.verdict === 'deny' || !url || !origin) throw createDeniedError(decision)
  record.origin = origin
  const { body } = request
  const form = isForm(body) ? encodeMultipart(body) : undefined
  const demanded = request.operation === 'token' ? undefined : context.headers
  const headers = createHeaders(request, granted?.access, form?.contentType, demanded)
  const denial =
    judgeDemanded(context, request, demanded) ??
    guard.judgeHeaders(headers) ??
    guard.judgeEnvironment(process.env) ??
    lookIntoBody(context, request)
  if (denial) throw createDeniedError(denial)
  const pool = await scope.race(services.pools.get(origin, endpoint, guard, context.secretRequest))
  record.socketDecisions = pool.observed
  const ticket = services.audit && (await scope.race(auditSend(services.audit, record)))
  scope.throwIfOver()
  const exchange = new HttpExchange(scope, context.limits, reader, origin)
  const before = pool.opened()
  exchange.wasKeptAlive = () => pool.opened() === before
  send(
    pool,
    guard,
    { method: request.method, path: joinPath(url, request), headers, body: isForm(body) ? form?.bytes : body },
    exchange,
  )
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

function judgeEndpoint({ guard, model }: CallContext, endpoint: Endpoint, request: WireRequest): ApprovedUrl {
  let byEndpoint = approved.get(guard)
  if (!byEndpoint) approved.set(guard, (byEndpoint = new WeakMap()))
  let byRequest = byEndpoint.get(endpoint)
  if (!byRequest) byEndpoint.set(endpoint, (byRequest = new Map()))
  const key = `${request.method} ${request.body !== undefined} ${model?.id ?? ''}`
  let judged = byRequest.get(key)
  if (!judged) {
    judged = guard.judgeUrl(endpoint.url, {
      credentialOnly: endpoint.credentialOnly === true,
      method: request.method,
      hasBody: request.body !== undefined,
      ...(model && { model }),
    })
    // A refusal is said anew to each call, and what was only observed is judged anew: observing may end.
    if (judged.decision.verdict === 'allow' && !judged.decision.would) byRequest.set(key, judged)
  }
  return judged
}

function isForm(body: WireRequest['body']): body is Multipart {
  return typeof body === 'object' && !(body instanceof Uint8Array)
}

/** The path of the approved URL with the operation's own behind it; without one the URL goes as it was approved. */
function joinPath(url: URL, request: WireRequest): string {
  if (request.path === '' && !request.query) return url.pathname + url.search
  const path = url.pathname.replace(/\/+$/, '') + request.path
  if (!request.query) return path
  const query = new URLSearchParams(request.query).toString()
  return query === '' ? path : `${path}?${query}`
}
