import { tool, type Message } from '@shlyuz/core'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { other, person, phone } from './made-up.ts'
import { contentRequests, expectNothingPersonal, scriptCalls, startWorld, surfaces, textsOf } from './world.ts'

const prompt = `Письмо: ${person}, ${phone}`
const pairs = surfaces.flatMap((from) =>
  surfaces.filter(({ service }) => service !== from.service).map((to) => ({ from, to })),
)

function sent(body: unknown): string[] {
  return textsOf(body).filter((text) => /^[^{[]*⟦/.test(text))
}

describe.each(pairs)('from $from.title to $to.title', ({ from, to }) => {
  test('a fallback asks the next one with the same placeholders, and restores its answer', async () => {
    await using world = await startWorld()
    const { emulator, client } = world
    emulator.fail({ service: from.service, operation: 'chat', kind: 'status', status: 500 })
    emulator.script({ service: to.service, text: '⟦PERSON_1⟧: ⟦PHONE_1⟧' })
    const answer = await client.generateText({ model: client.fallback([from.model, to.model]), prompt })
    expect(answer.text).toBe(`${person}: ${phone}`)
    expect(answer.attempts).toHaveLength(2)
    expect(answer.policy.masked).toEqual({ PERSON: 1, PHONE: 1 })
    const [first, second] = contentRequests(emulator)
    expect(sent(second?.body)).toEqual(sent(first?.body))
    expectNothingPersonal(emulator)
  })

  test('a stream falls back with the same placeholders', async () => {
    await using world = await startWorld()
    const { emulator, client } = world
    emulator.fail({ service: from.service, operation: 'chat', kind: 'reset', after: 'headers', times: 2 })
    emulator.script({ service: to.service, text: [...'⟦PERSON_1⟧: ⟦PHONE_1⟧'] })
    const stream = client.streamText({ model: client.fallback([from.model, to.model]), prompt })
    expect((await stream.result).text).toBe(`${person}: ${phone}`)
    expectNothingPersonal(emulator)
  })

  test('a conversation with tools that moves on keeps its placeholders', async () => {
    await using world = await startWorld()
    const { emulator, client } = world
    const tools = {
      find: tool({ inputSchema: z.object({ name: z.string() }), execute: ({ name }) => ({ name, friend: other }) }),
    }
    scriptCalls(emulator, from.service, { name: 'find', arguments: { name: '⟦PERSON_1⟧' } })
    const begun = await client.generateText({ model: from.model, prompt, tools })
    const messages: Message[] = [
      { role: 'user', content: prompt },
      ...(JSON.parse(JSON.stringify(begun.responseMessages)) as Message[]),
      { role: 'user', content: `Кто друг? Не ${person}?` },
    ]
    emulator.script({ service: to.service, text: '⟦PERSON_2⟧, друг ⟦PERSON_1⟧а' })
    const moved = await client.generateText({ model: to.model, messages, tools, toolChoice: 'none' })
    expect(moved.text).toBe(`${other}, друг ${person}`)
    expect(textsOf(contentRequests(emulator).at(-1)?.body)).toContain('Кто друг? Не ⟦PERSON_1⟧?')
    expectNothingPersonal(emulator)
  })
})
