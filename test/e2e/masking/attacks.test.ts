import { tool, type Client } from '@shlyuz/core'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { inn, other, passport, person, phone } from './made-up.ts'
import {
  contentRequests,
  expectNothingPersonal,
  personal,
  refusedBy,
  runExtra,
  startWorld,
  surfaces,
  textsOf,
} from './world.ts'

type Options = Record<string, unknown>

/** Every place of a text call where somebody may have written something personal. */
const places: Readonly<Record<string, Options>> = {
  'the instructions': { instructions: `Клиент: ${person}` },
  'a system message': {
    messages: [
      { role: 'system', content: `Клиент: ${person}` },
      { role: 'user', content: 'Кто клиент?' },
    ],
  },
  'what a model answered before': {
    messages: [
      { role: 'user', content: 'Кто?' },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: person },
          { type: 'text', text: `Это ${person}` },
        ],
      },
      { role: 'user', content: 'Точно?' },
    ],
  },
  'sources and files of an earlier answer': {
    messages: [
      { role: 'user', content: 'Кто?' },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Вот' },
          { type: 'source', url: `https://example.com/${person}`, title: person },
          { type: 'file', data: { fileId: person }, filename: person },
        ],
      },
      { role: 'user', content: 'Точно?' },
    ],
  },
  'ids, names and metadata of an earlier call': historyOf({
    toolCallId: phone,
    toolName: `Найти ${person}`,
    input: { phone, [person]: 1 },
    providerMetadata: { gigachat: { functionsStateId: person, toolStateId: phone } },
    output: { passport },
  }),
  'arguments that were no JSON': historyOf({ input: undefined, invalidInput: `{"name": "${person}` }),
  'a result that is a text, a list or a number': historyOf({ output: [person, [phone, { inn: Number(inn) }]] }),
  'keys of a result': historyOf({ output: { [person]: { [phone]: true } } }),
  'a key that says what the value is': historyOf({
    input: { passport: '4509 123456', client: { passport_number: 4_509_123_456 } },
    output: { birth: { date: '1990-01-02' }, birthDate: '1990-01-02' },
  }),
  'a key that is itself a name': historyOf({ output: { [`${person} passport`]: '4509 123456' } }),
  'a failed result': historyOf({ output: `no client ${person}`, isError: true }),
  'the description of a tool': toolOf({ description: `Звонит: ${person}` }),
  'names, values and words of a tool’s schema': toolOf({
    inputSchema: {
      type: 'object',
      title: person,
      properties: {
        who: { type: 'string', enum: [person, other], default: person, description: `Не ${other}` },
        passport: { type: 'string', examples: ['4509 123456'], pattern: `^${phone.replace('+', String.raw`\+`)}$` },
        [person]: { type: 'object', properties: { inn: { type: 'integer', enum: [Number(inn)] } } },
        linked: { $ref: `#/$defs/${person}` },
      },
      required: ['who', person],
      dependentRequired: { [person]: ['who'] },
      'x-owner': { [other]: phone },
      $defs: { [person]: { type: 'string', description: phone } },
    },
  }),
  'examples of a tool': toolOf({
    examples: [{ request: `Найди ${person}`, input: { who: person, passport: '4509 123456' } }],
  }),
  'what a tool gives back': toolOf({ outputSchema: { type: 'object', properties: { [person]: { const: phone } } } }),
  'the schema of the output': {
    output: {
      type: 'object',
      title: person,
      description: phone,
      properties: { [person]: { type: 'string', enum: [phone] }, note: { type: 'string', description: other } },
      required: [person],
    },
  },
  'stop strings': { stop: [person, phone] },
  'labels and classes': { labels: { manager: person }, dataClass: 'personal' },
}

interface Turn {
  readonly toolCallId?: string
  readonly toolName?: string
  readonly input?: unknown
  readonly invalidInput?: string
  readonly providerMetadata?: object
  readonly output?: unknown
  readonly isError?: boolean
}

