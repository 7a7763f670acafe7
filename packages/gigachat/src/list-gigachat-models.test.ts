import { expect, it } from 'vitest'
import { listGigachatModels } from './list-gigachat-models.ts'

it('gives the models of the account in the words of the catalogue', () => {
  const operation = listGigachatModels()
  expect(operation.next().value).toMatchObject({
    do: 'exchange',
    read: 'json',
    request: { endpoint: 'api', operation: 'models', method: 'GET', path: '/models' },
  })
  const listed = (id: string, type?: string): object => ({ id, object: 'model', owned_by: 'salutedevices', type })
  const data = [
    listed('gigachat-2-max', 'chat'),
    listed('Embeddings', 'embedder'),
    listed('GigaCheckDetection', 'aicheck'),
    listed('GigaFilter', 'filter'),
    listed('Something-New', 'speech'),
    { id: 'My-Model' },
    listed('../evil', 'chat'),
  ]
  const ownedBy = 'salutedevices'
  expect(operation.next({ status: 200, headers: {}, body: { object: 'list', data } })).toEqual({
    done: true,
    value: [
      { id: 'gigachat-2-max', catalogueId: 'GigaChat-2-Max', rawId: 'gigachat-2-max', kind: 'chat', ownedBy },
      { id: 'Embeddings', catalogueId: 'Embeddings', rawId: 'Embeddings', kind: 'embedding', ownedBy },
      {
        id: 'GigaCheckDetection',
        catalogueId: 'GigaCheckDetection',
        rawId: 'GigaCheckDetection',
        kind: 'classifier',
        ownedBy,
      },
      { id: 'GigaFilter', catalogueId: 'GigaFilter', rawId: 'GigaFilter', kind: 'classifier', ownedBy },
      { id: 'Something-New', catalogueId: 'Something-New', rawId: 'Something-New', kind: 'other', ownedBy },
      { id: 'My-Model', catalogueId: 'My-Model', rawId: 'My-Model' },
    ],
  })
})
