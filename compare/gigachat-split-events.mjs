// The official client of GigaChat reads a stream whose events arrive in parts, as a network may deliver them. It parses
// each part on its own and dies of the first, outside any promise, so the observation is made from outside this process.
import { equal } from 'node:assert/strict'
import { GigaChat } from 'gigachat'
import { answer, checksOf, gigachatSettings, setup, trustingAgent } from './check.mjs'

const check = checksOf('gigachat')
const { credentials } = setup.gigachat
const client = new GigaChat({ ...gigachatSettings, credentials, httpsAgent: trustingAgent() })

await check('reads split events', async () => {
  let text = ''
  for await (const { choices } of client.stream({ messages: [{ role: 'user', content: setup.prompt }] })) {
    text += choices[0].delta.content ?? ''
  }
  equal(text, answer)
  return 'the whole answer'
})
