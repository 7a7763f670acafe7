import { OutputValidationError, type TextStreamPart } from '@shlyuz/core'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { caught } from '../support.ts'
import { address, other, person, phone } from './made-up.ts'
import {
  contentRequests,
  expectConcealed,
  expectNothingPersonal,
  scriptCalls,
  startWorld,
  surfaces,
  textsOf,
} from './world.ts'

const prompt = `Заявка: ${person}; ${address}; ${phone}`
const claim = z.object({ name: z.string(), address: z.string(), phones: z.array(z.string()) })
const good = { name: person, address, phones: [phone] }
const said = { name: '⟦PERSON_1⟧', address: '⟦ADDRESS_1⟧', phones: ['⟦PHONE_1⟧'] }
/** As one text: also with the marks escaped, as models do. */
const texts = [JSON.stringify(said), JSON.stringify(said).replaceAll('⟦', String.raw`\u27e6`)]

describe.each(surfaces)('an output by schema of $title', ({ model, service }) => {
  test.each(texts)('is valid JSON with the values in it: %s', async (text) => {
    await using world = await startWorld()
    world.emulator.script({ service, text })
    const answer = await world.client.generateText({ model, prompt, output: claim, outputMode: 'native' })
    expect(answer.output).toEqual(good)
    expect(JSON.parse(answer.text)).toEqual(good)
    expect(answer.responseMessages).toEqual([{ role: 'assistant', content: answer.text }])
    expectNothingPersonal(world.emulator)
  })

  test('that a tool has to bring has the values too', async () => {
    await using world = await startWorld()
    scriptCalls(world.emulator, service, { name: 'output', arguments: said })
    const answer = await world.client.generateText({ model, prompt, output: claim, outputMode: 'emulated' })
    expect(answer.output).toEqual(good)
    expect(JSON.parse(answer.text)).toEqual(good)
    expectNothingPersonal(world.emulator)
  })

  test.each(texts)('grows with whole values in a stream: %s', async (text) => {
    await using world = await startWorld()
    world.emulator.script({ service, text: [...text] })
    const stream = world.client.streamText({ model, prompt, output: claim, outputMode: 'native' })
    const parts: TextStreamPart[] = []
    for await (const part of stream) parts.push(part)
    const shown = parts.filter((part) => part.type === 'partial-output').map(({ output }) => output)
    expect(shown.at(-1)).toEqual(good)
    expect(textsOf(shown).some((one) => /[⟦⟧]|27e6/.test(one))).toBe(false)
    const deltas = parts.map((part) => (part.type === 'text-delta' ? part.text : ''))
    expect(JSON.parse(deltas.join(''))).toEqual(good)
    expect((await stream.result).output).toEqual(good)
    expectNothingPersonal(world.emulator)
  })

  test('that a tool has to bring is shown whole in a stream', async () => {
    await using world = await startWorld()
    scriptCalls(world.emulator, service, { name: 'output', arguments: said })
    const stream = world.client.streamText({ model, prompt, output: claim, outputMode: 'emulated' })
    const shown: unknown[] = []
    for await (const part of stream) if (part.type === 'partial-output') shown.push(part.output)
    expect(shown).toEqual([good])
    expect((await stream.result).output).toEqual(good)
  })

  test.each(['native', 'emulated'] as const)('is repaired without a value leaving, %s', async (outputMode) => {
    await using world = await startWorld()
    for (const one of [{ ...said, name: 7 }, said]) {
      if (outputMode === 'native') world.emulator.script({ service, text: JSON.stringify(one) })
      else scriptCalls(world.emulator, service, { name: 'output', arguments: one })
    }
    const answer = await world.client.generateText({ model, prompt, output: claim, outputMode })
    expect(answer.output).toEqual(good)
    expect(answer.steps).toHaveLength(2)
    expectNothingPersonal(world.emulator)
    // The try goes back as it came.
    const [first, second] = contentRequests(world.emulator).slice(-2)
    expect(textsOf(first?.body).join(' ')).not.toContain('"phones"')
    expect(textsOf(second?.body).join(' ')).toContain('⟦PHONE_1⟧')
  })

  test('that never fits is an error with the values in its text, which no log prints', async () => {
    await using world = await startWorld()
    world.emulator.script({ service, text: 'Это ⟦PERSON_1⟧', times: 2 })
    const error = await caught(world.client.generateText({ model, prompt, output: claim, outputMode: 'native' }))
    expect(error).toBeInstanceOf(OutputValidationError)
    expect((error as OutputValidationError).text).toBe(`Это ${person}`)
    expectConcealed(error)
    expectNothingPersonal(world.emulator)
  })

  test.each(['native', 'emulated'] as const)('has a schema that tells nothing, %s', async (outputMode) => {
    await using world = await startWorld()
    const output = {
      type: 'object',
      title: `Оценки: ${other}`,
      description: `Как у ${person}`,
      properties: {
        [person]: { type: 'string', enum: [phone, 'нет'] },
        passport: { type: 'string', examples: ['4509 123456'] },
        role: { type: 'string', const: other },
      },
      required: [person, 'role'],
      additionalProperties: false,
    } as const
    // The title is met first, then the description.
    const answer = { '⟦PERSON_2⟧': '⟦PHONE_1⟧', role: '⟦PERSON_1⟧' }
    if (outputMode === 'native') world.emulator.script({ service, text: JSON.stringify(answer) })
    else scriptCalls(world.emulator, service, { name: 'output', arguments: answer })
    const result = await world.client.generateText({ model, prompt: 'Оцени', output, outputMode })
    expect(result.output).toEqual({ [person]: phone, role: other })
    expectNothingPersonal(world.emulator)
  })
})
