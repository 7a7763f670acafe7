import { tool, type GenerateTextResult } from '@shlyuz/core'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { row } from './row.ts'
import { openAi, surfaces, type StreamSurface } from './surfaces.ts'
import { caught, stand, startRaw, type RawWorld } from './world.ts'

const ask = { model: stand, prompt: 'x' }

/** An answer that calls a tool with these very arguments. */
function callWith(text: string, id = '"a"'): string {
  const call = `{"id":${id},"type":"function","function":{"name":"take","arguments":${JSON.stringify(text)}}}`
  return `{"model":"any","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":null,"tool_calls":[${call}]}}]}`
}

function answerOnce(first: string): Parameters<typeof startRaw>[0] {
  let asked = 0
  return (exchange) => exchange.answer(200, asked++ === 0 ? first : openAi.whole('да'))
}

function expectNoPollution(): void {
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  expect(Object.keys(Object.prototype)).toEqual([])
  expect(([] as { polluted?: unknown }).polluted).toBeUndefined()
}

row('F65', () => {
  it.each([
    '{"__proto__":{"polluted":1},"city":"Казань"}',
    '{"constructor":{"prototype":{"polluted":1}},"city":"Казань"}',
    '{"city":{"__proto__":{"polluted":1}}}',
    '{"\\u005f_proto__":{"polluted":1},"city":"Казань"}',
    '[{"__proto__":{"polluted":1}}]',
  ])('in arguments: %s', async (text) => {
    await using world = await startRaw(answerOnce(callWith(text)))
    const inputs: unknown[] = []
    const take = tool({
      inputSchema: { type: 'object' },
      execute: (input: unknown) => {
        inputs.push(input)
        Object.assign({}, input)
        return 1
      },
    })
    await world.client.generateText({ ...ask, tools: { take } }).catch((error: unknown) => {
      expect(error).toMatchObject({ name: expect.stringMatching(/Error$/), code: expect.any(String) })
    })
    for (const input of inputs) {
      expect(Object.getPrototypeOf(input)).toBe(Object.prototype)
      expect((input as { polluted?: unknown }).polluted).toBeUndefined()
      expect(Object.hasOwn(input as object, '__proto__')).toBe(false)
    }
    expectNoPollution()
  })

  it.each(surfaces)('in an answer of $name', async ({ call, whole }) => {
    const body = whole('да').replace(
      '{',
      '{"__proto__":{"polluted":1,"choices":[],"result":{}},"constructor":{"prototype":{"polluted":1}},',
    )
    await using world = await startRaw((exchange) => exchange.answer(200, body))
    const result = await world.client.generateText({ ...call, prompt: 'x' })
    expect((result as { text: string }).text).toBe('да')
    expect((result as { polluted?: unknown }).polluted).toBeUndefined()
    expectNoPollution()
  })

  it.each(surfaces)('alone in an answer of $name: it lends no field', async ({ call, whole }) => {
    await using world = await startRaw((exchange) => exchange.answer(200, `{"__proto__":${whole('да')}}`))
    expect(await caught(world.client.generateText({ ...call, prompt: 'x' }))).toMatchObject({
      name: 'ProtocolError',
    })
    expectNoPollution()
  })

  it('in an output by schema', async () => {
    const text = '{"topic":"а","__proto__":{"polluted":1}}'
    await using world = await startRaw((exchange) => exchange.answer(200, openAi.whole(text)))
    const output = z.looseObject({ topic: z.string() })
    const result = await world.client.generateText({ ...ask, output }).catch((error: unknown) => error)
    if (!(result instanceof Error)) {
      const { output: made } = result as GenerateTextResult<{ topic: string; polluted?: unknown }>
      expect(made.polluted).toBeUndefined()
    }
    expectNoPollution()
  })
})

