import { expect, test } from 'vitest'
import { createClient } from '@shlyuz/core'
import { startEmulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'

/** Far more than the emulator's batches want. */
const mostLooks = 20

test('a batch of embeddings gives the vectors that embedMany gives, in the order of the texts', async () => {
  await using emulator = await startEmulator({ pace: 'instant', gigachat: { scope: 'GIGACHAT_API_CORP' } })
  await using client = createClient({ providers: [gigachat(emulator.gigachat)], network: emulator.network })
  const values = ['берёза', 'сосна', 'осина']
  const { data: created } = await client
    .provider('gigachat')
    .createEmbeddingBatch({ model: 'Embeddings', values, clientId: 'user-1' })
  expect(created).toMatchObject({ method: 'embedder', status: 'created', total: 3 })
  const look = async (): Promise<object> => {
    const { data } = await client
      .provider('gigachat')
      .getEmbeddingBatch({ batchId: created.batchId, clientId: 'user-1' })
    return data
  }
  let batch = await look()
  for (let looks = 1; looks < mostLooks && !('items' in batch); looks++) batch = await look()
  const { embeddings } = await client.embedMany({ model: 'gigachat/Embeddings', values })
  expect(batch).toMatchObject({ status: 'completed', items: embeddings.map((embedding) => ({ embedding })) })
})

test('texts are counted one by one', async () => {
  await using emulator = await startEmulator({ pace: 'instant' })
  await using client = createClient({ providers: [gigachat(emulator.gigachat)], network: emulator.network })
  const texts = ['Обь', 'Лена впадает в море Лаптевых']
  const { data } = await client.provider('gigachat').countTextTokens({ model: 'GigaChat-2', texts })
  expect(data.map(({ characters }) => characters)).toEqual(texts.map((text) => text.length))
  expect(data[1]!.tokens).toBeGreaterThan(data[0]!.tokens)
})
