// What YandexGPT alone has: classification by labels, and the tokens of a text one by one.
import { client, disconnect } from './connect.ts'

const yandexgpt = client.provider('yandexgpt')
const { data, policy } = await yandexgpt.classifyFewShot({
  model: 'yandexgpt-lite',
  taskDescription: 'Определи тему обращения',
  labels: ['доставка', 'оплата', 'возврат'],
  text: 'Деньги списали дважды, а заказ не оплачен',
})
for (const { label, confidence } of data.predictions) console.log(label, confidence.toFixed(2))
console.log('политика:', policy.verdict)

const tokens = await yandexgpt.tokenize({ model: 'yandexgpt-5.1', text: 'Байкал' })
console.log('токенов:', tokens.data.tokens.length)
await disconnect()
