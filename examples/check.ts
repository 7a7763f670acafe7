// Before switching: what would another service lose of this very request? Nothing is sent.
import { client, disconnect } from './connect.ts'

const request = { prompt: 'Привет', seed: 7, temperature: 1.2, parallelToolCalls: false } as const
const models = ['gigachat/GigaChat-2-Max', 'yandexgpt/yandexgpt-5.1', 'yandexgpt/qwen3.6-35b-a3b']
for (const model of models) {
  const [target] = await client.check({ ...request, model })
  console.log(`${model}: политика — ${target?.policy.verdict} (${target?.policy.code}), ${target?.surface}`)
  for (const { effect, setting, message } of target?.losses ?? []) console.log(`  ${effect} ${setting}: ${message}`)
}
await disconnect()
