import { createAuditError } from './create-audit-error.ts'
import { brand, type AuditLog } from './audit-log.ts'
import { cleanRecord, type AuditRecord } from './audit-record.ts'
import { readOwn, readStrict, readWhole, refuse } from './read-audit-options.ts'

export interface AuditSinkOptions {
  /** Takes one record, with `v` and `time` added, and resolves when it is safe. Later records do not wait for it. */
  readonly append: (record: AuditRecord & { readonly v: 1; readonly time: string }) => void | Promise<void>
  /** Called once, after the last record. */
  readonly close?: () => void | Promise<void>
  /** A decision that cannot be recorded is not carried out. @default true */
  readonly strict?: boolean
  /** How long one record may take. @default 5000 */
  readonly timeLimitMs?: number
  /** How many records may be on their way. @default 10_000 */
  readonly queueLimit?: number
}

/**
 * A log of your own, such as a queue or a database: it gets records without prompts, answers or keys. The chain and the
 * head of a file are not there: keep what you write from being changed.
 * @throws ConfigurationError
 */
export function auditSink(options: AuditSinkOptions): AuditLog {
  const { append, close, strict, timeLimitMs, queueLimit } = readOwn('auditSink', options, [
    'append', 'close', 'strict', 'timeLimitMs', 'queueLimit',
  ]) // oxfmt-ignore
  if (typeof append !== 'function')
    refuse('auditSink: append must be a function', 'append: функция, которая принимает запись и возвращает Promise.')
  if (close !== undefined && typeof close !== 'function')
    refuse('auditSink: close must be a function', 'close: функция без параметров или ничего.')
  return brand(
    new SinkAuditLog({
      append: append as AuditSinkOptions['append'],
      close: close as AuditSinkOptions['close'],
      strict: readStrict('auditSink', strict),
      timeLimitMs: readWhole('auditSink: timeLimitMs', timeLimitMs, 1, 5000),
      queueLimit: readWhole('auditSink: queueLimit', queueLimit, 1, 10_000),
    }),
  )
}

interface SinkSettings {
  readonly append: AuditSinkOptions['append']
  readonly close: AuditSinkOptions['close'] | undefined
  readonly strict: boolean
  readonly timeLimitMs: number
  readonly queueLimit: number
}

class SinkAuditLog implements AuditLog {
  readonly strict: boolean
  readonly #settings: SinkSettings
  /** Also those whose time is up: they still hold what they were given. */
  readonly #pending = new Set<Promise<void>>()
  #closing: Promise<void> | undefined
  #dropped = 0

  constructor(settings: SinkSettings) {
    this.strict = settings.strict
    this.#settings = settings
  }

  get dropped(): number {
    return this.#dropped
  }

  async append(record: AuditRecord): Promise<void> {
    if (this.#closing) throw createAuditError('audit.closed', 'the audit sink is closed')
    try {
      if (this.#pending.size >= this.#settings.queueLimit)
        throw createAuditError('audit.queue_full', `${this.#pending.size} records are on their way to the audit sink`)
      const full = JSON.parse(JSON.stringify({ v: 1, ...cleanRecord(record) })) as Parameters<SinkSettings['append']>[0]
      await this.#withinLimit(this.#hold(full))
    } catch (error) {
      if (this.strict) throw error
      this.#dropped++
    }
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    const { close } = this.#settings
    await this.#withinLimit(
      Promise.allSettled(this.#pending).then(async () => {
        await close?.()
      }),
    ).catch((error: unknown) => {
      if (this.strict) throw error
    })
  }

  #hold(record: Parameters<SinkSettings['append']>[0]): Promise<void> {
    const handed = (async () => {
      await this.#settings.append(record)
    })()
    this.#pending.add(handed)
    const done = (): boolean => this.#pending.delete(handed)
    handed.then(done, done)
    return handed
  }

  async #withinLimit(work: Promise<void>): Promise<void> {
    const { timeLimitMs } = this.#settings
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      reject(createAuditError('audit.timeout', `the audit sink did not take a record within ${timeLimitMs} ms`))
    }, timeLimitMs)
    const failed = work.catch((error: unknown) => {
      throw createAuditError('audit.failed', 'the audit sink failed', error)
    })
    try {
      await Promise.race([failed, late])
    } finally {
      clearTimeout(timer)
    }
  }
}
