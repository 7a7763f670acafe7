import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAiCall, type OpenAiCall } from '../../../test-support/open-ai-call.ts'
import { startEmulator, type Emulator } from '../../start-emulator.ts'

const folder = 'b1gemulator000000000'

let emulator: Emulator
beforeAll(async () => {
  const models = ['yandexgpt-lite/latest@mine', 'text-embeddings/latest@mine', 'gemma-3-27b-it/latest']
  emulator = await startEmulator({ pace: 'instant', yandexgpt: { models } })
})
afterAll(() => emulator.close())

const list = async (headers: OpenAiCall['headers'] = {}) => {
  const { status, text } = await openAiCall(emulator, { path: '/models', headers })
  return { status, body: JSON.parse(text) }
}

describe('the list of models', () => {
  it('gives full URIs and the maker of each, with the models of the folder', async () => {
    const { status, body } = await list()
    expect(status).toBe(200)
    expect(body.object).toBe('list')
    const entry = (id: string, maker: string) => ({ id, object: 'model', owned_by: maker, created: 0 })
    expect(body.data).toEqual(
      expect.arrayContaining([
        entry(`gpt://${folder}/yandexgpt-5.1/latest`, 'Yandex'),
        entry(`gpt://${folder}/qwen3-235b-a22b-fp8/latest`, 'Alibaba'),
        entry(`gpt://${folder}/gpt-oss-20b/latest`, 'OpenAI'),
        entry(`emb://${folder}/text-search-query/latest`, 'Yandex'),
        entry(`gpt://${folder}/yandexgpt-lite/latest@mine`, 'Yandex'),
        entry(`emb://${folder}/text-embeddings/latest@mine`, 'Yandex'),
        entry(`gpt://${folder}/gemma-3-27b-it/latest`, 'Google'),
      ]),
    )
    const ids: string[] = body.data.map(({ id }: { id: string }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('names only text models that the chat serves', async () => {
    const { body } = await list()
    const texts = body.data.filter(({ id }: { id: string }) => id.startsWith('gpt://'))
    expect(texts.length).toBeGreaterThan(10)
    for (const { id } of texts) {
      const answer = await openAiCall(emulator, {
        path: '/chat/completions',
        body: { model: id, messages: [{ role: 'user', content: 'Привет' }], max_tokens: 3 },
      })
      expect([id, answer.status]).toEqual([id, 200])
    }
  })

  it.each(['openai-project', 'x-folder-id'])('takes the folder of a person from %s', async (header) => {
    const authorization = `Bearer ${emulator.credentials.yandexgpt.userIamToken}`
    const without = await list({ authorization })
    expect(without).toEqual({
      status: 401,
      body: { error: { message: 'You have to specify folder ID for user account' } },
    })
    expect((await list({ authorization, [header]: folder })).status).toBe(200)
    expect((await list({ authorization, [header]: 'b1gother' })).status).toBe(403)
    expect((await list({ [header]: 'b1gother' })).status).toBe(400)
  })
})
