import type { Message } from '@shlyuz/core'
import { describe, expect, test } from 'vitest'
import { address, inn, other, passport, person, phone } from './made-up.ts'
import { contentRequests, expectNothingPersonal, startWorld, surfaces, textsOf } from './world.ts'

const prompt = `Напиши письмо: ${person}, ${phone}.`

describe.each(surfaces)('a call of $title', ({ model, service }) => {
  test('goes out without personal data and comes back with it', async () => {
    await using world = await startWorld()
    const { emulator, client } = world
    const said = 'Уважаемый ⟦PERSON_1⟧! Звоним на ⟦PHONE_1⟧.'
    emulator.script({ service, text: said })
    const instructions = `Отвечает ${other}, ИНН ${inn}; ${address}`
    const answer = await client.generateText({ model, instructions, prompt })
    const restored = `Уважаемый ${other}! Звоним на ${phone}.`
    expect(answer.text).toBe(restored)
    expect(answer.content).toEqual([{ type: 'text', text: restored }])
    expect(answer.responseMessages).toEqual([{ role: 'assistant', content: restored }])
    expect(answer.steps[0]?.text).toBe(restored)
    expect(answer.policy.masked).toEqual({ PERSON: 2, INN_PERSON: 1, ADDRESS: 1, PHONE: 1 })
    expect(answer.policy.personal).toBeUndefined()
    expect(answer.policy.verdict).toBe('allow')
    expect(answer.policy.decisions[0]?.obligations).toEqual([{ kind: 'mask' }])
    expectNothingPersonal(emulator)
    const sent = textsOf(contentRequests(emulator).at(-1)?.body)
    expect(sent).toContain('Отвечает ⟦PERSON_1⟧, ИНН ⟦INN_PERSON_1⟧; ⟦ADDRESS_1⟧')
    expect(sent).toContain('Напиши письмо: ⟦PERSON_2⟧, ⟦PHONE_1⟧.')
  })

  test('gets inflected placeholders back as the value, and leaves those that are none', async () => {
    await using world = await startWorld()
    world.emulator.script({ service, text: 'Передайте ⟦PERSON_1⟧у, не ⟦PERSON_7⟧у и не ⟦TOWN_1⟧.' })
    const { text } = await world.client.generateText({ model, prompt })
    expect(text).toBe(`Передайте ${person}, не ⟦PERSON_7⟧у и не ⟦TOWN_1⟧.`)
  })

  test('gets exactly what the service said when nothing personal was asked', async () => {
    await using world = await startWorld()
    world.emulator.script({ service, text: 'Пишите ⟦PERSON_1⟧ и "кавычки" \\n' })
    const answer = await world.client.generateText({ model, prompt: 'Как пишут письма?' })
    expect(answer.text).toBe('Пишите ⟦PERSON_1⟧ и "кавычки" \\n')
    expect(answer.policy.masked).toBeUndefined()
  })

  test('says the same of the same history, and a longer one begins as the shorter', async () => {
    await using world = await startWorld()
    const { emulator, client } = world
    emulator.script({ service, text: 'Записал: ⟦PERSON_1⟧, ⟦PHONE_1⟧.' })
    const first = await client.generateText({ model, prompt })
    const messages: Message[] = [
      { role: 'user', content: prompt },
      ...(JSON.parse(JSON.stringify(first.responseMessages)) as Message[]),
      { role: 'user', content: `А ${other}, паспорт ${passport}?` },
    ]
    emulator.script({ service, text: 'Это ⟦PERSON_2⟧, не ⟦PERSON_1⟧.' })
    const second = await world.connect().generateText({ model, messages })
    expect(second.text).toBe(`Это ${other}, не ${person}.`)
    expectNothingPersonal(emulator)
    const sent = textsOf(contentRequests(emulator).at(-1)?.body).filter((text) => text.includes('⟦'))
    expect([...new Set(sent)]).toEqual([
      'Напиши письмо: ⟦PERSON_1⟧, ⟦PHONE_1⟧.',
      'Записал: ⟦PERSON_1⟧, ⟦PHONE_1⟧.',
      'А ⟦PERSON_2⟧, паспорт ⟦PASSPORT_RF_1⟧?',
    ])
  })

  test('keeps nothing for the next one', async () => {
    await using world = await startWorld()
    const { emulator, client } = world
    await client.generateText({ model, prompt })
    emulator.script({ service, text: '⟦PERSON_1⟧, ⟦PHONE_1⟧, ⟦PERSON_2⟧' })
    const { text } = await client.generateText({ model, prompt: `Кто такая ${other}?` })
    expect(text).toBe(`${other}, ⟦PHONE_1⟧, ⟦PERSON_2⟧`)
  })

  test('does not get the values of one that runs beside it', async () => {
    await using world = await startWorld()
    world.emulator.script({ service, text: 'Звоните ⟦PHONE_1⟧', times: 6 })
    const phones = Array.from({ length: 6 }, (_, index) => `+7 916 000-11-2${index}`)
    const asked = phones.map((one) => world.client.generateText({ model, prompt: `Телефон ${one}` }))
    const answers = await Promise.all(asked)
    expect(answers.map(({ text }) => text)).toEqual(phones.map((one) => `Звоните ${one}`))
  })

  test('brings a text that looks like a placeholder back as it was written, and nobody is told by it', async () => {
    await using world = await startWorld()
    const { emulator, client } = world
    emulator.script({ service, text: 'Вы писали ⟦LITERAL_1⟧; клиент ⟦PERSON_1⟧.' })
    const answer = await client.generateText({
      model,
      messages: [{ role: 'user', content: `Кто такой ⟦PERSON_1⟧? Клиент ${person}.` }],
    })
    expect(answer.text).toBe(`Вы писали ⟦PERSON_1⟧; клиент ${person}.`)
    const sent = textsOf(contentRequests(emulator).at(-1)?.body)
    expect(sent).toContain('Кто такой ⟦LITERAL_1⟧? Клиент ⟦PERSON_1⟧.')
  })

  test('finds a placeholder that two parts of a message make, and a value that two of them share', async () => {
    await using world = await startWorld()
    const { emulator, client } = world
    const parts = ['Клиент Пётр ', 'Примеров, ⟦PERS', 'ON_1⟧'].map((text) => ({ type: 'text', text }) as const)
    emulator.script({ service, text: '⟦PERSON_1⟧, ⟦LITERAL_1⟧' })
    const { text } = await client.generateText({ model, messages: [{ role: 'user', content: parts }] })
    expect(text).toBe(`${person}, ⟦PERSON_1⟧`)
    expectNothingPersonal(emulator)
  })
})

test('the body as the service sent it stays as it is', async () => {
  await using world = await startWorld()
  world.emulator.script({ service: 'gigachat', text: 'Это ⟦PERSON_1⟧' })
  const { raw, text } = await world.client.generateText({
    model: 'gigachat/GigaChat-2-Max',
    prompt,
    include: { raw: true },
  })
  expect(text).toContain(person)
  expect(textsOf(raw)).toContain('Это ⟦PERSON_1⟧')
})
