import { inspect } from 'node:util'
import type { ShlyuzError } from '@shlyuz/core'
import { describe, expect, test } from 'vitest'
import { caught } from '../support.ts'
import { inn, passport, person, phone } from './made-up.ts'
import { expectConcealed, expectNothingPersonal, startWorld, surfaces, type ServiceName } from './world.ts'

const prompt = `Письмо: ${person}, ${phone}, паспорт ${passport}, ИНН ${inn}`
const masked = 'Письмо: ⟦PERSON_1⟧, ⟦PHONE_1⟧, паспорт ⟦PASSPORT_RF_1⟧, ИНН ⟦INN_PERSON_1⟧'

/** An error in which the service quotes what it was asked. */
function bodyOf(service: ServiceName, message: string): string {
  return JSON.stringify(
    service === 'gigachat' ? { status: 422, message } : { error: { grpcCode: 3, httpCode: 400, message } },
  )
}

describe.each(surfaces)('an error of $title', ({ model, service }) => {
  test.each([
    ['quotes the placeholders', `Bad text: "${masked}"`],
    ['quotes them in pieces', 'Bad text near ⟦PERSON_1⟧, code 7'],
    ['escapes them', JSON.stringify(masked).replaceAll('⟦', String.raw`\u27e6`)],
  ])('that %s tells no value', async (_how, message) => {
    await using world = await startWorld()
    const status = service === 'gigachat' ? 422 : 400
    world.emulator.script({ service, raw: { status, body: bodyOf(service, message) }, times: 2 })
    const errors = [
      await caught(world.client.generateText({ model, prompt })),
      await caught(world.client.streamText({ model, prompt }).result),
    ]
    for (const error of errors) {
      expect(error).toMatchObject({ name: 'BadRequestError', policy: { masked: { PERSON: 1 } } })
      expectConcealed(error)
      expect((error as Error).message).not.toContain(person)
    }
    expectNothingPersonal(world.emulator)
  })

  test.each([
    { kind: 'status', status: 500 },
    { kind: 'rate-limited' },
    { kind: 'html-502' },
    { kind: 'redirect', location: 'https://example.com/' },
    { kind: 'wrong-content-type' },
    { kind: 'empty-body' },
    { kind: 'garbage', pieces: 1 },
    { kind: 'truncate', pieces: 1 },
    { kind: 'reset', after: 'headers' },
    { kind: 'model-mismatch', model: 'another' },
  ] as const)('tells no value: $kind', async (fault) => {
    await using world = await startWorld()
    for (const stream of [false, true]) {
      world.emulator.script({ service, text: ['⟦PERSON_1⟧, ', '⟦PHONE_1⟧, ', '⟦PASSPORT_RF_1⟧'] })
      const takeBack = world.emulator.fail({ service, operation: 'chat', ...fault })
      const call = stream
        ? world.client.streamText({ model, prompt }).result
        : world.client.generateText({ model, prompt })
      const outcome: unknown = await call.catch((error: unknown) => error)
      takeBack()
      if (!(outcome instanceof Error)) continue
      expectConcealed(outcome)
      expect(inspect((outcome as ShlyuzError).attempts, { depth: 9 })).not.toContain(person)
    }
    expectNothingPersonal(world.emulator)
  })
})

test('a warning on what was lost tells no value', async () => {
  await using world = await startWorld()
  const { warnings, policy } = await world.client.generateText({ model: 'yandexgpt/yandexgpt-5.1', prompt, seed: 7 })
  expect(warnings.length).toBeGreaterThan(0)
  expectConcealed(Object.assign(new Error('a log line'), { warnings, policy }))
})
