// The official client of OpenAI, as its documentation streams: `chat.completions.create({ stream: true })`.
import OpenAI from 'openai'
import { baseUrl, drive, limits } from './client.mjs'

const client = new OpenAI({ baseURL: baseUrl, apiKey: 'a-key', timeout: limits.totalMs })

await drive({
  open: (content) =>
    client.chat.completions.create({
      model: 'any',
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: 'user', content }],
    }),
  async *read(opened) {
    for await (const { choices, usage } of await opened) {
      yield { text: choices[0]?.delta?.content, usage: usage?.total_tokens, finishReason: choices[0]?.finish_reason }
    }
  },
})
