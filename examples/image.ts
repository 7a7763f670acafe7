// An image from each service. Yandex stores the prompts of images whatever one asks: the receipt says so.
import { client, disconnect } from './connect.ts'

for (const model of ['gigachat/GigaChat-2-Max', 'yandexgpt/yandex-art']) {
  const { bytes, mediaType, policy, warnings } = await client.generateImage({
    model,
    prompt: 'Маяк на берегу Байкала на рассвете, акварель',
    onProgress: (progress) => console.log(`${model}: готово ${Math.round(progress * 100)} %`),
  })
  console.log(`${model}: ${mediaType}, ${bytes.length} байт; запросы хранятся: ${policy.providerLogging}`)
  for (const { message } of warnings) console.log(`  ${message}`)
}
await disconnect()
