import type { GrantedAccess } from '../auth/authorizer.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { createDeniedError } from '../policy/create-denied-error.ts'
import type { Guard } from '../policy/guard.ts'
import type { Endpoint, Multipart, Provider, WireRequest } from '../provider.ts'
import { HttpExchange, type AnswerReader } from '../transport/http-exchange.ts'
import { send } from '../transport/send.ts'
import type { CallContext } from './call-context.ts'
import { createHeaders } from './create-headers.ts'
import { encodeMultipart } from './encode-multipart.ts'

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
): Promise<HttpExchange> {
  const { guard, scope, record, services } = context
  scope.throwIfOver()
  const endpoint = endpointOf(context.provider, request)
  const { decision, url, origin } = judgeEndpoint(context, endpoint, request)
  record.decide(decision)
  if (decision.verdict === 'deny' || !url || !origin) throw createDeniedError(decision)
  record.origin = origin
  const { body } = request
  const form = isForm(body) ? encodeMultipart(body) : undefined
  const headers = createHeaders(request, granted?.access, form?.contentType)
  const denial = guard.judgeHeaders(headers) ?? guard.judgeEnvironment(process.env)
  if (denial) throw createDeniedError(denial)
  const pool = await scope.race(services.pools.get(origin, endpoint, guard, context.secretRequest))
  scope.throwIfOver()
  const exchange = new HttpExchange(scope, context.limits, reader, origin)
  send(
    pool,
    { method: request.method, path: joinPath(url, request), headers, body: isForm(body) ? form?.bytes : body },
    exchange,
  )
  record.peers = pool.peers
  return exchange
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
    byRequest.set(key, judged)
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
  const query = new URLSearchParams(request.query).toString()
  return query === '' ? path : `${path}?${query}`
}
