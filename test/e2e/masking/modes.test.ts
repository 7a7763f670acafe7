import { all, definePolicy, domesticOnly, masker, observe, rule, type Client, type Policy } from '@shlyuz/core'
import { describe, expect, test } from 'vitest'
import { madeUpMasker, other, person, phone } from './made-up.ts'
import {
  contentRequests,
  expectNothingPersonal,
  findPersonal,
  personal,
  png,
  refusedBy,
  runExtra,
  startWorld,
  surfaces,
  textsOf,
} from './world.ts'

const prompt = `Письмо: ${person}, ${phone}`
const model = 'yandexgpt/yandexgpt-5.1'

type Verb = (client: Client) => Promise<unknown>

/** Every verb that takes texts, with personal data in them. */
const verbs: Readonly<Record<string, Verb>> = {
  generateText: (client) => client.generateText({ model, prompt }),
  streamText: (client) => client.streamText({ model, prompt }).result,
  embed: (client) => client.embed({ model: 'yandexgpt/text-search-doc', value: prompt }),
  embedMany: (client) => client.embedMany({ model: 'gigachat/Embeddings', values: ['Раз', prompt] }),
  countTokens: (client) => client.countTokens({ model: 'gigachat/GigaChat-2-Max', prompt }),
  generateImage: (client) => client.generateImage({ model: 'yandexgpt/yandex-art', prompt }),
  submitText: (client) => client.submitText({ model, requests: [{ prompt: 'Раз' }, { prompt }] }),
  'of one service alone': (client) =>
    runExtra(client, 'yandexgpt', 'tokenize', { model: 'yandexgpt-5.1', text: prompt }),
}

/** Contents that nobody can look into. */
const opaque: Readonly<Record<string, Verb>> = {
  'an image': (client) =>
    client.generateText({
      model: 'gigachat/GigaChat-2-Max',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Кто это?' },
            { type: 'image', image: png },
          ],
        },
      ],
    }),
  'a document': (client) =>
    client.generateText({ model: 'gigachat/GigaChat-2-Max', messages: fileMessages('text/plain') }),
  'a recording': (client) =>
    client.generateText({ model: 'gigachat/GigaChat-2-Max', messages: fileMessages('audio/mpeg') }),
  'a file that lies at the service': (client) =>
    client.generateText({
      model: 'gigachat/GigaChat-2-Max',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Прочти' },
            { type: 'file', data: { fileId: 'a' } },
          ],
        },
      ],
    }),
  'an image in a stream': (client) =>
    client.streamText({
      model: 'gigachat-v2/GigaChat-2-Max',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Кто это?' },
            { type: 'image', image: png },
          ],
        },
      ],
    }).result,
  'an upload of its own': (client) =>
    runExtra(client, 'gigachat', 'uploadFile', {
      file: new TextEncoder().encode('просто текст'),
      filename: 'a.txt',
      mediaType: 'text/plain',
    }),
}

function fileMessages(mediaType: string) {
  const data = new TextEncoder().encode(`Договор: ${person}`)
  const file = { type: 'file', data, mediaType, filename: `${person}.txt` } as const
  return [{ role: 'user', content: [{ type: 'text', text: 'О чём это?' }, file] }] as const
}

