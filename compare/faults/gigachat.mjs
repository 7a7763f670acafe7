// The official client of GigaChat. Its stream is a generator that begins when it is read.
import { Agent } from 'node:https'
import { GigaChat } from 'gigachat'
import { baseUrl, drive, limits, setup } from './client.mjs'

const client = new GigaChat({
  baseUrl,
  accessToken: 'a-token',
  model: 'any',
  // Seconds.
  timeout: limits.totalMs / 1_000,
  httpsAgent: new Agent({ ca: setup.ca }),
})

await drive({
  open: (content) => client.stream({ messages: [{ role: 'user', content }] }),
  async *read(opened) {
    for await (const { choices, usage } of opened) {
      yield { text: choices[0]?.delta?.content, usage: usage?.total_tokens, finishReason: choices[0]?.finish_reason }
    }
  },
})