function historyOf(turn: Turn): Options {
  const { toolCallId = 'call_1', toolName = 'search', input = {}, output = 'да', isError } = turn
  const call = {
    type: 'tool-call',
    toolCallId,
    toolName,
    input: turn.invalidInput === undefined ? input : undefined,
    ...(turn.invalidInput !== undefined && { invalidInput: turn.invalidInput }),
    ...(turn.providerMetadata && { providerMetadata: turn.providerMetadata }),
  }
  const result = { type: 'tool-result', toolCallId, toolName, output, ...(isError && { isError }) }
  return {
    messages: [
      { role: 'user', content: 'Найди' },
      { role: 'assistant', content: [call] },
      { role: 'tool', content: [result] },
    ],
    tools: { search: tool({ inputSchema: z.looseObject({}), execute: () => 'да' }) },
  }
}

function toolOf(definition: object): Options {
  return { tools: { search: { inputSchema: { type: 'object', properties: {} }, ...definition } }, toolChoice: 'none' }
}

/** What is merely refused leaves nothing either: services do not take every schema. */
async function ask(client: Client, model: string, options: Options): Promise<void> {
  const given = { model, ...('messages' in options ? {} : { prompt: 'Кто это?' }), ...options }
  await client.generateText(given).catch((error: unknown) => {
    expect(error).toMatchObject({
      name: expect.stringMatching(/BadRequest|UnsupportedFeature|OutputValidation/) as string,
    })
  })
}

describe.each(surfaces)('nothing personal leaves for $title', ({ model }) => {
  test.each(Object.entries(places))('from %s', async (_where, options) => {
    await using world = await startWorld()
    await ask(world.client, model, options)
    if (world.emulator.requests.length > 0) expectNothingPersonal(world.emulator)
  })
})

test.each(Object.entries(places))(
  '%s reaches some service: the looks above are no empty ones',
  async (_where, options) => {
    await using world = await startWorld()
    for (const { model } of surfaces) await ask(world.client, model, options)
    expect(contentRequests(world.emulator).length).toBeGreaterThan(0)
  },
)

test.each(Object.entries(places).filter(([where]) => !/stop|labels|sources/.test(where)))(
  '%s is no way around a policy that lets nothing personal leave',
  async (_where, options) => {
    await using world = await startWorld({ policy: personal('deny') })
    const given = {
      model: 'yandexgpt/yandexgpt-5.1',
      ...('messages' in options ? {} : { prompt: 'Кто это?' }),
      ...options,
    }
    const error = await refusedBy(world, () => world.client.generateText(given))
    expect(error).toMatchObject({ code: 'data.personal' })
  },
)

test('what a service wants back stays when it tells nothing', async () => {
  await using world = await startWorld()
  const state = { gigachat: { functionsStateId: 'state-1', toolStateId: 'state-2' } }
  await ask(world.client, 'gigachat/GigaChat-2-Max', historyOf({ providerMetadata: state, output: person }))
  await ask(world.client, 'gigachat-v2/GigaChat-2-Max', historyOf({ providerMetadata: state, output: person }))
  const [first, second] = contentRequests(world.emulator).map(({ body }) => textsOf(body))
  expect(first).toContain('state-1')
  expect(second).toContain('state-2')
  expectNothingPersonal(world.emulator)
})

