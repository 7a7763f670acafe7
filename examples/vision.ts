// The model looks at a picture. The bytes are uploaded once, and deleted after the answer.
import { client, disconnect } from './connect.ts'

const picture = await client.generateImage({ model: 'gigachat/GigaChat-2-Max', prompt: 'Красный трактор' })
const question = { type: 'text', text: 'Что на картинке?' } as const
const { text, usage } = await client.generateText({
  model: 'gigachat/GigaChat-2-Max',
  messages: [{ role: 'user', content: [question, { type: 'image', image: picture.bytes }] }],
  uploads: 'delete',
})
console.log(text, usage.totalTokens)
await disconnect()
