// Watching before enforcing: what the policy would refuse is recorded and goes on, until a day that you set.
import { createClient, domesticOnly, observe } from '@shlyuz/core'
import { startEmulator } from '@shlyuz/emulator'
import { yandexgpt } from '@shlyuz/yandexgpt'

const emulator = await startEmulator()
const inMonth = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10)
const client = createClient({
  providers: [yandexgpt(emulator.yandexgpt)],
  network: emulator.network,
  policy: observe(domesticOnly(), { until: inMonth }),
})

for (const model of ['yandexgpt/yandexgpt-5.1', 'yandexgpt/gpt-oss-120b'] as const) {
  const { policy } = await client.generateText({ model, prompt: 'Привет' })
  const { verdict, would = verdict, code } = policy
  console.log(`${model}: ${verdict}; после ${inMonth}: ${would} (${code})`)
}

await client.close()
await emulator.close()
