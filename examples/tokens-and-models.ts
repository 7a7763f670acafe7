// Tokens by the services' own counters, and the models: what the service lists, what we know, what the policy says.
import { client, disconnect } from './connect.ts'

for (const model of ['gigachat/GigaChat-2-Max', 'yandexgpt/yandexgpt-5.1']) {
  const { tokens } = await client.countTokens({ model, prompt: 'Сколько в этой строке токенов?' })
  console.log(`${model}: ${tokens} токенов`)
}
for (const { model, kind, live, allowed, code, identity, card } of await client.listModels()) {
  if (kind !== 'chat' || !live) continue
  const price = card?.prices?.[0]?.inputPerMillion ?? 'цены нет'
  console.log(`${allowed ? 'да ' : 'нет'} ${model} (${identity.developer}, ${code}), ₽ за миллион: ${price}`)
}
await disconnect()
