// The model asks for a tool, the tool runs here, the model answers with what it gave. A stream shows each step.
import { tool } from '@shlyuz/core'
import { z } from 'zod'
import { client, disconnect } from './connect.ts'

const weather = tool({
  description: 'Погода в городе сейчас',
  inputSchema: z.object({ city: z.string().describe('Название города') }),
  execute: async ({ city }) => ({ city, degrees: 5, sky: 'облачно' }),
})

const stream = client.streamText({
  model: 'yandexgpt/yandexgpt-5.1',
  prompt: 'Какая погода в Казани?',
  tools: { weather },
  maxSteps: 4,
})
for await (const part of stream) {
  if (part.type === 'tool-call') console.log('вызов:', part.toolName, part.input)
  if (part.type === 'tool-result') console.log('результат:', part.output)
  if (part.type === 'text-delta') process.stdout.write(part.text)
}
console.log(`\nшагов: ${(await stream.result).steps.length}`)
await disconnect()
