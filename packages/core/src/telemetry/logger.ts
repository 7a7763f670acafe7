import { isObject, refuse } from '../operations/checks.ts'
import type { AttemptMessage, CallFacts, CallMessage, CallOutcome } from './call-message.ts'

/** One line of a log: facts of a call, never its content. */
export type LogEntry =
  | ({ readonly event: 'call.start'; readonly stream: boolean } & CallFacts)
  | ({ readonly event: 'call.end' } & CallFacts & Omit<CallOutcome, 'policy'> & { readonly policy?: LoggedPolicy })
  | ({ readonly event: 'attempt' } & AttemptMessage)

interface LoggedPolicy {
  readonly verdict: 'allow' | 'deny'
  readonly would?: 'deny'
  readonly code: string
}

/**
 * Where a client's log goes, such as `console` or a logger of pino; every method may be left out. What one throws is
 * ignored.
 *
 * - `debug`: a call begins; an attempt succeeded
 * - `info`: a call succeeded, or was ended by its caller
 * - `warn`: an attempt failed; a call succeeded that the policy would have refused, were it not observing
 * - `error`: a call failed
 */
export interface Logger {
  debug?(entry: LogEntry): void
  info?(entry: LogEntry): void
  warn?(entry: LogEntry): void
  error?(entry: LogEntry): void
}

export type LogLevel = keyof Logger

const levels = ['debug', 'info', 'warn', 'error'] as const

/** @throws ConfigurationError */
export function checkLogger(logger: unknown): Logger | undefined {
  if (logger === undefined) return undefined
  const given = isObject(logger) ? levels.filter((level) => logger[level] !== undefined) : []
  if (isObject(logger) && given.length > 0 && given.every((level) => typeof logger[level] === 'function')) return logger
  return refuse(
    'logger must have functions debug, info, warn or error',
    'logger: console или объект с функциями debug, info, warn, error (любые из них).',
  )
}

export function logCall(logger: Logger, { call, verb, operation, targets, stream, outcome }: CallMessage): void {
  const facts = { call, verb, operation, targets }
  if (!outcome) return log(logger, 'debug', { event: 'call.start', ...facts, stream })
  const { policy, ...rest } = outcome
  const { verdict, would, code } = policy ?? {}
  const logged = verdict && code !== undefined && { policy: { verdict, ...(would && { would }), code } }
  log(logger, levelOf(outcome), { event: 'call.end', ...facts, ...rest, ...logged })
}

export function logAttempt(logger: Logger, message: AttemptMessage): void {
  log(logger, message.error ? 'warn' : 'debug', { event: 'attempt', ...message })
}

function levelOf({ error, policy }: CallOutcome): LogLevel {
  if (error) return error.code === undefined ? 'info' : 'error'
  return policy?.would ? 'warn' : 'info'
}

function log(logger: Logger, level: LogLevel, entry: LogEntry): void {
  try {
    logger[level]?.(entry)
  } catch {
    // A call does not fail for its log.
  }
}
