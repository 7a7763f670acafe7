import { StreamInterruptedError, type TextStreamPart } from '@shlyuz/core'
import { describe, expect, test } from 'vitest'
import { caught } from '../support.ts'
import { person, phone } from './made-up.ts'
import { deltasOf, expectConcealed, expectNothingPersonal, startWorld, surfaces, type World } from './world.ts'

const prompt = `Напиши письмо: ${person}, ${phone}.`
const said = 'Письмо для ⟦PERSON_1⟧а: звоните ⟦PHONE_1⟧ или ⟦PERSON_2⟧.'
const restored = `Письмо для ${person}: звоните ${phone} или ⟦PERSON_2⟧.`

async function partsOf(stream: AsyncIterable<TextStreamPart>): Promise<TextStreamPart[]> {
  const parts: TextStreamPart[] = []
  for await (const part of stream) parts.push(part)
  return parts
}

/** Breaks the next stream after some pieces. */
function cut({ emulator }: World, service: 'gigachat' | 'yandexgpt', text: readonly string[]): void {
  emulator.script({ service, text: [...text, ' и остальное'] })
  emulator.fail({ service, operation: 'chat', kind: 'reset', after: 'content', pieces: text.length })
}

describe.each(surfaces)('a stream of $title', ({ model, service }) => {
  test.each<[string, readonly string[]]>([
    ['as a whole', [said]],
    ['character by character', [...said]],
    ['in threes', said.match(/.{1,3}/gsu) ?? []],
    ['within each placeholder', said.split(/(?<=[⟦_])/)],
  ])('comes back restored %s', async (_how, text) => {
    await using world = await startWorld()
    world.emulator.script({ service, text })
    const stream = world.client.streamText({ model, prompt })
    const deltas = await deltasOf(stream)
    expect(deltas.join('')).toBe(restored)
    const result = await stream.result
    expect(result.text).toBe(restored)
    expect(result.responseMessages).toEqual([{ role: 'assistant', content: restored }])
    expect(result.policy.masked).toEqual({ PERSON: 1, PHONE: 1 })
    expectNothingPersonal(world.emulator)
  })

  test('comes back restored when every byte is a segment of its own', async () => {
    await using world = await startWorld()
    world.emulator.script({ service, text: [...said] })
    world.emulator.fail({ service, operation: 'chat', kind: 'split', bytes: 1 })
    expect((await deltasOf(world.client.streamText({ model, prompt }))).join('')).toBe(restored)
  })

  test('streams on while nothing has to be held back', async () => {
    await using world = await startWorld()
    world.emulator.script({ service, text: ['раз ', 'два ', '⟦PERSON', '_1⟧, ', 'три'] })
    const deltas = await deltasOf(world.client.streamText({ model, prompt }))
    expect(deltas.length).toBeGreaterThan(3)
    expect(deltas.join('')).toBe(`раз два ${person}, три`)
  })

  test('gives strings in textStream', async () => {
    await using world = await startWorld()
    world.emulator.script({ service, text: [...said] })
    let text = ''
    for await (const piece of world.client.streamText({ model, prompt }).textStream) text += piece
    expect(text).toBe(restored)
  })

  test('ends at a stop string that is a restored value', async () => {
    await using world = await startWorld()
    world.emulator.script({ service, text: [...said] })
    const stream = world.client.streamText({ model, prompt, stop: phone })
    expect((await deltasOf(stream)).join('')).toBe(`Письмо для ${person}: звоните `)
    expect((await stream.result).finishReason).toBe('stop')
    expectNothingPersonal(world.emulator)
  })

  test('ends there when it is given whole too', async () => {
    await using world = await startWorld()
    world.emulator.script({ service, text: said })
    const { text, finishReason } = await world.client.generateText({ model, prompt, stop: [phone] })
    expect([text, finishReason]).toEqual([`Письмо для ${person}: звоните `, 'stop'])
    expectNothingPersonal(world.emulator)
  })

  test('does not end at a stop string that only its placeholder has', async () => {
    await using world = await startWorld()
    world.emulator.script({ service, text: [...said] })
    const stream = world.client.streamText({ model, prompt, stop: 'PHONE' })
    expect((await deltasOf(stream)).join('')).toBe(restored)
  })

  test('that is cut keeps the values that had come', async () => {
    await using world = await startWorld()
    cut(world, service, ['Звоните ⟦PHONE', '_1⟧'])
    const error = await caught(deltasOf(world.client.streamText({ model, prompt })))
    expect(error).toBeInstanceOf(StreamInterruptedError)
    expect((error as StreamInterruptedError).partial.text).toBe(`Звоните ${phone}`)
    expectConcealed(error)
  })

  test.each(['⟦', '⟦PERS', '⟦PERSON_1'])('that is cut within a placeholder gives nothing of it: %s', async (piece) => {
    await using world = await startWorld()
    cut(world, service, ['Для ⟦PERSON_1⟧ и ', piece])
    const stream = world.client.streamText({ model, prompt })
    const seen: string[] = []
    const error = await caught(async () => {
      for await (const part of stream) if (part.type === 'text-delta') seen.push(part.text)
    })
    const { partial } = error as StreamInterruptedError
    expect(partial.text).toBe(`Для ${person} и `)
    expect(partial.content).toEqual([{ type: 'text', text: partial.text }])
    expect(seen.join('')).toBe(partial.text)
  })

  test('is asked again when it broke before anything could be given out', async () => {
    await using world = await startWorld({ retries: 1 })
    cut(world, service, ['⟦PERS'])
    world.emulator.script({ service, text: said })
    expect((await deltasOf(world.client.streamText({ model, prompt }))).join('')).toBe(restored)
  })
})

