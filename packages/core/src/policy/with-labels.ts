import { AsyncLocalStorage } from 'node:async_hooks'
import { ConfigurationError } from '../errors/configuration-error.ts'

/** What a caller says of a call, for the policy's rules, receipts and the audit log. */
export interface CallLabels {
  readonly labels: Readonly<Record<string, string>>
  /** Lower-case, each once. */
  readonly dataClasses: readonly string[]
}

/** What {@link withLabels} takes. */
export interface LabelOptions {
  /** Facts for rules and receipts: purpose, system. */
  readonly labels?: Readonly<Record<string, string>>
  /** What the content is: `'internal'`, `'health'`, … */
  readonly dataClass?: string | readonly string[]
}

const none: CallLabels = Object.freeze({ labels: Object.freeze({}), dataClasses: Object.freeze([]) })

const ambient = new AsyncLocalStorage<CallLabels>()

/**
 * Gives every call of `work`, and of what it awaits, these labels and data classes: for a service that knows them once
 * a request. Calls may add more and take none away.
 * @throws ConfigurationError for labels that are malformed, or say otherwise than those around
 */
export function withLabels<R>(options: LabelOptions, work: () => R): R {
  const isKnown = (key: string): boolean => key === 'labels' || key === 'dataClass'
  // A mistyped word must not take a label away.
  if (!isPlain(options) || !Object.keys(options).every(isKnown) || typeof work !== 'function') {
    refuse(
      'withLabels() takes { labels, dataClass } and a function',
      "Пишите withLabels({ dataClass: 'internal' }, () => …).",
    )
  }
  return ambient.run(collectLabels(options), work)
}

/**
 * The labels of a call: its own and those around it. A label that is set twice to different values is an error: the
 * inner one must not talk the outer one out of its meaning.
 * @throws ConfigurationError
 */
export function collectLabels({ labels, dataClass }: LabelOptions): CallLabels {
  const around = ambient.getStore() ?? none
  if (labels === undefined && dataClass === undefined) return around
  const own = checkLabels(labels)
  const changed = Object.keys(own).find((key) => Object.hasOwn(around.labels, key) && around.labels[key] !== own[key])
  if (changed !== undefined) {
    refuse(
      `label '${changed.slice(0, 60)}' is set by withLabels to another value`,
      `Метка '${changed.slice(0, 60)}' уже задана вокруг (withLabels): не меняйте её в вызове.`,
    )
  }
  return Object.freeze({
    labels: Object.freeze({ ...around.labels, ...own }),
    dataClasses: Object.freeze([...new Set([...around.dataClasses, ...checkClasses(dataClass)])]),
  })
}

function checkLabels(labels: unknown): Readonly<Record<string, string>> {
  if (labels === undefined) return {}
  // A copy: a Map or an heir would hold labels that nobody sees, and a getter could say another word later.
  const copy = isPlain(labels) ? { ...(labels as Record<string, unknown>) } : undefined
  if (copy && Object.values(copy).every((value) => typeof value === 'string')) return copy as Record<string, string>
  return refuse('labels must be an object of strings', 'labels: объект, все значения — строки.')
}

function checkClasses(given: unknown): readonly string[] {
  if (given === undefined) return []
  const words: readonly unknown[] = Array.isArray(given) ? [...(given as unknown[])] : [given]
  const good = words.every((word) => typeof word === 'string' && /^[\p{L}\d][\p{L}\d_. -]{0,59}$/u.test(word))
  if (!good)
    refuse(
      "dataClass must be a word such as 'internal', or a list of them",
      "dataClass: слово, например 'internal', или список.",
    )
  return words.map((word) => (word as string).trim().toLowerCase())
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function refuse(message: string, hint: string): never {
  throw new ConfigurationError(message, { hint })
}
