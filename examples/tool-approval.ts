// A payment waits for a person: the call ends with what is asked for, and goes on with the decision, hours later.
import { tool, type Message } from '@shlyuz/core'
import { z } from 'zod'
import { client, disconnect } from './connect.ts'

const pay = tool({
  description: 'Платёж на сумму в рублях',
  inputSchema: z.object({ sum: z.int() }),
  needsApproval: ({ sum }) => sum > 1000,
  execute: ({ sum }) => `исполнен платёж на ${sum} ₽`,
})
const options = { model: 'gigachat/GigaChat-2-Max', tools: { pay } } as const
const question: Message = { role: 'user', content: 'Проведи платёж на сумму 5000 рублей' }

const waiting = await client.generateText({ ...options, messages: [question] })
for (const { toolName, input } of waiting.toolApprovals) console.log('ждёт решения:', toolName, input)

const decisions = waiting.toolApprovals.map(({ toolCallId }) => {
  return { type: 'tool-approval', toolCallId, approved: true } as const
})
const messages: Message[] = [question, ...waiting.responseMessages, { role: 'tool', content: decisions }]
const { text } = await client.generateText({ ...options, messages })
console.log(text)
await disconnect()
