// A conversation begun on one service goes on with the other: the messages are the same.
import type { Message } from '@shlyuz/core'
import { client, disconnect } from './connect.ts'

const messages: Message[] = [{ role: 'user', content: 'Запомни: договор № 47 от 12 марта 2026 года.' }]
const first = await client.generateText({ model: 'gigachat/GigaChat-2', messages })
messages.push(...first.responseMessages, { role: 'user', content: 'Какой номер у договора?' })
const second = await client.generateText({ model: 'yandexgpt/yandexgpt-5.1', messages })
console.log(first.text)
console.log(second.text)
await disconnect()
