// Questions about a document: uploaded for the first one, reused for the second, deleted at the end.
import { join } from 'node:path'
import { localFile } from '@shlyuz/core'
import { client, disconnect } from './connect.ts'

const file = {
  type: 'file',
  data: localFile(join(import.meta.dirname, 'pretenziya.txt')),
} as const
for (const question of ['Кто кому пишет?', 'Какова сумма требований?']) {
  const { text } = await client.generateText({
    model: 'gigachat/GigaChat-2-Max',
    messages: [{ role: 'user', content: [{ type: 'text', text: question }, file] }],
  })
  console.log(`${question} ${text}`)
}
const { deleted } = await client.deleteUploads()
console.log(`удалено файлов: ${deleted}`)
await disconnect()
