// The AI SDK with its provider for OpenAI-compatible servers; all parts are read, so that errors are heard.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { streamText } from 'ai'
import { baseUrl, drive, limits } from './client.mjs'

const provider = createOpenAICompatible({ name: 'stand', baseURL: baseUrl, apiKey: 'a-key', includeUsage: true })

await drive({
  open: (prompt) =>
    streamText({
      model: provider('any'),
      prompt,
      onError() {},
      timeout: { totalMs: limits.totalMs, chunkMs: limits.silenceMs },
    }),
  async *read(opened) {
    for await (const part of opened.fullStream) {
      if (part.type === 'error') throw part.error
      if (part.type === 'abort') throw new Error('aborted by its limit of time')
      if (part.type === 'text-delta') yield { text: part.text }
      if (part.type === 'finish') yield { usage: part.totalUsage?.totalTokens, finishReason: part.finishReason }
    }
  },
})
