import { domainToUnicode } from 'node:url'

/** A URL as spelled, taken apart once. */
export interface SpelledUrl {
  readonly url: URL
  /** The host in the text, before any repair by the parser; `undefined` when the text cannot be read in one way. */
  readonly rawHost: string | undefined
  readonly hasUserinfo: boolean
}

/** `undefined`: it is no URL. */
export function parseSpelled(spelled: string): SpelledUrl | undefined {
  const url = URL.parse(spelled)
  if (!url) return undefined
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#\\]*)/i.exec(spelled)?.[1]
  // An empty user part leaves no trace in the parsed URL.
  const hasUserinfo = url.username !== '' || url.password !== '' || authority?.includes('@') === true
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const twofold = /[\u0000-\u0020\u007f\\]/.test(spelled)
  return { url, rawHost: twofold ? undefined : authority?.replace(/:\d*$/, ''), hasUserinfo }
}

/**
 * True when the text spells its host as the parser reads it, or in its Unicode form. Percent signs, full-width
 * letters, soft hyphens, odd dots, tabs, backslashes, missing slashes and short or octal addresses are all repaired
 * by the parser, and read otherwise by something else.
 */
export function isSpelledPlainly({ url, rawHost }: Pick<SpelledUrl, 'url' | 'rawHost'>): boolean {
  if (rawHost === undefined) return false
  // Only ASCII letters: `toLowerCase` would also make a plain k of the Kelvin sign.
  if (rawHost.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) === url.hostname) return true
  return rawHost.normalize('NFKC') === rawHost && rawHost.toLowerCase() === domainToUnicode(url.hostname)
}
