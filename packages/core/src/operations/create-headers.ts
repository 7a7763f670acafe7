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
  demanded?: Readonly<Record<string, string>>,
): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': userAgent }
  const { accept } = request
  if (accept.length > 0) headers['accept'] = accept.length === 1 ? (accept[0] as string) : accept.join(', ')
  if (typeof request.body === 'string') headers['content-type'] = 'application/json'
  enter(headers, request.headers)
  if (demanded) Object.assign(headers, demanded)
  if (formType !== undefined) headers['content-type'] = formType
  enter(headers, access?.headers)
  return headers
}

/** By keys: `Object.entries` takes as long as all of the rest. */
function enter(headers: Record<string, string>, more: Readonly<Record<string, string>> | undefined): void {
  if (!more) return
  for (const name of Object.keys(more)) headers[name.toLowerCase()] = more[name] as string
}
