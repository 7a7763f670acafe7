// Work that may wait costs half: handed over here, fetched by its string in any process.
import { client, disconnect } from './connect.ts'

const job = await client.submitText({
  model: 'yandexgpt/yandexgpt-5.1',
  requests: [
    { prompt: 'Назови реку Сибири', maxOutputTokens: 50 },
    { prompt: 'Назови озеро Карелии', maxOutputTokens: 50 },
  ],
})
console.log('строка задания:', job.id.slice(0, 40), '…')

const { items, usage } = await client.job(job.id).result({
  pollMs: 50,
  onProgress: ({ status, completed, total }) => console.log(`${status}: ${completed} из ${total}`),
})
for (const item of items) console.log(item.status === 'done' ? item.answer.text : item.error.hint)
console.log('всего токенов:', usage.totalTokens)
await disconnect()
