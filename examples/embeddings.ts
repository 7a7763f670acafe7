// Search by meaning: documents and the query are embedded by the pair of models that Yandex has for them.
import { client, disconnect } from './connect.ts'

const model = 'yandexgpt/text-search-doc'
const values = ['Кошка спит на диване', 'Курс доллара вырос', 'Собака лает на почтальона', 'Банк поднял ставку']
const documents = await client.embedMany({
  model,
  values,
  kind: 'document',
  onProgress: ({ done, total }) => console.log(`готово ${done} из ${total}`),
})
const query = await client.embed({ model, value: 'Кот уснул на диване', kind: 'query' })

const near = documents.embeddings.map((vector, index) => {
  const product = vector.reduce((sum, number, at) => sum + number * (query.embedding[at] ?? 0), 0)
  return { text: values[index], product }
})
near.sort((a, b) => b.product - a.product)
console.log('ближе всего:', near[0]?.text)
console.log('токенов:', documents.usage.inputTokens, 'стоимость, ₽:', documents.cost?.amount ?? 'нет данных')
await disconnect()
