/**
 * The wait of a `Retry-After` header in ms (RFC 9110, section 10.2.3: seconds or an HTTP date). Values that cannot
 * be used (negative, not a number, a date in the past) are `undefined`: then our own back-off serves.
 */
export function readRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  if (!/^[A-Z][a-z]{2}/.test(text)) return undefined
  const wait = Date.parse(text) - now
  return wait > 0 ? wait : undefined
}
