import { expect, it } from 'vitest'
import type { Reply } from '@shlyuz/core'
import { listOpenAiModels } from './yandexgpt-openai-models.ts'

it('lists the models of the folder by the ids of references', () => {
  const operation = listOpenAiModels({ folderId: 'b1gfolder', dataLogging: false, sendFolderId: true })
  expect(operation.next().value).toMatchObject({
    do: 'exchange',
    request: {
      endpoint: 'openai',
      operation: 'models',
      method: 'GET',
      path: '/models',
      headers: { 'openai-project': 'b1gfolder', 'x-data-logging-enabled': 'false' },
    },
  })
  const rows = [
    ['gpt://b1gfolder/aliceai-llm/latest', 'Yandex'],
    ['gpt://b1gfolder/yandexgpt/rc', 'Yandex'],
    ['gpt://b1gfolder/gpt-oss-120b/latest', 'OpenAI'],
    ['gpt://b1gfolder/brand-new', 'Whoever'],
    ['emb://b1gfolder/text-embeddings/latest', 'Yandex'],
    ['emb://b1gfolder/brand-new-vectors/latest', 'Yandex'],
    ['gpt://b1gfolder/yandexgpt-lite/latest@tamr1', 'Yandex'],
    ['art://b1gfolder/aliceai-image-art-3.0', 'Yandex'],
    ['strange name', ''],
  ]
  const data = rows.map(([id, owned_by]) => ({ id, owned_by, object: 'model', created: 0 }))
  const reply: Reply = { status: 200, headers: {}, body: { object: 'list', data } }
  const end = operation.next(reply)
  expect(end.done).toBe(true)
  expect(end.value).toEqual(
    [
      ['aliceai-llm', 'aliceai-llm', 'chat'],
      ['yandexgpt/rc', 'yandexgpt-5.1', 'chat'],
      ['gpt-oss-120b', 'gpt-oss-120b', 'chat'],
      ['brand-new', 'brand-new', 'chat'],
      ['text-embeddings', 'text-embeddings', 'embedding'],
      ['brand-new-vectors', 'brand-new-vectors', 'embedding'],
      ['yandexgpt-lite@tamr1', 'yandexgpt-lite@tamr1', 'chat'],
      ['aliceai-image-art-3.0', 'aliceai-image-art-3.0', 'image'],
      ['strange name', 'strange name', undefined],
    ].map(([id, catalogueId, kind], at) => ({
      id,
      catalogueId,
      rawId: rows[at]?.[0],
      ...(kind !== undefined && { kind }),
      ...(rows[at]?.[1] !== '' && { ownedBy: rows[at]?.[1] }),
    })),
  )
})

it('asks the environment for the folder', () => {
  const operation = listOpenAiModels({ dataLogging: true, sendFolderId: false })
  expect(operation.next().value).toEqual({ do: 'read', source: { env: 'YC_FOLDER_ID' } })
  expect(operation.next('b1genv').value).toMatchObject({ request: { headers: { 'openai-project': 'b1genv' } } })
})
