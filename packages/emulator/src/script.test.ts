import { describe, expect, it } from 'vitest'
import { directServices } from '../test-support/direct-services.ts'

describe('scripted answers', () => {
  it('GigaChat: text, end, usage and model', async () => {
    const { chat, state } = directServices()
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
    state.scripts.add({ service: 'gigachat', text: 'Да.', finishReason: 'length', usage, model: 'GigaChat-2:1' })
    expect(await (await chat()).json()).toMatchObject({
      choices: [{ message: { content: 'Да.' }, finish_reason: 'length' }],
      model: 'GigaChat-2:1',
      usage,
    })
  })

  it('GigaChat: pieces of a stream, and no usage', async () => {
    const { chat, state } = directServices()
    state.scripts.add({ service: 'gigachat', text: ['а', 'б'], usage: null })
    const text = await (await chat({ stream: true })).text()
    expect(text.match(/"content":"[^"]*"/g)).toEqual(['"content":"а"', '"content":"б"', '"content":""'])
    expect(text).not.toContain('usage')
  })

  it('YandexGPT: pieces add up, lines may rewrite', async () => {
    const { complete, state } = directServices()
    const texts = async (): Promise<string[]> => {
      const text = await (await complete({ completionOptions: { stream: true } })).text()
      return text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).result.alternatives[0].message.text)
    }
    state.scripts.add({ service: 'yandexgpt', text: ['а', 'б'] })
    state.scripts.add({ service: 'yandexgpt', lines: ['аб', 'в'], status: 'ALTERNATIVE_STATUS_CONTENT_FILTER' })
    expect(await texts()).toEqual(['а', 'аб'])
    expect(await texts()).toEqual(['аб', 'в'])
  })

  it('raw answers go out as they are, to the operation they name, before any check', async () => {
    const { oauth, complete, state } = directServices()
    state.scripts.add({
      service: 'gigachat',
      operation: 'token',
      raw: { status: 418, headers: { 'X-Odd': '1' }, body: '<nonsense>' },
    })
    const response = await oauth({ body: '' })
    expect([response.status, response.headers.get('x-odd'), await response.text()]).toEqual([418, '1', '<nonsense>'])
    state.scripts.add({ service: 'yandexgpt', raw: { body: ['{"a":', new Uint8Array([0x31]), { waitMs: 5 }, '}\n'] } })
    expect(await (await complete()).text()).toBe('{"a":1}\n')
    expect((await complete()).status).toBe(200)
  })

  it('waits for a request the service would answer: a refused one does not use it up', async () => {
    const { chat, state } = directServices()
    state.scripts.add({ service: 'gigachat', text: 'Да.' })
    expect((await chat({ model: 'other' })).status).toBe(404)
    expect((await (await chat()).json()).choices[0].message.content).toBe('Да.')
  })
})
