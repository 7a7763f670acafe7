import {
  createClient,
  domesticOnly,
  tool,
  type Client,
  type Message,
  type TextStep,
  type TextStreamPart,
} from '@shlyuz/core'
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

/** Every way in which the two services are asked for tools. */
const surfaces = [
  { title: 'GigaChat v1', model: 'gigachat/GigaChat-2-Max', service: 'gigachat', parallel: false },
  { title: 'GigaChat v2', model: 'gigachat-v2/GigaChat-2-Max', service: 'gigachat', parallel: true },
  { title: 'YandexGPT', model: 'yandexgpt/yandexgpt-5.1', service: 'yandexgpt', parallel: true },
  { title: 'YandexGPT, OpenAI-compatible', model: 'yandex-openai/yandexgpt-5.1', service: 'yandexgpt', parallel: true },
] as const

const prompt = 'Какая погода в Казани?'

interface Call {
  readonly name: string
  readonly arguments: Readonly<Record<string, unknown>>
}

/** Writes the next answer: calls of tools. */
function scriptCalls(service: (typeof surfaces)[number]['service'], calls: readonly Call[]): void {
  emulator.script(service === 'gigachat' ? { service, functionCalls: calls } : { service, toolCalls: calls })
}

function chats(): Emulator['requests'] {
  return emulator.requests.filter(({ operation }) => operation === 'chat')
}

function createWeather(runs: unknown[] = []) {
  return tool({
    description: 'Погода в городе',
    inputSchema: z.object({ city: z.string().describe('Город') }),
    execute: (input) => {
      runs.push(input)
      return { degrees: 5, city: input.city }
    },
  })
}

