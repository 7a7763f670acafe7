import { tool, type Message } from '@shlyuz/core'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { caught } from '../support.ts'
import { address, inn, other, passport, person, phone } from './made-up.ts'
import {
  contentRequests,
  expectConcealed,
  expectNothingPersonal,
  scriptCalls,
  startWorld,
  surfaces,
  textsOf,
  type World,
} from './world.ts'

const prompt = `Найди карточку: ${person}, ${phone}.`

function createSearch(runs: unknown[], output: unknown = { found: true }) {
  return tool({
    description: `Ищет людей, например ${other}`,
    inputSchema: z.object({
      name: z.string().describe(`Имя, как ${person}`),
      phone: z.string().optional(),
      kind: z.enum(['person', other]).optional(),
    }),
    examples: [{ request: `Найди ${other}`, input: { name: other, phone } }],
    outputSchema: z.object({ found: z.boolean().describe(`Да, если это ${person}`) }),
    execute: (input) => {
      runs.push(input)
      return output
    },
  })
}

function lastSent({ emulator }: World): string[] {
  return textsOf(contentRequests(emulator).at(-1)?.body)
}

describe.each(surfaces)('a tool of $title', ({ model, service }) => {
  test('runs with the values, and the service sees none of them', async () => {
    await using world = await startWorld()
    const runs: unknown[] = []
    const output = {
      name: person,
      passport,
      number: Number(inn),
      contacts: { phones: [phone, 79_160_000_001], home: { address } },
      birth: { date: '1990-01-02' },
      clients: [{ passport: passport.replace(' ', '') }, { [other]: 1 }],
      passports: [passport],
      visits: 7,
    }
    scriptCalls(world.emulator, service, { name: 'search', arguments: { name: '⟦PERSON_1⟧', phone: '⟦PHONE_1⟧' } })
    world.emulator.script({ service, text: 'Паспорт ⟦PASSPORT_RF_1⟧, ⟦PERSON_1⟧у' })
    const answer = await world.client.generateText({
      model,
      prompt,
      tools: { search: createSearch(runs, output) },
    })
    expect(runs).toEqual([{ name: person, phone }])
    expect(answer.text).toBe(`Паспорт ${passport}, ${person}`)
    expect(answer.steps[0]?.toolCalls[0]?.input).toEqual({ name: person, phone })
    expect(answer.steps[0]?.toolResults[0]?.output).toEqual(output)
    expect(answer.steps[1]?.policy.masked).toMatchObject({ PERSON: 2, BIRTH_DATE: 1, INN_PERSON: 1, ADDRESS: 1 })
    expectNothingPersonal(world.emulator)
    expect(lastSent(world)).toContain('visits')
    expect(lastSent(world)).toContain('7')
  })

  test('runs with the values in a stream too, whole before it is told', async () => {
    await using world = await startWorld()
    const runs: unknown[] = []
    const told: unknown[] = []
    scriptCalls(world.emulator, service, { name: 'search', arguments: { name: '⟦PERSON_1⟧', list: ['⟦PHONE_1⟧'] } })
    const stream = world.client.streamText({
      model,
      prompt,
      tools: {
        search: tool({ inputSchema: z.looseObject({ name: z.string() }), execute: (input) => runs.push(input) }),
      },
    })
    for await (const part of stream) if (part.type === 'tool-call') told.push(part.input)
    expect(runs).toEqual([{ name: person, list: [phone] }])
    expect(told).toEqual(runs)
    expectNothingPersonal(world.emulator)
  })

  test('is told what was wrong without the value that was wrong', async () => {
    await using world = await startWorld()
    const runs: unknown[] = []
    scriptCalls(world.emulator, service, { name: 'search', arguments: { name: 1, '⟦PERSON_1⟧': '⟦PHONE_1⟧' } })
    scriptCalls(world.emulator, service, { name: 'search', arguments: { name: '⟦PERSON_1⟧' } })
    await world.client.generateText({
      model,
      prompt,
      tools: {
        search: tool({
          inputSchema: z.strictObject({ name: z.string() }),
          execute: (input) => {
            runs.push(input)
            throw new Error(`Нет такого: ${person}, ${phone}`)
          },
        }),
      },
    })
    expect(runs).toEqual([{ name: person }])
    expectNothingPersonal(world.emulator)
  })

  test('that waits for a decision goes on hours later with the values', async () => {
    await using world = await startWorld()
    const runs: unknown[] = []
    const tools = {
      call: tool({
        inputSchema: z.object({ phone: z.string() }),
        execute: (input) => {
          runs.push(input)
          return `Позвонили ${person}`
        },
        needsApproval: true,
      }),
    }
    scriptCalls(world.emulator, service, { name: 'call', arguments: { phone: '⟦PHONE_1⟧' } })
    const waiting = await world.client.generateText({ model, prompt, tools })
    expect(waiting.toolApprovals.map(({ input }) => input)).toEqual([{ phone }])
    const kept = JSON.parse(JSON.stringify(waiting.responseMessages)) as Message[]
    const toolCallId = waiting.toolApprovals[0]?.toolCallId ?? ''
    const decide = (approved: boolean): Message[] => [
      { role: 'user', content: prompt },
      ...kept,
      { role: 'tool', content: [{ type: 'tool-approval', toolCallId, approved, reason: `${person} против` }] },
    ]
    world.emulator.script({ service, text: 'Готово: ⟦PERSON_1⟧', times: 2 })
    const refused = await world.connect().generateText({ model, messages: decide(false), tools })
    expect(runs).toEqual([])
    const approved = await world.connect().generateText({ model, messages: decide(true), tools })
    expect(runs).toEqual([{ phone }])
    expect([refused.text, approved.text]).toEqual([`Готово: ${person}`, `Готово: ${person}`])
    expectNothingPersonal(world.emulator)
  })

  test('that does not run here is given back with the values', async () => {
    await using world = await startWorld()
    scriptCalls(world.emulator, service, {
      name: 'call',
      arguments: { phone: '⟦PHONE_1⟧', who: { '⟦PERSON_1⟧': true } },
    })
    const answer = await world.client.generateText({
      model,
      prompt,
      tools: { call: tool({ inputSchema: z.looseObject({ phone: z.string() }) }) },
    })
    expect(answer.toolCalls.map(({ input }) => input)).toEqual([{ phone, who: { [person]: true } }])
    expectNothingPersonal(world.emulator)
  })

  test('that ends the call tells nothing in the error', async () => {
    await using world = await startWorld()
    for (let turn = 0; turn < 2; turn++) {
      scriptCalls(world.emulator, service, { name: 'call', arguments: { phone: 7, name: '⟦PERSON_1⟧' } })
    }
    const tools = { call: tool({ inputSchema: z.object({ phone: z.string() }), execute: () => 'да' }) }
    const error = await caught(world.client.generateText({ model, prompt, tools }))
    expect(error).toMatchObject({ code: 'tool.input_invalid' })
    expectConcealed(error)
    const { responseMessages } = error as { responseMessages: Message[] }
    expect(textsOf(responseMessages)).toContain(person)
  })
})

test('a history may hold what is no plain JSON: it is masked as JSON says it', async () => {
  await using world = await startWorld()
  const call = { type: 'tool-call', toolCallId: 'call_1', toolName: 'search', input: { at: new Date(0) } } as const
  const hidden = { toJSON: () => ({ passport, who: person }) }
  const result = { type: 'tool-result', toolCallId: 'call_1', toolName: 'search', output: hidden } as const
  await world.client.generateText({
    model: 'yandexgpt/yandexgpt-5.1',
    messages: [
      { role: 'user', content: prompt },
      { role: 'assistant', content: [call] },
      { role: 'tool', content: [result] },
    ],
  })
  expectNothingPersonal(world.emulator)
  expect(lastSent(world).join(' ')).toContain('1970-01-01T00:00:00.000Z')
})