describe('where personal data may not leave', () => {
  test.each(Object.entries(verbs))('%s is refused', async (_name, work) => {
    await using world = await startWorld({ policy: personal('deny') })
    const error = await refusedBy(world, () => work(world.client))
    expect(error).toMatchObject({ name: 'PolicyDeniedError', code: 'data.personal' })
    expect(error.message).toContain('PERSON')
  })

  test.each(Object.entries(opaque))('%s is refused', async (_name, work) => {
    await using world = await startWorld({ policy: personal('deny') })
    expect(await refusedBy(world, () => work(world.client))).toMatchObject({ code: 'data.personal' })
  })

  test.each(surfaces)('$title is asked as ever when there is none', async ({ model: one }) => {
    await using world = await startWorld({ policy: personal('deny') })
    const answer = await world.client.generateText({ model: one, prompt: 'Назови реки: Обь, Енисей' })
    expect(answer.text).not.toBe('')
    expect(answer.policy).not.toHaveProperty('masked')
    expect(answer.policy).not.toHaveProperty('personal')
  })

  test('a text that only looks like a placeholder is no personal data', async () => {
    await using world = await startWorld({ policy: personal('deny') })
    const answer = await world.client.generateText({ model, prompt: 'Что значит ⟦PERSON_1⟧ в письме?' })
    expect(answer.policy).not.toHaveProperty('personal')
  })

  test('a later step is refused when a tool brings some', async () => {
    await using world = await startWorld({ policy: personal('deny') })
    const { emulator } = world
    emulator.script({ service: 'yandexgpt', toolCalls: [{ name: 'find', arguments: {} }] })
    const tools = {
      find: { inputSchema: { type: 'object', properties: {} }, execute: () => ({ name: person }) },
    } as const
    let thrown: unknown
    await world.client.generateText({ model, prompt: 'Найди', tools }).catch((error: unknown) => (thrown = error))
    expect(thrown).toMatchObject({ code: 'data.personal' })
    expect(contentRequests(emulator)).toHaveLength(1)
    expectNothingPersonal(emulator)
  })
})

describe('where personal data is only counted', () => {
  test.each(surfaces)('$title gets it as it is', async ({ model: one, service }) => {
    await using world = await startWorld({ policy: personal('report') })
    world.emulator.script({ service, text: '⟦PERSON_1⟧' })
    const answer = await world.client.generateText({ model: one, prompt })
    expect(answer.text).toBe('⟦PERSON_1⟧')
    expect(answer.policy.personal).toEqual({ PERSON: 1, PHONE: 1 })
    expect(answer.policy).not.toHaveProperty('masked')
    expect(findPersonal(textsOf(contentRequests(world.emulator).at(-1)?.body))).toHaveLength(2)
  })

  test.each(Object.entries({ ...verbs, ...opaque }).filter(([name]) => !/lies|recording/.test(name)))(
    '%s goes on',
    async (_name, work) => {
      await using world = await startWorld({ policy: personal('report') })
      expect(await work(world.client)).toBeDefined()
      expect(contentRequests(world.emulator).length).toBeGreaterThan(0)
    },
  )

  test('an operation of one service alone counts it once, however often it is tried', async () => {
    await using world = await startWorld({ policy: personal('report'), retries: 2 })
    world.emulator.fail({ service: 'yandexgpt', operation: 'count-tokens', kind: 'status', status: 503 })
    const result = (await verbs['of one service alone']?.(world.client)) as { policy: { personal?: object } }
    expect(result.policy.personal).toEqual({ PERSON: 1, PHONE: 1 })
  })
})

describe('where personal data is masked', () => {
  test.each(Object.entries(opaque))('%s is refused: nobody can mask it', async (_name, work) => {
    await using world = await startWorld()
    const error = await refusedBy(world, () => work(world.client))
    expect(error).toMatchObject({ name: 'PolicyDeniedError', code: 'policy.obligation_unmet' })
  })

  test('it is masked also by a policy that only watches', async () => {
    await using world = await startWorld({ policy: observe(personal('mask')), onWarning: () => {} })
    world.emulator.script({ service: 'yandexgpt', text: '⟦PERSON_1⟧, ⟦PHONE_1⟧' })
    const answer = await world.client.generateText({ model, prompt })
    expect(answer.text).toBe(`${person}, ${phone}`)
    expect(answer.policy.masked).toEqual({ PERSON: 1, PHONE: 1 })
    expectNothingPersonal(world.emulator)
  })

  test('it is masked by what a single call demands', async () => {
    await using world = await startWorld({ policy: domesticOnly() })
    world.emulator.script({ service: 'yandexgpt', text: '⟦PERSON_1⟧' })
    const answer = await world.client.generateText({ model, prompt, policy: personal('mask') })
    expect(answer.text).toBe(person)
    expectNothingPersonal(world.emulator)
  })

  test('it is masked where one policy masks and another only counts', async () => {
    await using world = await startWorld({ policy: all(personal('report'), personal('mask')) })
    await world.client.generateText({ model, prompt })
    expectNothingPersonal(world.emulator)
  })

  test('it is refused where one policy masks and another lets nothing leave', async () => {
    await using world = await startWorld({ policy: all(personal('deny'), personal('mask')) })
    expect(await refusedBy(world, () => world.client.generateText({ model, prompt }))).toMatchObject({
      code: 'data.personal',
    })
  })
})

