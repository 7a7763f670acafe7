// A cut stream keeps what had come; an error says what to do.
import { StreamInterruptedError } from '@shlyuz/core'
import { client, disconnect, emulator } from './connect.ts'

emulator?.fail({ service: 'gigachat', operation: 'chat', kind: 'reset', after: 'content', pieces: 3 })
try {
  const stream = client.streamText({ model: 'gigachat/GigaChat-2', prompt: 'Расскажи о Волге' })
  for await (const text of stream.textStream) process.stdout.write(text)
} catch (error) {
  if (!StreamInterruptedError.isInstance(error)) throw error
  console.log(`\n${error.code}: ${error.message}\n${error.hint}\nполучено: ${error.partial.text}`)
}
await disconnect()