describe('a text that the service replaces', () => {
  const model = 'yandexgpt/yandexgpt-5.1'

  test('is restored, also where the replacement ends within a placeholder', async () => {
    await using world = await startWorld()
    const lines = ['Для ⟦PERSON_1⟧', 'Пишет ⟦PERS', 'Пишет ⟦PERSON_1⟧', 'Пишет ⟦PERSON_1⟧ом. Всё']
    world.emulator.script({ service: 'yandexgpt', lines })
    const stream = world.client.streamText({ model, prompt })
    const parts = await partsOf(stream)
    const rewrites = parts.filter((part) => part.type === 'rewrite')
    expect(rewrites).toEqual([{ type: 'rewrite', text: 'Пишет ' }])
    expect(parts.some((part) => 'text' in part && part.text?.includes('⟦'))).toBe(false)
    expect((await stream.result).text).toBe(`Пишет ${person}. Всё`)
  })
})

describe.each([
  { model: 'gigachat/GigaChat-2-Max', service: 'gigachat' },
  { model: 'gigachat-v2/GigaChat-2-Max', service: 'gigachat' },
] as const)('what $model thinks', ({ model, service }) => {
  const reasoning = 'Пишут ⟦PERSON_1⟧у на ⟦PHONE_1⟧'

  test('is restored, streamed and whole', async () => {
    await using world = await startWorld()
    world.emulator.script({ service, reasoning, text: 'Готово, ⟦PERSON_1⟧', times: 2 })
    const whole = await world.client.generateText({ model, prompt })
    expect(whole.reasoning).toBe(`Пишут ${person} на ${phone}`)
    const stream = world.client.streamText({ model, prompt })
    const parts = await partsOf(stream)
    const thought = parts.map((part) => (part.type === 'reasoning-delta' ? part.text : '')).join('')
    expect(thought).toBe(`Пишут ${person} на ${phone}`)
    const result = await stream.result
    expect(result.content).toEqual([
      { type: 'reasoning', text: thought },
      { type: 'text', text: `Готово, ${person}` },
    ])
  })

  test('comes whole also when no text follows', async () => {
    await using world = await startWorld()
    world.emulator.script({ service, reasoning: 'Позвонить ⟦PERSON_1⟧ у', finishReason: 'length' })
    world.emulator.script({ service, reasoning: 'Позвонить ⟦PERSO', finishReason: 'length' })
    const results = []
    for (let turn = 0; turn < 2; turn++) results.push(await world.client.streamText({ model, prompt }).result)
    expect(results.map((result) => result.reasoning)).toEqual([`Позвонить ${person} у`, 'Позвонить ⟦PERSO'])
  })
})