row('F66', () => {
  const levels = 100_000
  const nested = '['.repeat(levels) + ']'.repeat(levels)
  const nestedObjects = '{"a":'.repeat(levels) + '1' + '}'.repeat(levels)

  /** An error of ours, or the answer without the nest where nobody looks at it. */
  async function expectLives({ client }: RawWorld, { call }: StreamSurface): Promise<void> {
    const options = { ...call, prompt: 'x' } as never
    for (const start of [() => client.generateText(options), () => client.streamText(options).result]) {
      const result = await start().catch((error: unknown) => error as Error)
      if (result instanceof Error) expect(result.name).toMatch(/^(?:ProtocolError|StreamInterruptedError)$/)
      else expect(['да', '']).toContain(result.text)
    }
  }

  it.each(surfaces)('in an answer of $name, in any place', async (surface) => {
    const { whole, frame, contentType } = surface
    await using world = await startRaw(() => {})
    for (const nest of [nested, nestedObjects]) {
      for (const spoil of [
        (body: string) => body.replace('{', `{"more":${nest},`),
        (body: string) => body.replace('"да"', nest),
        () => nest,
      ]) {
        world.server.handle = async (exchange) => {
          if (!exchange.request.body.includes('"stream":true')) return exchange.answer(200, spoil(whole('да')))
          const [first = '', ...rest] = frame(['да'])
          await exchange.head(200, { 'content-type': contentType })
          const at = first.indexOf('{')
          const spoiled = first.slice(0, at) + spoil(first.slice(at))
          await exchange.chunk(spoiled.endsWith('\n') ? spoiled : `${spoiled}\n\n`)
          for (const one of rest) await exchange.chunk(one)
          await exchange.end()
        }
        await expectLives(world, surface)
      }
    }
  })

  it('in arguments of a tool, and in an output by schema', async () => {
    let runs = 0
    const take = tool({ inputSchema: z.object({ deep: z.any() }), execute: () => ++runs })
    await using world = await startRaw((exchange) => exchange.answer(200, callWith(`{"deep":${nested}}`)))
    const error = await caught(world.client.generateText({ ...ask, tools: { take } }))
    expect(error).toMatchObject({ code: expect.any(String) })
    expect(runs).toBe(0)
    world.server.handle = (exchange) => exchange.answer(200, openAi.whole(`{"deep":${nestedObjects}}`))
    const output = z.looseObject({})
    expect(await caught(world.client.generateText({ ...ask, output }))).toMatchObject({ code: expect.any(String) })
  })
})

row('F67', () => {
  it.each(surfaces)('$name: of two keys the last one counts', async ({ call, whole }) => {
    const body = whole('да')
    const key = body.includes('"choices"') ? 'choices' : body.includes('"messages"') ? 'messages' : 'result'
    await using world = await startRaw((exchange) => exchange.answer(200, body.replace('{', `{"${key}":[],`)))
    expect(((await world.client.generateText({ ...call, prompt: 'x' })) as { text: string }).text).toBe('да')
  })

  it('an id is text, digit by digit', async () => {
    const id = '9007199254740993'
    const messages: string[] = []
    await using world = await startRaw((exchange) => {
      messages.push(exchange.request.body)
      return exchange.answer(200, messages.length === 1 ? callWith('{}', `"${id}"`) : openAi.whole('да'), {
        'x-request-id': '18446744073709551617',
      })
    })
    const ids: string[] = []
    const take = tool({
      inputSchema: z.object({}),
      execute: (_input, { toolCallId }) => {
        ids.push(toolCallId)
        return 1
      },
    })
    const { response } = await world.client.generateText({ ...ask, tools: { take } })
    expect(ids).toEqual([id])
    expect(messages[1]).toContain(`"tool_call_id":"${id}"`)
    expect(response.requestId).toBe('18446744073709551617')
  })

  it('a number that JSON cannot hold exactly is near, and no error', async () => {
    const body = openAi.whole('да').replace('"total_tokens":7', '"total_tokens":9007199254740993')
    await using world = await startRaw((exchange) => exchange.answer(200, body))
    const { usage } = await world.client.generateText(ask)
    expect(usage.totalTokens === undefined || Math.abs(usage.totalTokens - 2 ** 53) < 4).toBe(true)
  })
})
