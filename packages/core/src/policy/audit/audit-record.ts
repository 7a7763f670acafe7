/**
 * What is recorded of a decision, or of what came of an attempt. The type has no place for a prompt, an answer, a key
 * or a masked value, and what is not in the type is not written.
 */
export interface AuditRecord {
  /** `decision` is written before bytes leave, `outcome` when the attempt has ended. */
  readonly type: 'decision' | 'outcome'
  readonly call: string
  readonly decision: string
  /** Which try of the call, from 1. */
  readonly attempt?: number
  readonly verdict: 'allow' | 'deny'
  /** What a policy that only observes would have said. */
  readonly would?: 'deny'
  readonly code: string
  readonly depth: string
  readonly mode: 'enforce' | 'observe'
  readonly policy: { readonly name: string; readonly digest: string }
  /** What was asked for, such as `'generateText'`. */
  readonly operation?: string
  readonly target: {
    readonly provider: string
    readonly origin?: string
    readonly address?: string
    readonly model?: string
  }
  readonly content?: {
    readonly messages: number
    readonly characters: number
    readonly images: number
    readonly files: number
    /** Personal data that was masked, by type. */
    readonly masked?: Readonly<Record<string, number>>
    /** Personal data that was found and sent, by type. */
    readonly personal?: Readonly<Record<string, number>>
  }
  readonly rules?: readonly { readonly rule: string; readonly effect: string; readonly code: string }[]
  readonly labels: Readonly<Record<string, string>>
  readonly dataClasses?: readonly string[]
  readonly network: 'internet' | 'test'
  readonly outcome?: {
    readonly status?: number
    /** The code of an error, never its message. */
    readonly error?: string
    readonly durationMs: number
    /** The model that answered. */
    readonly answeredBy?: string
  }
  /** Version of Shlyuz. */
  readonly sdk: string
}

/** What the log says of itself, between the records. */
export type LogNote =
  | { readonly type: 'start'; readonly file: number; readonly pid: number; readonly signer?: string }
  | { readonly type: 'recovered'; readonly bytes: number }
  | { readonly type: 'gap'; readonly dropped: number }

const longestText = 256
const mostRules = 100
const mostKeys = 50

/** A copy of the known fields, with texts of bounded length and without control characters. */
export function cleanRecord(record: AuditRecord): Readonly<Record<string, unknown>> {
  const { content, outcome, target } = record
  return {
    time: new Date().toISOString(),
    type: text(record.type),
    decision: text(record.decision),
    call: text(record.call),
    attempt: count(record.attempt),
    verdict: text(record.verdict),
    would: text(record.would) ?? null,
    code: text(record.code),
    depth: text(record.depth),
    mode: text(record.mode),
    policy: { name: text(record.policy.name), digest: text(record.policy.digest) },
    operation: text(record.operation),
    target: {
      provider: text(target.provider),
      origin: text(target.origin) ?? null,
      address: text(target.address) ?? null,
      model: text(target.model) ?? null,
    },
    content: content && {
      messages: count(content.messages),
      characters: count(content.characters),
      images: count(content.images),
      files: count(content.files),
      masked: content.masked && entries(content.masked, count),
      personal: content.personal && entries(content.personal, count),
    },
    rules: record.rules
      ?.slice(0, mostRules)
      .map(({ rule, effect, code }) => ({ rule: text(rule), effect: text(effect), code: text(code) })),
    labels: entries(record.labels, text),
    dataClasses: record.dataClasses?.slice(0, mostKeys).map(text),
    network: text(record.network),
    outcome: outcome && {
      status: count(outcome.status),
      error: text(outcome.error),
      durationMs: count(outcome.durationMs),
      answeredBy: text(outcome.answeredBy),
    },
    sdk: text(record.sdk),
  }
}

/** Members of a line, without the braces: what the log adds stands before and after them. */
export function encodeMembers(members: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(members).slice(1, -1)
}

export function encodeNote(note: LogNote): string {
  return encodeMembers({ time: new Date().toISOString(), ...note })
}

/** Cc: control characters; Cf: invisible ones that reorder or hide text on a screen; Zl, Zp: line separators. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** Most texts are these letters alone, which need no second look. */
const ordinary = /^[ -~А-яЁё]*$/

function text(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  if (value.length <= longestText && ordinary.test(value)) return value
  const bounded = value.length > longestText ? `${value.slice(0, longestText - 1)}…` : value
  return bounded.toWellFormed().replace(unprintable, '\u{FFFD}')
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

function entries<Value>(given: object, read: (value: unknown) => Value): Readonly<Record<string, Value>> {
  return Object.fromEntries(
    Object.entries(given)
      .slice(0, mostKeys)
      .map(([key, value]) => [text(key) ?? '', read(value)]),
  )
}
