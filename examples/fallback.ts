// The second service answers when the first one cannot; the answer says who it was and what was tried.
import { client, disconnect, emulator } from './connect.ts'

emulator?.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status: 503, times: 5 })
const either = client.fallback(['gigachat/GigaChat-2', 'yandexgpt/yandexgpt-5-lite'])
const { text, model, attempts } = await client.generateText({ model: either, prompt: 'Привет' })
console.log(model.provider, text)
for (const { provider, durationMs, error } of attempts) console.log(provider, durationMs, error?.message ?? 'ok')
await disconnect()
