import { createClient, schema, tool, type Client, type StandardSchema, type TextStreamPart } from '@shlyuz/core'
import { startEmulator, type Emulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { caught } from './support.ts'

let emulator: Emulator
let client: Client

beforeAll(async () => {
  emulator = await startEmulator({ pace: 'instant' })
  client = createClient({
    providers: [
      gigachat(emulator.gigachat),
      gigachat({ ...emulator.gigachat, name: 'gigachat-v2', api: 'v2' }),
      yandexgpt(emulator.yandexgpt),
      yandexgpt({ ...emulator.yandexgpt, name: 'yandex-openai', api: 'openai' }),
    ],
    network: emulator.network,
    retries: 0,
  })
})

afterEach(() => emulator.reset())

afterAll(async () => {
  await client.close({ graceMs: 0 })
  await emulator.close()
})

const surfaces = [
  { title: 'GigaChat v1', model: 'gigachat/GigaChat-2-Max', service: 'gigachat' },
  { title: 'GigaChat v2', model: 'gigachat-v2/GigaChat-2-Max', service: 'gigachat' },
  { title: 'YandexGPT', model: 'yandexgpt/yandexgpt-5.1', service: 'yandexgpt' },
  { title: 'YandexGPT, OpenAI-compatible', model: 'yandex-openai/yandexgpt-5.1', service: 'yandexgpt' },
] as const

const claim = z.object({ topic: z.string(), sum: z.int(), parties: z.array(z.string()).min(1) })
const prompt = 'Претензия ООО «Ромашка» к АО «Василёк» о взыскании 5000 рублей за непоставленный товар.'

function chats(): Emulator['requests'] {
  return emulator.requests.filter(({ operation }) => operation === 'chat')
}

function scriptCall(service: 'gigachat' | 'yandexgpt', input: Readonly<Record<string, unknown>>): void {
  const calls = [{ name: 'output', arguments: input }]
  emulator.script(service === 'gigachat' ? { service, functionCalls: calls } : { service, toolCalls: calls })
}

const good = { topic: 'Взыскание', sum: 5000, parties: ['ООО «Ромашка»'] }

describe.each(surfaces)('output by schema on $title', ({ model, service }) => {
  it.each(['native', 'emulated'] as const)('comes typed and validated, %s', async (outputMode) => {
    const answer = await client.generateText({ model, prompt, output: claim, outputMode })
    const { topic, sum, parties } = answer.output
    expect(claim.safeParse({ topic, sum, parties }).success).toBe(true)
    expect(answer.outputMode).toBe(outputMode)
    expect(JSON.parse(answer.text)).toEqual(answer.output)
    expect(answer.finishReason).toBe('stop')
    expect(answer.responseMessages).toEqual([{ role: 'assistant', content: answer.text }])
    expect(answer.toolCalls).toEqual([])
  })

  it('a stream shows it as it grows, and ends with the whole', async () => {
    emulator.script({
      service,
      text: ['{"topic": "Взыс', 'кание", "sum": 5000', ', "parties": ["ООО «Ромаш', 'ка»"]}'],
    })
    const stream = client.streamText({ model, prompt, output: claim, outputMode: 'native' })
    const parts: TextStreamPart[] = []
    for await (const part of stream) parts.push(part)
    const shown = parts.filter((part) => part.type === 'partial-output').map(({ output }) => output)
    expect(shown[0]).toEqual({ topic: 'Взыс' })
    expect(shown.at(-1)).toEqual(good)
    expect((await stream.result).output).toEqual(good)
  })

  it('an emulated one is shown too, and its tool is no tool call of the answer', async () => {
    scriptCall(service, good)
    const stream = client.streamText({ model, prompt, output: claim, outputMode: 'emulated' })
    const types: string[] = []
    for await (const part of stream) types.push(part.type)
    expect(types).toEqual(['partial-output', 'finish'])
    expect((await stream.result).output).toEqual(good)
  })

  it.each(['native', 'emulated'] as const)('is repaired once, %s, and the try is forgotten', async (outputMode) => {
    if (outputMode === 'native') emulator.script({ service, text: '{"topic": 7}' })
    else scriptCall(service, { topic: 7 })
    const answer = await client.generateText({ model, prompt, output: claim, outputMode })
    expect(claim.safeParse(answer.output).success).toBe(true)
    expect(answer.steps).toHaveLength(2)
    expect(answer.warnings.map(({ code }) => code)).toContain('output-repaired')
    expect(answer.responseMessages).toHaveLength(1)
    expect(chats()).toHaveLength(2)
  })

  it('one that never fits is an error with the text, which no log prints', async () => {
    for (let turn = 0; turn < 2; turn++) emulator.script({ service, text: 'Тайна: 4276 0000' })
    const error = await caught(client.generateText({ model, prompt, output: claim, outputMode: 'native' }))
    expect(error).toMatchObject({ name: 'OutputValidationError', code: 'output.invalid' })
    expect((error as { text: string }).text).toBe('Тайна: 4276 0000')
    expect(JSON.stringify(error)).not.toContain('4276')
    expect((error as Error).message).not.toContain('4276')
    expect(chats()).toHaveLength(2)
  })

  it('one that was cut short is not asked for again', async () => {
    const cut =
      service === 'gigachat'
        ? ({ service, text: '{"topic": "Вз', finishReason: 'length' } as const)
        : ({ service, text: '{"topic": "Вз', status: 'ALTERNATIVE_STATUS_TRUNCATED_FINAL' } as const)
    emulator.script(cut)
    const error = await caught(client.generateText({ model, prompt, output: claim, outputMode: 'native' }))
    expect(error).toMatchObject({ name: 'OutputValidationError', code: 'output.incomplete' })
    expect(chats()).toHaveLength(1)
  })

  it('goes together with tools: they run first, then the answer has the shape', async () => {
    const runs: unknown[] = []
    const rate = tool({
      description: 'Курс доллара на день',
      inputSchema: z.object({ day: z.string() }),
      execute: (input) => {
        runs.push(input)
        return { rubles: 80 }
      },
    })
    const answer = await client.generateText({
      model,
      prompt: 'Какой курс доллара на день 2026-11-24?',
      tools: { rate },
      toolChoice: { tool: 'rate' },
      output: z.object({ rubles: z.number() }),
    })
    expect(runs).toHaveLength(1)
    expect(answer.output.rubles).toEqual(expect.any(Number))
    expect(answer.finishReason).toBe('stop')
  })
})

describe('schemas', () => {
  const model = 'gigachat/GigaChat-2-Max'

  it('a plain JSON Schema validates too', async () => {
    const output = { type: 'object', properties: { n: { type: 'integer', minimum: 10 } }, required: ['n'] } as const
    emulator.script({ service: 'gigachat', text: '{"n": 3}' })
    emulator.script({ service: 'gigachat', text: '{"n": 30}' })
    const answer = await client.generateText({ model, prompt, output })
    expect(answer.output).toEqual({ n: 30 })
    expect(answer.steps).toHaveLength(2)
  })

  it('an output that is no object is wrapped where a tool has to bring it', async () => {
    const answer = await client.generateText({ model, prompt, output: z.array(z.string()), outputMode: 'emulated' })
    expect(Array.isArray(answer.output)).toBe(true)
  })

  it('a validator without JSON Schema names the way out, and `schema` is it', async () => {
    const bare: StandardSchema<{ n: number }> = {
      '~standard': {
        version: 1,
        vendor: 'valibot',
        validate: (value) => ({ value: value as { n: number } }),
      },
    }
    const error = await caught(client.generateText({ model, prompt, output: bare }))
    expect(error).toMatchObject({ name: 'ConfigurationError', code: 'config.schema' })
    expect((error as { hint: string }).hint).toContain('@valibot/to-json-schema')
    emulator.script({ service: 'gigachat', text: '{"n": 1}' })
    const wrapped = schema(bare, { type: 'object', properties: { n: { type: 'number' } } })
    expect((await client.generateText({ model, prompt, output: wrapped })).output.n).toBe(1)
  })

  it('one that the service cannot express is refused before anything is sent', async () => {
    const node: z.ZodType = z.object({ name: z.string(), children: z.array(z.lazy(() => node)) })
    const error = await caught(
      client.generateText({ model, prompt, tools: { tree: tool({ inputSchema: node as z.ZodObject }) } }),
    )
    expect(error).toMatchObject({ name: 'UnsupportedFeatureError' })
    expect((error as { hint: string }).hint).toMatch(/[а-я]/)
    expect(emulator.requests).toEqual([])
  })

  it('a null that is lost is told', async () => {
    const inputSchema = z.object({ city: z.string().nullable() })
    const answer = await client.generateText({ model, prompt, tools: { weather: tool({ inputSchema }) } })
    expect(answer.warnings.map(({ code }) => code)).toContain('schema-null-dropped')
  })
})