describe('options of one service alone cannot be masked, and are refused with personal data in them', () => {
  const options: Readonly<Record<string, readonly [model: string, providerOptions: object]>> = {
    'a field of the body': ['gigachat/GigaChat-2-Max', { gigachat: { extraBody: { note: person } } }],
    'a number in it': ['gigachat/GigaChat-2-Max', { gigachat: { extraBody: { user: { inn: Number(inn) } } } }],
    'a name in it': ['yandexgpt/yandexgpt-5.1', { yandexgpt: { extraBody: { [person]: 1 } } }],
    'a value found by its key': ['yandexgpt/yandexgpt-5.1', { yandexgpt: { extraBody: { passport: '4509 123456' } } }],
    'what turns into it': [
      'gigachat/GigaChat-2-Max',
      { gigachat: { extraBody: { toJSON: () => ({ note: person }) } } },
    ],
    'a header': ['gigachat-v2/GigaChat-2-Max', { gigachat: { extraHeaders: { 'X-Client': '+79160000001' } } }],
    'a session': ['gigachat/GigaChat-2-Max', { gigachat: { sessionId: '79160000001' } }],
    'a client': ['gigachat/GigaChat-2-Max', { gigachat: { clientId: phone } }],
    'a request': ['yandex-openai/yandexgpt-5.1', { yandexgpt: { clientRequestId: '79160000001' } }],
    'an expression': ['gigachat/GigaChat-2-Max', { gigachat: { responseFormat: { regex: `${person}|${other}` } } }],
  }

  test.each(Object.entries(options))('%s', async (_where, [model, providerOptions]) => {
    await using world = await startWorld()
    const [kind = ''] = Object.keys(providerOptions)
    const embedding = kind === 'gigachat' ? 'gigachat/Embeddings' : 'yandexgpt/text-search-doc'
    const drawing = kind === 'gigachat' ? 'gigachat/GigaChat-2-Max' : 'yandexgpt/yandex-art'
    const calls: readonly (() => Promise<unknown>)[] = [
      () => world.client.embed({ model: embedding, value: 'Раз', providerOptions }),
      () => world.client.generateImage({ model: drawing, prompt: 'Раз', providerOptions }),
      () => world.client.generateText({ model, prompt: 'Раз', providerOptions }),
      () => world.client.streamText({ model, prompt: 'Раз', providerOptions }).result,
      () => world.client.countTokens({ model, prompt: 'Раз', providerOptions }),
      () =>
        world.client.submitText({
          model,
          requests: [{ prompt: 'Раз' }],
          providerOptions,
          jobKey: new Uint8Array(32),
        }),
    ]
    for (const call of calls) {
      const error = await refusedBy(world, call)
      expect(error).toMatchObject({ code: 'policy.obligation_unmet' })
    }
  })

  test('and pass without', async () => {
    await using world = await startWorld()
    const providerOptions = { gigachat: { sessionId: 'session-7', extraHeaders: { 'X-Trace-ID': 'trace' } } }
    const model = 'gigachat/GigaChat-2-Max'
    await world.client.generateText({ model, prompt: person, providerOptions })
    expect(contentRequests(world.emulator)[0]?.headers['x-session-id']).toBe('session-7')
    expectNothingPersonal(world.emulator)
  })
})

describe('operations of one service alone', () => {
  type Extra = (client: Client) => Promise<unknown>
  const text = `${person} пишет: `
  const withPersonal: Readonly<Record<string, Extra>> = {
    tokenize: (client) => runExtra(client, 'yandexgpt', 'tokenize', { model: 'yandexgpt-5.1', text }),
    classifyFewShot: (client) =>
      runExtra(client, 'yandexgpt', 'classifyFewShot', {
        model: 'yandexgpt-5-lite',
        taskDescription: 'Кто пишет',
        labels: [person, other],
        text: 'привет',
      }),
    'createResponse, in a stored conversation': (client) =>
      runExtra(client, 'yandexgpt', 'createResponse', { model: 'yandexgpt-5.1', input: text }),
    checkFilter: (client) =>
      runExtra(client, 'gigachat', 'checkFilter', { messages: [{ role: 'user', content: text }] }),
    checkAiText: (client) => runExtra(client, 'gigachat', 'checkAiText', { input: text + 'слово '.repeat(20) }),
    'listFiles, in a header': (client) => runExtra(client, 'gigachat', 'listFiles', { clientId: phone }),
    'getFile, in the path': (client) => runExtra(client, 'gigachat', 'getFile', { fileId: inn }),
    'getOperation, in the path': (client) => runExtra(client, 'yandexgpt', 'getOperation', { id: inn }),
  }

  test.each(Object.entries(withPersonal))('are refused with personal data: %s', async (_name, work) => {
    await using world = await startWorld()
    const error = await refusedBy(world, () => work(world.client))
    expect(error).toMatchObject({ name: 'PolicyDeniedError', code: 'policy.obligation_unmet' })
  })

  test('are asked without', async () => {
    await using world = await startWorld()
    const tokens = await runExtra(world.client, 'yandexgpt', 'tokenize', { model: 'yandexgpt-5.1', text: 'привет' })
    expect(tokens.policy).toMatchObject({ verdict: 'allow' })
    expect(tokens.policy).not.toHaveProperty('personal')
    expect(await runExtra(world.client, 'gigachat', 'listFiles')).toBeDefined()
    expectNothingPersonal(world.emulator)
  })
})
