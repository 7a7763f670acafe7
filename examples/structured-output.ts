// An answer of a given shape: typed, validated, and shown as it grows.
import { z } from 'zod'
import { client, disconnect } from './connect.ts'

const claim = z.object({
  topic: z.string().describe('О чём претензия'),
  sum: z.int().describe('Сумма в рублях'),
  parties: z.array(z.string()).min(1).describe('Стороны'),
})

const stream = client.streamText({
  model: 'gigachat/GigaChat-2-Max',
  prompt: 'Претензия ООО «Ромашка» к АО «Василёк»: вернуть 5000 рублей за непоставленный товар.',
  output: claim,
})
for await (const part of stream) if (part.type === 'partial-output') console.log('пока:', part.output)
const { output, outputMode } = await stream.result
console.log(`${output.topic}: ${output.sum} ₽, ${output.parties.join(' и ')} (${outputMode})`)
await disconnect()
