import { ConfigurationError } from '../../errors/configuration-error.ts'
import { PolicyAuditError } from '../../errors/policy-audit-error.ts'

/** Why a record was not written. */
export type AuditCode =
  | 'audit.unwritable'
  | 'audit.locked'
  | 'audit.tampered'
  | 'audit.truncated'
  | 'audit.queue_full'
  | 'audit.closed'
  | 'audit.failed'
  | 'audit.timeout'

const hints: Readonly<Record<AuditCode, string>> = {
  'audit.unwritable':
    'Проверьте, что папка журнала существует, доступна на запись и на диске есть место; пока журнал не пишется, запросы не отправляются (strict: false это отменяет).',
  'audit.locked':
    "Журнал пишет другой процесс. Дайте каждому процессу свой файл: auditLog({ file: 'audit-{pid}.jsonl' }).",
  'audit.tampered':
    'Журнал изменён не нами. Проверьте его: shlyuz-audit verify ФАЙЛ; сохраните журнал, его .head и архивные части в другом месте и начните новый файл.',
  'audit.truncated':
    'Журнал короче, чем записано в файле .head: конец отрезан или файл удалён. Сохраните журнал вместе с .head для разбора и начните с нового имени файла; для ротации есть параметр rotate.',
  'audit.queue_full': 'Диск не успевает за журналом: уменьшите нагрузку или увеличьте queueLimit.',
  'audit.closed': 'Журнал уже закрыт: закрывайте его после client.close() и создайте новый auditLog для новых вызовов.',
  'audit.failed': 'Функция append из auditSink завершилась ошибкой: её причина в error.cause.',
  'audit.timeout': 'Функция append из auditSink не успела: ускорьте её или увеличьте timeLimitMs.',
}

export function createAuditError(code: AuditCode, message: string, cause?: unknown): PolicyAuditError {
  return new PolicyAuditError(message, { code, hint: hints[code], ...(cause !== undefined && { cause }) })
}

/** Errors of ours pass; what the system says, such as ENOSPC, becomes `audit.unwritable`. */
export function toAuditError(error: unknown, file: string): PolicyAuditError | ConfigurationError {
  if (error instanceof PolicyAuditError || error instanceof ConfigurationError) return error
  const reason = errorCode(error) ?? (error instanceof Error ? error.name : 'unknown')
  return createAuditError('audit.unwritable', `the audit log ${file} cannot be written: ${reason}`, error)
}

/** Another error that says the same: calls that fail together each get their own. */
export function repeatAuditError(error: PolicyAuditError | ConfigurationError): PolicyAuditError | ConfigurationError {
  const { message, code, hint, cause } = error
  const facts = { code, ...(hint !== undefined && { hint }), ...(cause !== undefined && { cause }) }
  return error instanceof ConfigurationError
    ? new ConfigurationError(message, facts)
    : new PolicyAuditError(message, facts)
}

/** The system's word for it, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : undefined
}