describe('a rule of the owner', () => {
  const withRule = (...obligations: readonly object[]): Policy =>
    personal('report', {
      rules: [
        rule({ name: 'on-condition', version: '1', evaluate: () => ({ effect: 'permit', obligations }) as never }),
      ],
    })

  test.each(surfaces)('has personal data masked that is else only counted: $title', async ({ model: one, service }) => {
    await using world = await startWorld({ policy: withRule({ kind: 'mask' }) })
    world.emulator.script({ service, text: '⟦PERSON_1⟧, ⟦PHONE_1⟧' })
    const answer = await world.client.generateText({ model: one, prompt })
    expect(answer.text).toBe(`${person}, ${phone}`)
    expect(answer.policy.masked).toEqual({ PERSON: 1, PHONE: 1 })
    expect(answer.policy).not.toHaveProperty('personal')
    expectNothingPersonal(world.emulator)
  })

  test.each(Object.entries(verbs).filter(([name]) => !/submit|alone/.test(name)))(
    'has it masked for %s',
    async (_name, work) => {
      await using world = await startWorld({ policy: withRule({ kind: 'mask' }) })
      await work(world.client)
      expectNothingPersonal(world.emulator)
    },
  )

  test.each(surfaces)('has a header sent with every request but that of a token: $title', async ({ model: one }) => {
    await using world = await startWorld({ policy: withRule({ kind: 'header', name: 'X-Purpose', value: 'claims' }) })
    await world.client.generateText({ model: one, prompt })
    await world.client.embed({ model: 'gigachat/Embeddings', value: other })
    const sent = world.emulator.requests.map(({ operation, headers }) => [operation, headers['x-purpose']])
    expect(sent).toEqual(sent.map(([operation]) => [operation, operation === 'token' ? undefined : 'claims']))
    expect(sent.map(([operation]) => operation)).toContain('token')
  })

  test('has a model of the own premises demanded, and neither service is one', async () => {
    await using world = await startWorld({ policy: withRule({ kind: 'local-model' }) })
    const error = await refusedBy(world, () => world.client.generateText({ model, prompt }))
    expect(error).toMatchObject({ code: 'policy.obligation_unmet' })
    expect(error.message).toContain('local-model')
  })

  test.each(['generateText', 'streamText', 'embed', 'countTokens', 'generateImage'])(
    'that changes its mind once masked does not have the values sent: %s',
    async (name) => {
      const fickle = rule({
        name: 'fickle',
        version: '1',
        evaluate: ({ content }) => (content.masked ? 'permit' : { effect: 'permit', obligations: [{ kind: 'mask' }] }),
      })
      await using world = await startWorld({ policy: personal('report', { rules: [fickle] }) })
      const outcome = await verbs[name]?.(world.client).then(
        () => 'masked',
        (error: { code?: string }) => error.code,
      )
      expect(outcome).toBe(name.endsWith('Text') ? 'policy.obligation_unmet' : 'masked')
      for (const { path, body } of world.emulator.requests) expect(findPersonal(textsOf([path, body]))).toEqual([])
    },
  )

  test('that has nobody to mask is refused', async () => {
    const demand = rule({
      name: 'mask',
      version: '1',
      evaluate: () => ({ effect: 'permit', obligations: [{ kind: 'mask' }] }),
    })
    const policy = all(domesticOnly(), definePolicy({ name: 'rules', version: '1', rules: [demand] }))
    await using world = await startWorld({ policy })
    expect(await refusedBy(world, () => world.client.generateText({ model, prompt }))).toMatchObject({
      code: 'policy.obligation_unmet',
    })
  })
})

test('two maskers that differ are a refusal, not a choice', async () => {
  const another = definePolicy({
    name: 'another',
    version: '1',
    data: { personal: 'mask', masker: masker({ ...madeUpMasker, version: '2' }) },
  })
  await using world = await startWorld({ policy: all(personal('mask'), another) })
  const error = await refusedBy(world, () => world.client.generateText({ model, prompt }))
  expect(error).toMatchObject({ code: 'policy.obligation_unmet' })
})
