// Writes one token after the other until it is killed. Usage: node token-writer.ts FOLDER
import { fileTokenStore } from '../../packages/core/src/auth/file-token-store.ts'

const [, , folder = ''] = process.argv
const store = fileTokenStore(folder)
for (let number = 0; ; number++) {
  const authorization = `Bearer ${number} `.padEnd(20, '-') + String(number % 10).repeat(20_000)
  await store.set('key', { headers: { authorization, check: authorization.slice(0, 20) }, refreshAt: 1e15 })
  if (number === 0) console.log('ready')
}
