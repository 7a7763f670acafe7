import { describe, expect, it } from 'vitest'
import { ProtocolError } from '@shlyuz/core'
import type { EmbedAnswer, EmbedCall, Effect } from '@shlyuz/core'
import { embed } from './gigachat-embeddings.ts'
import { parseGigachatModel } from './gigachat-models.ts'

const values = ['река', 'гора']

function requestOf(call: Partial<EmbedCall>, model = 'Embeddings'): unknown {
  const effect = embed({ values, options: {}, ...call }, parseGigachatModel(model)).next().value as Extract<
    Effect,
    { do: 'exchange' }
  >
  return { ...effect.request, body: JSON.parse(effect.request.body as string) as unknown }
}

function answerOf(body: unknown): EmbedAnswer {
  const operation = embed({ values, options: {} }, parseGigachatModel('Embeddings'))
  operation.next()
  const step = operation.next({ status: 200, headers: {}, body })
  if (!step.done) throw new Error('a second effect')
  return step.value
}

it('asks for the vectors of texts as they are', () => {
  expect(requestOf({ kind: 'query', options: { clientId: 'user-7' } })).toEqual({
    endpoint: 'api',
    operation: 'embed',
    method: 'POST',
    path: '/embeddings',
    headers: { 'x-client-id': 'user-7' },
    body: { model: 'Embeddings', input: values },
    repeat: 'safe',
    accept: ['application/json'],
  })
})

it('instructs EmbeddingsGigaR for queries alone', () => {
  const instruction = 'Дан вопрос, необходимо найти абзац текста с ответом\nвопрос: '
  expect(requestOf({ kind: 'query' }, 'embeddingsgigar')).toMatchObject({
    body: { model: 'EmbeddingsGigaR', input: [`${instruction}река`, `${instruction}гора`] },
  })
  expect(requestOf({ kind: 'document' }, 'EmbeddingsGigaR')).toMatchObject({ body: { input: values } })
  expect(requestOf({}, 'EmbeddingsGigaR')).toMatchObject({ body: { input: values } })
})

describe('the answer', () => {
  const first = { object: 'embedding', index: 0, embedding: [0.5, -1], usage: { prompt_tokens: 3 } }
  const second = { object: 'embedding', index: 1, embedding: [2, 0], usage: { prompt_tokens: 4 } }

  it('comes in the order of the texts, its tokens summed', () => {
    expect(answerOf({ object: 'list', model: 'Embeddings', data: [second, first] })).toEqual({
      embeddings: [
        [0.5, -1],
        [2, 0],
      ],
      usage: { inputTokens: 7, totalTokens: 7 },
      modelId: 'Embeddings',
      rawModel: 'Embeddings',
    })
  })

  it('states no sum when a part of it is missing', () => {
    expect(answerOf({ data: [first, { ...second, usage: null }] }).usage).toEqual({})
  })

  it.each([
    ['one vector too few', [first]],
    ['one too many', [first, second, second]],
    ['one twice', [first, first]],
    ['an empty one', [first, { ...second, embedding: [] }]],
  ])('with %s is refused', (_what, data) => {
    expect(() => answerOf({ data })).toThrow(ProtocolError)
  })
})
