/**
 * A process that writes an audit log: `node writing-process.ts <options as JSON> <records> [hold]`. Prints `+` when a
 * record is written and the code when it is refused; with `hold` it keeps the log until its input ends, else it leaves
 * without closing it.
 */
import { auditLog, type AuditLogOptions, type AuditRecord } from '../../packages/core/src/policy/audit/audit-log.ts'
import { PolicyAuditError } from '../../packages/core/src/errors/policy-audit-error.ts'

const [options = '{}', records = '1', hold] = process.argv.slice(2)
const log = auditLog(JSON.parse(options) as AuditLogOptions)

const workers = Array.from({ length: 4 }, async (_none, worker) => {
  for (let index = worker; index < Number(records); index += 4) {
    try {
      await log.append(record(index))
      process.stdout.write('+')
    } catch (error) {
      process.stdout.write(`${error instanceof PolicyAuditError ? error.code : String(error)}\n`)
    }
  }
})
await Promise.all(workers)

if (hold !== undefined) {
  process.stdout.write('.')
  for await (const _ of process.stdin);
  await log.close()
}

function record(index: number): AuditRecord {
  return {
    type: 'decision',
    call: `${process.pid}-${index}`,
    decision: `d${index}`,
    verdict: 'allow',
    code: 'ok',
    depth: 'intent',
    mode: 'enforce',
    policy: { name: 'domestic-only', digest: 'sha256:00' },
    target: { provider: 'vendor' },
    labels: { system: 'crm' },
    network: 'test',
    sdk: '1.0.0',
  }
}