describe.each(surfaces)('tools on $title', ({ model, service, parallel }) => {
  it('a tool runs, its result goes back, and the answer speaks of it', async () => {
    const runs: unknown[] = []
    const steps: TextStep[] = []
    const answer = await client.generateText({
      model,
      prompt,
      tools: { weather: createWeather(runs) },
      onStep: (step) => void steps.push(step),
    })
    expect(runs).toEqual([{ city: expect.stringMatching(/^Казан/) }])
    expect(answer.text).not.toBe('')
    expect(answer.finishReason).toBe('stop')
    expect(answer.steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop'])
    expect(answer.steps[0]?.toolResults).toMatchObject([{ toolName: 'weather', output: { degrees: 5 } }])
    expect(steps).toEqual(answer.steps)
    expect(answer.responseMessages.map(({ role }) => role)).toEqual(['assistant', 'tool', 'assistant'])
    expect(chats()).toHaveLength(2)
    const [first, second] = answer.steps
    const inputTokens = [first, second].map((step) => step?.usage.inputTokens ?? 0)
    expect(answer.usage.inputTokens).toBe((inputTokens[0] ?? 0) + (inputTokens[1] ?? 0))
  })

  it('a stream carries the call, the result and the answer, in this order', async () => {
    const parts: TextStreamPart[] = []
    const stream = client.streamText({ model, prompt, tools: { weather: createWeather() } })
    for await (const part of stream) parts.push(part)
    const types = parts.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1])
    expect(types).toEqual(['tool-call', 'tool-result', 'step-finish', 'text-delta', 'finish'])
    const call = parts.find((part) => part.type === 'tool-call')
    const result = parts.find((part) => part.type === 'tool-result')
    expect(result?.toolCallId).toBe(call?.toolCallId)
    const whole = await stream.result
    expect(whole.steps[0]?.toolCalls).toEqual([call])
    expect(whole.steps[0]?.toolResults).toEqual([result])
  })

  it('ids are unique, also where the service gives none or the same twice', async () => {
    const calls = [
      { name: 'weather', arguments: { city: 'Казань' } },
      { name: 'weather', arguments: { city: 'Уфа' } },
    ]
    scriptCalls(service, parallel ? calls : calls.slice(0, 1))
    const answer = await client.generateText({ model, prompt, tools: { weather: createWeather() } })
    const ids = answer.steps.flatMap(({ toolCalls }) => toolCalls.map(({ toolCallId }) => toolCallId))
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThanOrEqual(parallel ? 2 : 1)
    expect(ids.every((id) => id !== '' && id !== 'weather')).toBe(true)
    expect(answer.steps[0]?.toolResults.map(({ output }) => (output as { city: string }).city)).toEqual(
      parallel ? ['Казань', 'Уфа'] : ['Казань'],
    )
  })

  it('a forced tool is called once, then the model is free to answer', async () => {
    const runs: unknown[] = []
    const answer = await client.generateText({
      model,
      prompt: 'Расскажи о чём-нибудь',
      tools: { weather: createWeather(runs), time: tool({ inputSchema: z.object({}), execute: () => '12:00' }) },
      toolChoice: { tool: 'weather' },
    })
    expect(runs).toHaveLength(1)
    expect(answer.finishReason).toBe('stop')
  })

  it("with toolChoice 'none' no tool is called", async () => {
    const answer = await client.generateText({ model, prompt, tools: { weather: createWeather() }, toolChoice: 'none' })
    expect(answer.steps).toHaveLength(1)
    expect(answer.text).not.toBe('')
  })

  it('with one step the calls are given back, and the conversation goes on with a result of the caller', async () => {
    const first = await client.generateText({ model, prompt, tools: { weather: createWeather() }, maxSteps: 1 })
    expect(first.finishReason).toBe('tool-calls')
    expect(first.toolCalls).toHaveLength(1)
    const [call] = first.toolCalls
    if (!call) throw new Error('no call')
    const messages: Message[] = [
      { role: 'user', content: prompt },
      ...first.responseMessages,
      {
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: call.toolCallId, toolName: call.toolName, output: { degrees: -3 } },
        ],
      },
    ]
    const second = await client.generateText({ model, messages, tools: { weather: createWeather() } })
    expect(second.finishReason).toBe('stop')
    expect(second.text).toContain('-3')
  })

  it('arguments that do not fit are repaired once, and that is told', async () => {
    const runs: unknown[] = []
    scriptCalls(service, [{ name: 'weather', arguments: { town: 'Казань' } }])
    scriptCalls(service, [{ name: 'weather', arguments: { city: 'Казань' } }])
    const answer = await client.generateText({ model, prompt, tools: { weather: createWeather(runs) } })
    expect(runs).toEqual([{ city: 'Казань' }])
    expect(answer.warnings.map(({ code }) => code)).toContain('tool-input-invalid')
    expect(chats()).toHaveLength(3)
  })

  it('arguments that never fit end the call, and what was done is not lost', async () => {
    for (let turn = 0; turn < 2; turn++) scriptCalls(service, [{ name: 'weather', arguments: {} }])
    const error = await caught(client.generateText({ model, prompt, tools: { weather: createWeather() } }))
    expect(error).toMatchObject({ name: 'ToolExecutionError', code: 'tool.input_invalid' })
    const { responseMessages } = error as { responseMessages: Message[] }
    expect(responseMessages.map(({ role }) => role)).toEqual(['assistant', 'tool', 'assistant', 'tool'])
  })

  it('a prototype in the arguments never reaches the tool', async () => {
    const runs: unknown[] = []
    const polluted = JSON.parse('{"city":"Уфа","__proto__":{"admin":true}}') as Record<string, unknown>
    scriptCalls(service, [{ name: 'weather', arguments: polluted }])
    const answer = await client.generateText({ model, prompt, tools: { weather: createWeather(runs) } })
    expect(answer.steps[0]?.toolResults).toMatchObject([
      { isError: true, output: expect.stringContaining('__proto__') },
    ])
    expect(runs.some((run) => (run as { admin?: unknown }).admin !== undefined)).toBe(false)
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
  })

  it('a call that leaked into the text is told, not run', async () => {
    const runs: unknown[] = []
    emulator.script({ service, text: '[TOOL_CALL_START]weather\n{"city": "Казань"}' })
    const answer = await client.generateText({ model, prompt, tools: { weather: createWeather(runs) } })
    expect(runs).toEqual([])
    expect(answer.warnings).toMatchObject([{ code: 'tool-call-leaked' }])
  })

  it('a decision of a person may come hours later, in another process', async () => {
    const runs: unknown[] = []
    const tools = { weather: { ...createWeather(runs), needsApproval: true } }
    const waiting = await client.generateText({ model, prompt, tools })
    expect(runs).toEqual([])
    expect(waiting.toolApprovals).toHaveLength(1)
    const kept = JSON.parse(JSON.stringify(waiting.responseMessages)) as Message[]
    const [call] = waiting.toolApprovals
    const decide = (approved: boolean): Message[] => [
      { role: 'user', content: prompt },
      ...kept,
      { role: 'tool', content: [{ type: 'tool-approval', toolCallId: call?.toolCallId ?? '', approved }] },
    ]
    const refused = await client.generateText({ model, messages: decide(false), tools })
    expect(runs).toEqual([])
    expect(refused.responseMessages[0]).toMatchObject({ role: 'tool', content: [{ isError: true }] })
    const approved = await client.generateText({ model, messages: decide(true), tools })
    expect(runs).toHaveLength(1)
    expect(approved.text).not.toBe('')
  })
})

