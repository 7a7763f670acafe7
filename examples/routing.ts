// Values that decide whom to ask: they nest, and every verb takes them.
import { client, disconnect, emulator } from './connect.ts'

const quick = client.balance(['gigachat/GigaChat-2', 'gigachat/GigaChat-2-Pro'])
const safe = client.fallback([quick, 'yandexgpt/yandexgpt-5-lite'])
const first = await client.generateText({ model: safe, prompt: 'Назови реку Сибири' })
console.log('balance в fallback:', first.model.provider, first.model.id)

emulator?.fail({ service: 'gigachat', operation: 'chat', kind: 'delay', ms: 2_000 })
const fast = client.hedge(['gigachat/GigaChat-2', 'yandexgpt/yandexgpt-5-lite'], { delayMs: 100 })
const second = await client.generateText({ model: fast, prompt: 'Назови реку Сибири' })
console.log('hedge:', second.model.provider, 'стоимость обоих:', second.cost?.amount ?? 'не известна')
for (const { provider, error } of second.attempts) console.log(' ', provider, error?.message ?? 'ok')
await disconnect()
