import type { Access, WireRequest } from '../provider.ts'

/** States who asks; GigaChat's token endpoint wants some user agent. */
const userAgent = 'shlyuz/0.1'

/**
 * The headers of one attempt, lower-case. No `accept-encoding`: a compressed answer is neither asked for nor read,
 * so there is nothing to blow up. `formType`: content type of an encoded form; only core knows its boundary.
 * `demanded`: by the policy; none that the adapter sets to another value.
 */
export function createHeaders(
  request: WireRequest,
  access: Access | undefined,
  formType?: string,
  demanded: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': userAgent }
  if (request.accept.length > 0) headers['accept'] = request.accept.join(', ')
  if (typeof request.body === 'string') headers['content-type'] = 'application/json'
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value
  Object.assign(headers, demanded)
  if (formType !== undefined) headers['content-type'] = formType
  for (const [name, value] of Object.entries(access?.headers ?? {})) headers[name.toLowerCase()] = value
  return headers
}
