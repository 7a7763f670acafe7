import { describe, expect, it } from 'vitest'
import { nativeServices, type NativeServices } from '../../test-support/native-services.ts'
import { blockedPhrase } from '../answers/compose-answer.ts'

const search = (services: NativeServices, change: object = {}) =>
  services.post('https://searchapi.api.cloud.yandex.net/v2/gen/search', {
    messages: [{ content: 'Что такое NDJSON?', role: 'ROLE_USER' }],
    folderId: services.folder,
    ...change,
  })

const readLines = async (response: Response) =>
  (await response.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).result)

describe('generative search', () => {
  it('answers with a source in one line', async () => {
    const services = nativeServices()
    const response = await search(services, { site: { site: ['example.com'] } })
    expect(response.status).toBe(200)
    expect(await readLines(response)).toEqual([
      {
        message: { content: expect.stringMatching(/NDJSON.* \[1\]$/), role: 'ROLE_ASSISTANT' },
        sources: [{ url: 'https://example.com/', title: 'Источник 1: example.com', used: true }],
        searchQueries: [{ text: 'Что такое NDJSON?', reqId: expect.any(String) }],
        fixedMisspellQuery: '',
        isAnswerRejected: false,
        isBulletAnswer: false,
        hints: [],
        problematicAnswer: false,
      },
    ])
    expect(services.state.requests[0]).toMatchObject({
      operation: 'search',
      origin: 'https://searchapi.api.cloud.yandex.net',
    })
  })

  it('lets the answer grow from line to line when asked', async () => {
    const lines = await readLines(await search(nativeServices(), { get_partial_results: true }))
    expect(lines.length).toBeGreaterThan(2)
    for (const [index, { message }] of lines.entries()) {
      expect(message.content.startsWith(lines[index - 1]?.message.content ?? '')).toBe(true)
    }
    expect(lines.at(-1).message.content).toMatch(/\[1\]$/)
  })

  it('rejects a blocked question, without sources', async () => {
    const lines = await readLines(
      await search(nativeServices(), { messages: [{ content: blockedPhrase, role: 'ROLE_USER' }] }),
    )
    expect(lines).toMatchObject([{ isAnswerRejected: true, sources: [] }])
  })

  it.each<[string, object, string | RegExp]>([
    ['no folder', { folderId: undefined }, 'folderId must not be empty'],
    ['another folder', { folderId: 'b1gother' }, /^Specified folder ID 'b1gother'/],
    ['no messages', { messages: [] }, 'messages must not be empty'],
    [
      '101 messages',
      { messages: Array.from({ length: 101 }, () => ({ content: 'да', role: 'ROLE_USER' })) },
      'messages must have no more than 100 items, got 101',
    ],
    [
      'a long message',
      { messages: [{ content: 'я'.repeat(16_385), role: 'ROLE_USER' }] },
      'messages[0].content must be no longer than 16384 characters',
    ],
    [
      'another role',
      { messages: [{ content: 'да', role: 'user' }] },
      /^invalid value for enum field messages\[0\].role/,
    ],
    ['another type', { searchType: 'SEARCH_TYPE_EN' }, /^invalid value for enum field searchType/],
    [
      'two kinds of places',
      { site: { site: ['a.ru'] }, url: { url: ['https://b.ru'] } },
      'only one of site, url may be set in body',
    ],
    ['a place without its list', { host: {} }, 'host.host must not be empty'],
  ])('refuses %s', async (_, change, message) => {
    const response = await search(nativeServices(), change)
    expect(response.status).toBe(400)
    expect((await response.json()).error.message).toMatch(message)
  })

  it('needs a credential', async () => {
    const { send } = nativeServices()
    expect((await send('https://searchapi.api.cloud.yandex.net/v2/gen/search', { body: {} })).status).toBe(401)
  })
})

describe('the list of hosts', () => {
  const get = (path: string) => nativeServices().send(`https://api.cloud.yandex.net${path}`, { method: 'GET' })

  it('names the host of each service, whole or one by one', async () => {
    const { endpoints } = await (await get('/endpoints')).json()
    expect(endpoints).toContainEqual({ id: 'ai-foundation-models', address: 'llm.api.cloud.yandex.net:443' })
    expect(await (await get('/endpoints/operation')).json()).toEqual({
      id: 'operation',
      address: 'operation.api.cloud.yandex.net:443',
    })
    expect((await get('/endpoints/elsewhere')).status).toBe(404)
  })
})
