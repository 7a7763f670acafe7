// The Responses API of Yandex AI Studio, with its web search. Nothing is stored there unless asked for.
import { client, disconnect } from './connect.ts'

const { data, policy } = await client.provider('yandexgpt').createResponse({
  model: 'yandexgpt-5.1',
  input: 'Найди, какая сегодня погода на Байкале',
  tools: [{ type: 'web_search' }],
})
console.log(data.text)
console.log('состояние:', data.status, 'политика:', policy.verdict)
await disconnect()
