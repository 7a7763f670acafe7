// One question, and everything the answer knows of itself.
import { client, disconnect } from './connect.ts'

const answer = await client.generateText({
  model: 'gigachat/GigaChat-2-Max',
  instructions: 'Отвечай кратко',
  prompt: 'Назови три реки Сибири: Обь, Енисей, Лена.',
})
console.log(answer.text)
console.log(answer.usage, answer.cost?.amount, answer.response.requestId)
await disconnect()
