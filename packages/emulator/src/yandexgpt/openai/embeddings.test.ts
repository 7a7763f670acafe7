import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAiCall } from '../../../test-support/open-ai-call.ts'
import { startEmulator, type Emulator } from '../../start-emulator.ts'

const folder = 'b1gemulator000000000'
const model = `emb://${folder}/text-search-doc/latest`

let emulator: Emulator
beforeAll(async () => {
  emulator = await startEmulator({ pace: 'instant' })
})
afterAll(() => emulator.close())

const send = (change: object = {}) =>
  openAiCall(emulator, { path: '/embeddings', body: { model, input: 'привет', encoding_format: 'float', ...change } })
const embed = async (change: object = {}) => {
  const answer = await send(change)
  expect(answer.status, answer.text).toBe(200)
  return JSON.parse(answer.text)
}

describe('an embedding', () => {
  it('is one vector of length 1, in an item that has no object field', async () => {
    const body = await embed({ input: ['привет'] })
    expect(body).toEqual({
      object: 'list',
      model,
      data: [{ index: 0, embedding: expect.any(Array) }],
      usage: { prompt_tokens: 2, total_tokens: 2 },
    })
    const vector: number[] = body.data[0].embedding
    expect(vector).toHaveLength(256)
    expect(Math.hypot(...vector)).toBeCloseTo(1)
    expect((await embed()).data).toEqual(body.data)
  })

  it.each([
    ['text-embeddings-v2-query/latest', undefined, 256],
    ['text-embeddings-v2-doc', 768, 768],
    ['text-embeddings-v2-doc', 128, 128],
    ['text-embeddings/latest', undefined, 1536],
    ['text-search-query', 256, 256],
  ])('of %s with dimensions %s has %s numbers', async (name, dimensions, length) => {
    const { data } = await embed({ model: `emb://${folder}/${name}`, dimensions })
    expect(data[0].embedding).toHaveLength(length)
  })

  it('lies nearer to a text with the same words', async () => {
    const [own, near, far] = await Promise.all(
      ['кошка спит на диване', 'на диване спит кошка', 'курс рубля вырос'].map(
        async (input): Promise<number[]> => (await embed({ input })).data[0].embedding,
      ),
    )
    const dot = (one: number[] = [], other: number[] = []) =>
      one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0)
    expect(dot(own, near)).toBeGreaterThan(dot(own, far))
  })

  it.each<[string, object, string]>([
    ['two inputs', { input: ['а', 'б'] }, 'input must hold exactly one text, got 2'],
    ['no inputs', { input: [] }, 'input must hold exactly one text, got 0'],
    ['tokens for text', { input: [1] }, 'invalid value for field input[0]'],
    ['empty text', { input: '' }, 'input must not be empty'],
    ['Base64, which clients of OpenAI ask for', { encoding_format: 'base64' }, 'encoding_format must be float'],
    ['a size it does not have', { dimensions: 512 }, 'dimensions 512 is not supported by text-search-doc'],
    ['a bare model name', { model: 'text-search-doc' }, 'Failed to parse model URI'],
    ['a text model', { model: `gpt://${folder}/yandexgpt` }, 'Failed to get model'],
    [
      'more than 2000 tokens',
      { input: 'слово '.repeat(1500) },
      'Number of input tokens must be no more than 2000, got 3001',
    ],
  ])('is refused for %s', async (_, change, message) => {
    const answer = await send(change)
    expect([answer.status, JSON.parse(answer.text)]).toEqual([400, { error: { message } }])
  })
})
