import { randomUUID } from 'node:crypto'
import { PolicyDeniedError } from '../errors/policy-denied-error.ts'
import type { AuditLog, AuditRecord } from '../policy/audit/audit-log.ts'
import type { Decision } from '../policy/decision.ts'
import type { ClientServices } from './call-context.ts'
import type { CallRecord } from './call-record.ts'

/** Version of the package that wrote a record. */
const sdk = '0.1.0'

/** Under which record an attempt was sent: its outcome refers to it. */
export interface AuditTicket {
  readonly decision: string
  readonly attempt: number
}

/** Calls whose denial is written, by decision: one decision may end several calls, and each of them once. */
const written = new WeakMap<Decision, Set<string>>()

/**
 * Records that an attempt is about to be sent. Bytes leave only when this has resolved.
 * @throws PolicyAuditError from a strict log that cannot write
 */
export async function auditSend(audit: AuditLog, record: CallRecord): Promise<AuditTicket> {
  const ticket = { decision: randomUUID(), attempt: record.attempts.length + 1 }
  await audit.append(describe(record, ticket, record.receipt().decisions))
  return ticket
}

/** Records how an attempt ended. It was sent already, so that nothing waits for this. */
export function auditOutcome(
  audit: AuditLog | undefined,
  record: CallRecord,
  ticket: AuditTicket | undefined,
  durationMs: number,
  error: string | undefined,
): void {
  if (!audit || !ticket) return
  const { status, answeredBy } = record
  const outcome = {
    durationMs,
    ...(status > 0 && { status }),
    ...(error !== undefined && { error }),
    ...(answeredBy !== undefined && { answeredBy }),
  }
  // A log that cannot take it refuses the next request.
  audit.append({ ...describe(record, ticket, record.receipt().decisions), type: 'outcome', outcome }).catch(() => {})
}

/** Records a refusal that ends a call, and gives the error back: refused it is, recorded or not. */
export async function auditDenial<E>({ audit }: ClientServices, record: CallRecord, error: E): Promise<E> {
  if (!audit || !PolicyDeniedError.isInstance(error)) return error
  const calls = written.get(error.decision) ?? new Set<string>()
  if (calls.has(record.id)) return error
  written.set(error.decision, calls.add(record.id))
  const ticket = { decision: randomUUID(), attempt: record.attempts.length + 1 }
  await audit.append(describe(record, ticket, [error.decision])).catch(() => {})
  return error
}

function describe(record: CallRecord, ticket: AuditTicket, decisions: readonly Decision[]): AuditRecord {
  const { intent } = record
  const { target, network, policy, would, masked, personal } = record.receipt()
  const last = decisions.findLast((one) => one.verdict === 'deny' || one.would === 'deny') ?? decisions.at(-1)
  const { messages, characters, images, files } = intent?.content ?? {}
  return {
    type: 'decision',
    call: record.id,
    ...ticket,
    verdict: last?.verdict ?? 'allow',
    ...(would && { would }),
    code: last?.code ?? 'ok',
    depth: last?.depth ?? 'intent',
    mode: last?.mode ?? 'enforce',
    policy,
    operation: intent?.operation ?? 'other',
    target,
    ...(messages !== undefined && {
      content: {
        messages,
        characters: characters ?? 0,
        images: images ?? 0,
        files: files ?? 0,
        ...(masked && { masked }),
        ...(personal && { personal }),
      },
    }),
    rules: decisions.flatMap(({ because }) => because.map(({ rule, effect, code }) => ({ rule, effect, code }))),
    labels: intent?.labels ?? {},
    dataClasses: intent?.dataClasses ?? [],
    network,
    sdk,
  }
}
