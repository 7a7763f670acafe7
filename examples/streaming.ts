// Text as it is made, stopped by a word of ours.
import { client, disconnect } from './connect.ts'

const stream = client.streamText({
  model: 'yandexgpt/yandexgpt-5-lite',
  prompt: 'Расскажи о Байкале. Он самый глубокий. Вода в нём чистая.',
  stop: 'чистая',
})
for await (const part of stream) if (part.type === 'text-delta') process.stdout.write(part.text)
const { finishReason } = await stream.result
console.log(`\n${finishReason}`)
await disconnect()
