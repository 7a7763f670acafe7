import { domainToUnicode } from 'node:url'

/** A URL as spelled, taken apart once. */
export interface SpelledUrl {
  readonly url: URL
  /** The host in the text, before any repair by the parser; `undefined` when the text has no `//`. */
  readonly rawHost: string | undefined
  readonly hasUserinfo: boolean
}

/** `undefined`: it is no URL. */
export function parseSpelled(spelled: string): SpelledUrl | undefined {
  const url = URL.parse(spelled)
  if (!url) return undefined
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(spelled)?.[1]
  const hasUserinfo = url.username !== '' || url.password !== ''
  return { url, rawHost: authority?.replace(/:\d*$/, ''), hasUserinfo }
}

/**
 * True when the text spells its host as the parser reads it, or in its Unicode form. Percent signs, full-width
 * letters, soft hyphens, odd dots, tabs, backslashes, missing slashes and short or octal addresses are all repaired
 * by the parser, and read otherwise by something else.
 */
export function isSpelledPlainly({ url, rawHost }: SpelledUrl, spelled: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (rawHost === undefined || /[\u0000-\u0020\u007f\\]/.test(spelled)) return false
  const raw = rawHost.toLowerCase()
  return raw === url.hostname || raw === domainToUnicode(url.hostname)
}
