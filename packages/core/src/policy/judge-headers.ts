import type { ReasonCode } from './reason-codes.ts'

/** Headers that decide over routing or framing: undici takes the name for the certificate check from `host`. */
const forbidden = new Set([
  'connection', 'transfer-encoding', 'content-length', 'te', 'trailer', 'upgrade', 'expect', 'keep-alive', 'forwarded', ':authority',
]) // oxfmt-ignore

/** Names that were found good: the same few in each request. Bounded, since a caller may name any. */
const good = new Set<string>()
const goodLimit = 200

/** The first header that may not go out; `undefined` when all may. Values are never quoted. */
export function findBadHeader(
  headers: Readonly<Record<string, string>>,
): { readonly code: ReasonCode; readonly name: string } | undefined {
  for (const name of Object.keys(headers)) {
    if (good.has(name)) {
      if (isFieldValue(headers[name])) continue
      return { code: 'header.invalid', name }
    }
    const lower = name.toLowerCase()
    if (lower === 'host') return { code: 'header.host_override', name }
    if (
      forbidden.has(lower) ||
      lower.startsWith('proxy-') ||
      lower.startsWith('x-forwarded-') ||
      lower.startsWith(':')
    ) {
      return { code: 'header.forbidden', name }
    }
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name) || !isFieldValue(headers[name])) {
      return { code: 'header.invalid', name: name.replaceAll(/[^\w-]/g, '?').slice(0, 60) }
    }
    if (good.size < goodLimit) good.add(name)
  }
  return undefined
}

/** Visible ASCII, Latin-1, space and tab: no line break can begin another header (RFC 9110, section 5.5). */
const fieldValue = /^[\t\u0020-\u007e\u0080-\u00ff]*$/

function isFieldValue(value: unknown): boolean {
  return typeof value === 'string' && fieldValue.test(value)
}
