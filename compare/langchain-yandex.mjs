// LangChain's integration of YandexGPT, by both of its classes. It cannot stream: `stream()` waits for the whole answer
// and gives it in one piece.
import { equal } from 'node:assert/strict'
import { HumanMessage, SystemMessage } from '@langchain/core/messages'
import { ChatYandexGPT, YandexGPT } from '@langchain/yandex'
import { answer, checksOf, setup } from './check.mjs'
import { leadYandexToEmulator } from './lead-yandex-to-emulator.mjs'

leadYandexToEmulator()
const check = checksOf('@langchain/yandex')
const { apiKey, iamToken, folderId: folderID } = setup.yandexgpt
const settings = { folderID, model: 'yandexgpt-lite', temperature: 0.5 }

await check('chat with an API key', async () => {
  const messages = [new SystemMessage('Отвечай кратко.'), new HumanMessage(setup.prompt)]
  const { content } = await new ChatYandexGPT({ ...settings, apiKey }).invoke(messages)
  equal(content, answer)
  return `${content.length} characters`
})

// It then sends the header `x-folder-id` without a value.
await check('chat with an IAM token', async () => {
  const { content } = await new ChatYandexGPT({ ...settings, iamToken }).invoke(setup.prompt)
  equal(content, answer)
  return `${content.length} characters`
})

await check('completion with an IAM token', async () => {
  const content = await new YandexGPT({ ...settings, iamToken }).invoke(setup.prompt)
  equal(content, answer)
  return `${content.length} characters`
})
