// What GigaChat alone has: its files, a check of a function, and version 2 of the chat with web search.
import { client, disconnect } from './connect.ts'

const gigachat = client.provider('gigachat')
const text = new TextEncoder().encode('Байкал — самое глубокое озеро на Земле.')
const { data: file } = await gigachat.uploadFile({ file: text, filename: 'baikal.txt', mediaType: 'text/plain' })
console.log('файл:', file.filename, file.bytes, 'байт')
await gigachat.deleteFile({ fileId: file.fileId })

const { data } = await gigachat.validateFunction({
  name: 'weather',
  inputSchema: { type: 'object', properties: { city: { type: 'string' } } },
})
console.log('функция:', data.message)

const answer = await client.generateText({
  model: 'gigachat/GigaChat-2-Max',
  prompt: 'Найди в интернете, что нового на Байкале',
  providerOptions: { gigachat: { api: 'v2', v2: { builtInTools: { web_search: true } } } },
})
console.log(answer.text)
for (const { id, url } of answer.sources) console.log(id, url)
await disconnect()