describe('a conversation with tool calls goes on elsewhere', () => {
  const pairs = surfaces.flatMap((from) => surfaces.filter((to) => to !== from).map((to) => ({ from, to })))

  it.each(pairs)('from $from.title to $to.title', async ({ from, to }) => {
    const tools = { weather: createWeather() }
    const calls = [
      { name: 'weather', arguments: { city: 'Казань' } },
      { name: 'weather', arguments: { city: 'Уфа' } },
    ]
    scriptCalls(from.service, from.parallel ? calls : calls.slice(0, 1))
    const instructions = 'Отвечай кратко'
    const begun = await client.generateText({ model: from.model, instructions, prompt, tools })
    const messages: Message[] = [
      { role: 'user', content: prompt },
      ...(JSON.parse(JSON.stringify(begun.responseMessages)) as Message[]),
      { role: 'user', content: 'А что надеть?' },
    ]
    const continued = await client.generateText({ model: to.model, instructions, messages, tools, toolChoice: 'none' })
    expect(continued.text).not.toBe('')
    expect(continued.finishReason).toBe('stop')
    expect(chats().at(-1)?.status).toBe(200)
  })
})

it('a fallback keeps tools and history: the next step stays with the one that answered', async () => {
  const runs: unknown[] = []
  emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status: 500 })
  const answer = await client.generateText({
    model: client.fallback(['gigachat/GigaChat-2-Max', 'yandexgpt/yandexgpt-5.1']),
    prompt,
    tools: { weather: createWeather(runs) },
  })
  expect(runs).toHaveLength(1)
  expect(answer.steps.map(({ model }) => model.provider)).toEqual(['yandexgpt', 'yandexgpt'])
})

it('an abort between two steps ends the call with its own reason', async () => {
  const controller = new AbortController()
  const reason = new Error('the user went away')
  const call = client.generateText({
    model: 'gigachat/GigaChat-2-Max',
    prompt,
    tools: { weather: createWeather() },
    signal: controller.signal,
    onStep: () => controller.abort(reason),
  })
  expect(await caught(call)).toBe(reason)
  expect(chats()).toHaveLength(1)
})

describe('a tool of the service that reaches into the web', () => {
  const search = {
    model: 'gigachat-v2/GigaChat-2-Max',
    prompt: 'Найди в интернете, что нового на Байкале',
    providerOptions: { gigachat: { v2: { builtInTools: { web_search: true } } } },
  } as const

  it('is refused until the policy lists it', async () => {
    const error = await caught(client.generateText(search))
    expect(error).toMatchObject({ name: 'PolicyDeniedError', code: 'content.remote_url' })
    expect((error as { hint: string }).hint).toContain("remote: ['web_search']")
    expect(emulator.requests).toEqual([])
  })

  it('gives its sources once it is listed', async () => {
    await using allowed = createClient({
      providers: [gigachat({ ...emulator.gigachat, name: 'gigachat-v2', api: 'v2' })],
      policy: domesticOnly({ remote: ['web_search'] }),
      network: emulator.network,
    })
    const { sources, text } = await allowed.generateText(search)
    expect(sources.map(({ url }) => url)).toEqual(expect.arrayContaining([expect.stringMatching(/^https:/)]))
    expect(text).not.toBe('')
  })
})

describe('a call without tools that is answered by calls', () => {
  const whole = async (model: string) => client.generateText({ model, prompt })
  const streamed = async (model: string) => client.streamText({ model, prompt }).result

  it.each(surfaces.flatMap((surface) => [whole, streamed].map((ask) => ({ ...surface, ask, how: ask.name }))))(
    'gives them back: $title, $how',
    async ({ model, service, ask }) => {
      scriptCalls(service, [{ name: 'get_weather', arguments: { city: 'Казань' } }])
      const { toolCalls, finishReason, responseMessages, steps } = await ask(model)
      expect(toolCalls).toMatchObject([{ toolName: 'get_weather', input: { city: 'Казань' } }])
      expect(finishReason).toBe('tool-calls')
      expect(responseMessages).toMatchObject([{ role: 'assistant', content: [{ type: 'tool-call' }] }])
      expect(steps).toHaveLength(1)
      expect(chats()).toHaveLength(1)
    },
  )
})
