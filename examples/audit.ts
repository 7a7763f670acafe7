// The audit log: a line before anything is sent, no prompt in it, and an edit shows.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { auditLog, createClient, verifyAuditLog } from '@shlyuz/core'
import { startEmulator } from '@shlyuz/emulator'
import { yandexgpt } from '@shlyuz/yandexgpt'

const emulator = await startEmulator()
const folder = mkdtempSync(join(tmpdir(), 'shlyuz-'))
const file = join(folder, 'audit.jsonl')
const audit = auditLog({ file })
const client = createClient({ providers: [yandexgpt(emulator.yandexgpt)], network: emulator.network, audit })

await client.generateText({ model: 'yandexgpt/yandexgpt-5.1', prompt: 'Привет', labels: { system: 'crm' } })
await client.generateText({ model: 'yandexgpt/gpt-oss-120b', prompt: 'Привет' }).catch(() => {})
await client.close()
await Promise.all([audit.close(), emulator.close()])

const lines = readFileSync(file, 'utf8')
for (const line of lines.trim().split('\n')) {
  const { type, verdict, code, target } = JSON.parse(line)
  console.log(type, verdict ?? '', code ?? '', target?.model ?? '')
}
console.log('журнал цел:', (await verifyAuditLog({ file })).ok)
writeFileSync(file, lines.replace('"deny"', '"allow"'))
const { firstBad } = await verifyAuditLog({ file })
console.log('после правки:', firstBad?.reason, 'в строке', firstBad?.line)
rmSync(folder, { recursive: true })
