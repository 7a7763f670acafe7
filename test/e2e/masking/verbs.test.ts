import type { Client } from '@shlyuz/core'
import { describe, expect, test } from 'vitest'
import { address, inn, other, person, phone } from './made-up.ts'
import {
  contentRequests,
  expectNothingPersonal,
  personal,
  png,
  runExtra,
  startWorld,
  surfaces,
  textsOf,
} from './world.ts'

describe.each(['gigachat/Embeddings', 'yandexgpt/text-search-doc'])('vectors of %s', (model) => {
  test('are made of masked texts, each with placeholders of its own', async () => {
    await using world = await startWorld()
    const values = [`Письмо для ${person}`, `${other}, ${phone}`, `${phone}, ${other}, ${person}`]
    const { embeddings, policy } = await world.client.embedMany({ model, values })
    expect(embeddings).toHaveLength(3)
    expect(policy.masked).toEqual({ PERSON: 4, PHONE: 2 })
    expectNothingPersonal(world.emulator)
    const sent = contentRequests(world.emulator).flatMap(({ body }) => textsOf(body))
    expect(sent).toEqual(
      expect.arrayContaining(['Письмо для ⟦PERSON_1⟧', '⟦PERSON_1⟧, ⟦PHONE_1⟧', '⟦PHONE_1⟧, ⟦PERSON_1⟧, ⟦PERSON_2⟧']),
    )
  })

  test('do not depend on the texts beside it', async () => {
    await using world = await startWorld()
    const value = `Письмо для ${person}`
    const { embedding } = await world.client.embed({ model, value })
    const { embeddings } = await world.client.embedMany({ model, values: [other, value] })
    expect(embeddings[1]).toEqual(embedding)
    expectNothingPersonal(world.emulator)
  })
})

test.each(surfaces.slice(0, 3))('tokens of $title are counted of the masked text', async ({ model }) => {
  await using world = await startWorld()
  const count = (client: Client, prompt: string) => client.countTokens({ model, instructions: other, prompt })
  const asked = await count(world.client, `${person}; ИНН ${inn}`)
  expect(asked.policy.masked).toEqual({ PERSON: 2, INN_PERSON: 1 })
  expect(asked.tokens).toBeGreaterThan(0)
  expectNothingPersonal(world.emulator)
})

describe('an image', () => {
  test.each(['gigachat/GigaChat-2-Max', 'yandexgpt/yandex-art'])('of %s is drawn by a masked prompt', async (model) => {
    await using world = await startWorld()
    const { bytes, policy } = await world.client.generateImage({
      model,
      prompt: `Портрет: ${person}`,
      instructions: `Адрес: ${address}`,
    })
    expect(bytes.length).toBeGreaterThan(0)
    expect(policy.masked).toEqual({ PERSON: 1, ADDRESS: 1 })
    expectNothingPersonal(world.emulator)
  })

  test('comes with what the service says of it, restored', async () => {
    await using world = await startWorld()
    const free = world.connect(personal('report'))
    const input = { file: png, filename: 'a.png', mediaType: 'image/png' }
    const { data } = await runExtra(free, 'gigachat', 'uploadFile', input)
    const { fileId } = data as { fileId: string }
    world.emulator.script({ service: 'gigachat', text: `<img src="${fileId}" fuse="true"/> Вот ⟦PERSON_1⟧` })
    const image = await world.client.generateImage({ model: 'gigachat/GigaChat-2-Max', prompt: `Нарисуй: ${person}` })
    expect(image.text).toBe(`Вот ${person}`)
    expect(image.mediaType).toBe('image/png')
    expectNothingPersonal(world.emulator)
  })
})

test('models, credentials and cleaning up need no masking', async () => {
  await using world = await startWorld()
  expect(await world.client.listModels()).not.toEqual([])
  expect(await world.client.deleteUploads()).toEqual({ deleted: 0 })
})
