// Personal data leaves as placeholders and comes back in the answer; what is labelled as special does not leave at all.
import { PolicyDeniedError } from '@shlyuz/core'
import { personalData } from '@shlyuz/personal-data'
import { client, disconnect, emulator } from './connect.ts'

const ask = {
  model: 'gigachat/GigaChat-2-Max',
  prompt: 'Перескажи: Иванов Пётр Сергеевич, телефон +7 (916) 000-12-34, просит перезвонить.',
  policy: personalData(),
} as const

const { text, policy } = await client.generateText(ask)
console.log('ответ:', text)
console.log('замаскировано:', policy.masked ?? 'ничего')
const sent = emulator?.requests.at(-1)?.body
if (sent) console.log('сервис видел:', /Перескажи[^"]*/.exec(JSON.stringify(sent))?.[0])

try {
  await client.generateText({ ...ask, dataClass: 'health' })
} catch (error) {
  if (!PolicyDeniedError.isInstance(error)) throw error
  console.log(`${error.code}: ${error.hint}`)
}
await disconnect()
