// LangChain's integration of GigaChat, which sits on the official client and takes the same settings.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { HumanMessage, SystemMessage } from '@langchain/core/messages'
import { GigaChat } from 'langchain-gigachat'
import { answer, checksOf, gigachatSettings, setup, trustingAgent } from './check.mjs'

const check = checksOf('langchain-gigachat')
const { credentials } = setup.gigachat
const model = new GigaChat({ ...gigachatSettings, credentials, temperature: 0.5, httpsAgent: trustingAgent() })
const messages = [new SystemMessage('Отвечай кратко.'), new HumanMessage(setup.prompt)]

await check('invoke', async () => {
  const message = await model.invoke(messages)
  equal(message.getType(), 'ai')
  equal(message.content, answer)
  const { input_tokens: input, output_tokens: output, total_tokens: total } = message.usage_metadata
  ok(input > 0 && output > 0)
  equal(total, input + output)
  return `${total} tokens`
})

await check('stream', async () => {
  const pieces = []
  for await (const { content } of await model.stream(messages)) if (content !== '') pieces.push(content)
  deepEqual(pieces, setup.answer)
  return `${pieces.length} pieces`
})
