import { all, domesticOnly, observe, tool } from '@shlyuz/core'
import { personalData } from '@shlyuz/personal-data'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { contentRequests, refusedBy, scriptCalls, startWorld, surfaces, textsOf } from './world.ts'

// As the README of the package says it, with its own recognisers.
const policy = all(domesticOnly(), personalData())
const person = 'Примеров Пётр'
const phone = '+7 (916) 000-12-34'
const snils = '112-233-445 95'
const prompt = `Напиши вежливый ответ: ${person}, ${phone}, СНИЛС ${snils}, просит перезвонить.`

function found(
  requests: readonly { readonly path: string; readonly headers: object; readonly body: unknown }[],
): string[] {
  const plain = requests
    .flatMap(({ path, headers, body }) => textsOf([path, headers, body]))
    .map((text) => text.toLowerCase().replaceAll(/[\s()-]/g, ''))
  return ['примеров', '9160001234', '11223344595'].filter((fragment) => plain.some((text) => text.includes(fragment)))
}

describe.each(surfaces)('personalData() on $title', ({ model, service }) => {
  test('masks what it finds and puts it back', async () => {
    await using world = await startWorld({ policy })
    world.emulator.script({ service, text: 'Уважаемый ⟦PERSON_1⟧! Перезвоним на ⟦PHONE_1⟧. СНИЛС ⟦SNILS_1⟧.' })
    const answer = await world.client.generateText({ model, prompt })
    expect(answer.text).toBe(`Уважаемый ${person}! Перезвоним на ${phone}. СНИЛС ${snils}.`)
    expect(answer.policy.masked).toEqual({ PERSON: 1, PHONE: 1, SNILS: 1 })
    expect(found(world.emulator.requests)).toEqual([])
  })

  test('masks in a stream, watching only, and in what a tool gives back', async () => {
    await using world = await startWorld({ policy: observe(policy), onWarning: () => {} })
    const runs: unknown[] = []
    scriptCalls(world.emulator, service, { name: 'find', arguments: { name: '⟦PERSON_1⟧' } })
    world.emulator.script({ service, text: [...'Звоните ⟦PHONE_1⟧, ⟦EMAIL_1⟧'] })
    const stream = world.client.streamText({
      model,
      prompt,
      tools: {
        find: tool({
          inputSchema: z.object({ name: z.string() }),
          execute: (input) => {
            runs.push(input)
            return { snils: 11_223_344_595, email: 'p.primerov@example.com', phone }
          },
        }),
      },
    })
    let text = ''
    for await (const part of stream) if (part.type === 'text-delta') text += part.text
    expect(runs).toEqual([{ name: person }])
    expect(text).toBe(`Звоните ${phone}, p.primerov@example.com`)
    expect(found(world.emulator.requests)).toEqual([])
    expect(textsOf(contentRequests(world.emulator).at(-1)?.body).join(' ')).not.toContain('primerov')
  })
})

test("personalData({ on: 'deny' }) lets nothing of it leave", async () => {
  await using world = await startWorld({ policy: all(domesticOnly(), personalData({ on: 'deny' })) })
  const error = await refusedBy(world, () => world.client.generateText({ model: surfaces[0].model, prompt }))
  expect(error).toMatchObject({ code: 'data.personal' })
})

test("personalData({ on: 'report' }) counts", async () => {
  await using world = await startWorld({ policy: all(domesticOnly(), personalData({ on: 'report' })) })
  const { policy: receipt } = await world.client.generateText({ model: surfaces[0].model, prompt })
  expect(receipt.personal).toEqual({ PERSON: 1, PHONE: 1, SNILS: 1 })
})

test('a label of a special category is refused, whatever is masked', async () => {
  await using world = await startWorld({ policy })
  const work = () => world.client.generateText({ model: surfaces[0].model, prompt: 'Привет', dataClass: 'health' })
  expect(await refusedBy(world, work)).toMatchObject({ code: 'data.special' })
})
