// The official client of GigaChat. Its addresses and its HTTPS agent are settings.
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { GigaChat } from 'gigachat'
import { answer, checksOf, gigachatSettings, setup, trustingAgent } from './check.mjs'

const check = checksOf('gigachat')
const httpsAgent = trustingAgent()
const client = new GigaChat({ ...gigachatSettings, credentials: setup.gigachat.credentials, httpsAgent })
const question = () => ({ messages: [{ role: 'user', content: setup.prompt }] })

await check('refuses an unknown root', async () => {
  const wary = new GigaChat({ ...gigachatSettings, credentials: setup.gigachat.credentials })
  await rejects(() => wary.chat(question()), { code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' })
  return 'before anything is sent'
})

await check('chat', async () => {
  const reply = await client.chat(question())
  checkReply(reply)
  return `${reply.model}, ${reply.usage.total_tokens} tokens`
})

await check('stream', async () => {
  const chunks = []
  for await (const chunk of client.stream(question())) chunks.push(chunk)
  const pieces = chunks.map(({ choices }) => choices[0].delta.content ?? '').filter((piece) => piece !== '')
  deepEqual(pieces, setup.answer)
  equal(chunks[0].choices[0].delta.role, 'assistant')
  equal(chunks.at(-1).choices[0].finish_reason, 'stop')
  return `${chunks.length} events, ${pieces.length} pieces`
})

await check('models', async () => {
  const { object, data } = await client.getModels()
  equal(object, 'list')
  ok(data.some(({ id }) => id === gigachatSettings.model))
  return `${data.length} of them`
})

await check('counts tokens', async () => {
  const { tokens } = await client.tokensCount([setup.prompt])
  equal(tokens.length, 1)
  const [count] = tokens
  equal(count.object, 'tokens')
  equal(count.characters, [...setup.prompt].length)
  ok(count.tokens > 0)
  return `${count.tokens} in ${count.characters} characters`
})

// The runner lets the emulator answer the next request with 401, as for a token that has expired.
await check('renews a refused token', async () => {
  const before = client.token
  checkReply(await client.chat(question()))
  ok(client.token !== before)
  return 'the same request again with a new one'
})

await check('chat by user and password', async () => {
  const { user, password } = setup.gigachat
  checkReply(await new GigaChat({ ...gigachatSettings, user, password, httpsAgent }).chat(question()))
  return 'token from {base}/token'
})

function checkReply({ choices, usage, model, object, xHeaders }) {
  deepEqual(
    choices.map(({ message, finish_reason: reason }) => [message.role, message.content, reason]),
    [['assistant', answer, 'stop']],
  )
  equal(object, 'chat.completion')
  match(model, /^GigaChat-2:/)
  ok(usage.prompt_tokens > 0 && usage.completion_tokens > 0)
  equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)
  ok(xHeaders.xRequestID)
}
