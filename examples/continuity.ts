// A conversation with tool calls begun on one service goes on, on the other one.
import { tool, type Message } from '@shlyuz/core'
import { z } from 'zod'
import { client, disconnect } from './connect.ts'

const rate = tool({
  description: 'Курс доллара на сегодня',
  inputSchema: z.object({}),
  execute: () => ({ rubles: 80.5 }),
})
const question: Message = { role: 'user', content: 'Какой сегодня курс доллара?' }

const begun = await client.generateText({
  model: 'gigachat/GigaChat-2-Max',
  messages: [question],
  tools: { rate },
})
const continued = await client.generateText({
  model: 'yandexgpt/yandexgpt-5.1',
  messages: [question, ...begun.responseMessages, { role: 'user', content: 'А сколько это за сто долларов?' }],
  tools: { rate },
  toolChoice: 'none',
})
console.log('GigaChat:', begun.text)
console.log('YandexGPT:', continued.text)
await disconnect()
