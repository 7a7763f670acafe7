// What the model thinks before it answers, where the service gives it out.
import { client, disconnect } from './connect.ts'

const stream = client.streamText({
  model: 'gigachat/GigaChat-2-Max',
  prompt: 'Сколько будет 17 на 23?',
  reasoningEffort: 'high',
})
for await (const part of stream) {
  if (part.type === 'reasoning-delta') process.stdout.write(`[${part.text}]`)
  if (part.type === 'text-delta') process.stdout.write(part.text)
}
console.log(`\nтокенов на ответ: ${(await stream.result).usage.outputTokens}`)
await disconnect()
