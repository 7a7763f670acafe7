import { inspect } from 'node:util'
import { createClient, domesticOnly, type ShlyuzError } from '@shlyuz/core'
import { gigachat } from '@shlyuz/gigachat'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { caught, giga, startGigachat } from './support.ts'

const key = Buffer.from('client-id:top-secret-word').toString('base64')

const weather = { inputSchema: z.object({ city: z.string() }) }
const toolCall = { type: 'tool-call', toolCallId: 'a', toolName: 'weather', input: {} }

function withFile(data: unknown, mediaType?: string): unknown {
  return [{ role: 'user', content: [{ type: 'file', data, ...(mediaType !== undefined && { mediaType }) }] }]
}

const badCalls: [string, Record<string, unknown>][] = [
  ['no model', { prompt: 'x' }],
  ['a model without a provider', { model: 'GigaChat-2', prompt: 'x' }],
  ['an unknown provider', { model: 'openai/gpt-4o', prompt: 'x' }],
  ['an empty prompt', { model: giga, prompt: '  ' }],
  ['prompt and messages', { model: giga, prompt: 'x', messages: [{ role: 'user', content: 'x' }] }],
  ['neither prompt nor messages', { model: giga }],
  ['a wrong role', { model: giga, messages: [{ role: 'robot', content: 'x' }] }],
  [
    'the assistant first',
    {
      model: giga,
      messages: [
        { role: 'assistant', content: 'x' },
        { role: 'user', content: 'x' },
      ],
    },
  ],
  [
    'the assistant last',
    {
      model: giga,
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: 'x' },
      ],
    },
  ],
  [
    'a late system message',
    {
      model: giga,
      messages: [
        { role: 'user', content: 'x' },
        { role: 'system', content: 'x' },
      ],
    },
  ],
  ['NaN', { model: giga, prompt: 'x', temperature: Number.NaN }],
  ['a temperature out of range', { model: giga, prompt: 'x', temperature: 3 }],
  ['a fraction of a token', { model: giga, prompt: 'x', maxOutputTokens: 1.5 }],
  ['maxTokens', { model: giga, prompt: 'x', maxTokens: 5 }],
  ['abortSignal', { model: giga, prompt: 'x', abortSignal: AbortSignal.abort() }],
  ['system', { model: giga, prompt: 'x', system: 'y' }],
  ['an empty stop', { model: giga, prompt: 'x', stop: '' }],
  ['a negative timeout', { model: giga, prompt: 'x', timeout: { totalMs: -1 } }],
  ['an unknown timeout', { model: giga, prompt: 'x', timeout: { forever: 1 } }],
  ['eleven retries', { model: giga, prompt: 'x', retries: 11 }],
  ['labels that are no strings', { model: giga, prompt: 'x', labels: { a: 1 } }],
  ['options of an unknown vendor', { model: giga, prompt: 'x', providerOptions: { openai: {} } }],
  ['an unknown option of the vendor', { model: giga, prompt: 'x', providerOptions: { gigachat: { wow: 1 } } }],
  ['a controller for a signal', { model: giga, prompt: 'x', signal: new AbortController() }],
  ['an unknown reasoning effort', { model: giga, prompt: 'x', reasoningEffort: 'maximal' }],
  ['a list of tools', { model: giga, prompt: 'x', tools: [weather] }],
  ['a tool with a Russian name', { model: giga, prompt: 'x', tools: { погода: weather } }],
  ['a tool without a schema', { model: giga, prompt: 'x', tools: { weather: {} } }],
  ['a tool whose input is no object', { model: giga, prompt: 'x', tools: { weather: { inputSchema: z.string() } } }],
  ['an unknown option of a tool', { model: giga, prompt: 'x', tools: { weather: { ...weather, run: () => 1 } } }],
  ['a tool that is no function', { model: giga, prompt: 'x', tools: { weather: { ...weather, execute: 5 } } }],
  ['a tool without time', { model: giga, prompt: 'x', tools: { weather: { ...weather, timeoutMs: 0 } } }],
  ['an unknown tool choice', { model: giga, prompt: 'x', tools: { weather }, toolChoice: 'any' }],
  [
    'the choice of a tool that is not there',
    { model: giga, prompt: 'x', tools: { weather }, toolChoice: { tool: 'time' } },
  ],
  ['a choice without tools', { model: giga, prompt: 'x', toolChoice: 'required' }],
  ['parallel calls as a word', { model: giga, prompt: 'x', tools: { weather }, parallelToolCalls: 'yes' }],
  ['no steps', { model: giga, prompt: 'x', maxSteps: 0 }],
  ['too many steps', { model: giga, prompt: 'x', maxSteps: 101 }],
  ['a step listener that is no function', { model: giga, prompt: 'x', onStep: true }],
  ['an approval that is no function', { model: giga, prompt: 'x', approve: true }],
  ['an unknown way with tool errors', { model: giga, prompt: 'x', onToolError: 'ignore' }],
  ['an output that is no schema', { model: giga, prompt: 'x', output: 'json' }],
  ['an output without a type', { model: giga, prompt: 'x', output: { title: 'x' } }],
  ['an unknown output mode', { model: giga, prompt: 'x', output: z.object({}), outputMode: 'strict' }],
  ['an unknown fate of uploads', { model: giga, prompt: 'x', uploads: 'forget' }],
  ['a negative limit of a tool', { model: giga, prompt: 'x', timeout: { toolMs: -5 } }],
  ['a path that came as JSON', { model: giga, messages: withFile({ path: '/etc/passwd' }) }],
  ['a file as text', { model: giga, messages: withFile('bytes') }],
  ['an unknown key of a part', { model: giga, messages: [{ role: 'user', content: [{ type: 'text', txt: 'x' }] }] }],
  ['a media type that is none', { model: giga, messages: withFile(Uint8Array.of(1), 'pdf') }],
  [
    'a tool call without its result',
    {
      model: giga,
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: [toolCall] },
        { role: 'user', content: 'y' },
      ],
    },
  ],
  [
    'a result without its call',
    {
      model: giga,
      messages: [
        { role: 'user', content: 'x' },
        { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'a', toolName: 'weather', output: 1 }] },
      ],
    },
  ],
  [
    'a decision on nothing',
    {
      model: giga,
      messages: [
        { role: 'user', content: 'x' },
        { role: 'tool', content: [{ type: 'tool-approval', toolCallId: 'a', approved: true }] },
      ],
    },
  ],
  [
    'two calls under one id',
    {
      model: giga,
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: [toolCall, toolCall] },
        { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'a', toolName: 'weather', output: 1 }] },
      ],
    },
  ],
]

it.each(badCalls)('%s is a ConfigurationError before any socket, with a Russian hint', async (_name, options) => {
  await using world = await startGigachat()
  for (const verb of ['generateText', 'streamText'] as const) {
    const error = await caught(async () => {
      const made = world.client[verb](options as never)
      return 'result' in made ? made.result : made
    })
    expect(error).toMatchObject({ name: 'ConfigurationError', hint: expect.stringMatching(/[а-яё]/i) })
  }
  expect(world.emulator.connections).toHaveLength(0)
})

it.each([
  ['abortSignal', 'signal'],
  ['maxTokens', 'maxOutputTokens'],
  ['system', 'instructions'],
  ['stopWhen', 'maxSteps'],
  ['response_format', 'output'],
  ['functions', 'tools'],
  ['temprature', 'temperature'],
])('%s is answered with the right word', async (wrong, right) => {
  await using world = await startGigachat()
  const error = (await caught(world.client.generateText({ model: giga, prompt: 'x', [wrong]: 'y' }))) as ShlyuzError
  expect(error.message).toContain(`'${right}'`)
})

it.each([
  ['no providers', {}],
  ['an empty list', { providers: [] }],
  ['a factory instead of a provider', { providers: [gigachat] }],
  ['two providers of one name', { providers: [gigachat({ credentials: key }), gigachat({ credentials: key })] }],
  ['an unknown option', { providers: [gigachat({ credentials: key })], retry: 1 }],
  ['a policy of plain data', { providers: [gigachat({ credentials: key })], policy: { name: 'x' } }],
])('createClient refuses %s', (_name, options) => {
  expect(() => createClient(options as never)).toThrow(expect.objectContaining({ name: 'ConfigurationError' }))
})

it.each([
  ['fetch', 'config.custom_transport'],
  ['dispatcher', 'config.custom_transport'],
  ['network', 'config.custom_transport'],
])('createClient refuses a %s of the caller', (name, code) => {
  const options = { providers: [gigachat({ credentials: key })], [name]: { resolve: () => [], dial: () => ({}) } }
  expect(() => createClient(options as never)).toThrow(expect.objectContaining({ name: 'PolicyDeniedError', code }))
})

it.each([
  ['a line break at the end', `${key}\n`],
  ['a byte order mark', `\uFEFF${key}`],
  ['something that is no key', 'client-id:top-secret-word'],
])('a key with %s is refused before any socket and never shown', async (_name, credentials) => {
  await using world = await startGigachat()
  await using client = createClient({ providers: [gigachat({ credentials })], network: world.emulator.network })
  const error = await caught(client.generateText({ model: giga, prompt: 'x' }))
  expect(error).toMatchObject({ name: 'ConfigurationError' })
  expect(world.emulator.connections).toHaveLength(0)
  for (const text of everyForm(error)) expect(text).not.toMatch(/top-secret|Y2xpZW50/)
})

it('two credentials at once are an error that names both', () => {
  expect(() => gigachat({ credentials: key, accessToken: 'x' })).toThrow(
    /GIGACHAT_CREDENTIALS.*GIGACHAT_ACCESS_TOKEN|accessToken/,
  )
})

it.each([
  { kind: 'status', status: 422 },
  { kind: 'error-event', status: 500 },
] as const)('what a service repeats of the prompt ($kind) stays out of the error', async (fault) => {
  await using world = await startGigachat()
  const prompt = 'my private English prompt'
  const message = `Invalid params: ${prompt} in messages; private English too`
  world.emulator.fail({ service: 'gigachat', operation: 'chat', ...fault, message })
  const error = await caught(world.client.streamText({ model: giga, prompt, retries: 0 }).result)
  expect((error as Error).message).toContain('Invalid params')
  for (const text of everyForm(error)) expect(text).not.toContain('private English')
})

it('prompts, keys and tokens are in no form of an error, a client or a provider', async () => {
  await using world = await startGigachat()
  const provider = gigachat(world.emulator.gigachat)
  const prompt = 'СЕКРЕТНЫЙ-ЗАПРОС'
  const kinds = [
    { kind: 'status', status: 400 },
    { kind: 'garbage' },
    { kind: 'unauthorized', times: 3 },
    { kind: 'wrong-content-type' },
    { kind: 'reset', after: 'content' },
  ] as const
  for (const fault of kinds) {
    world.emulator.reset()
    world.emulator.fail({ service: 'gigachat', operation: 'chat', ...fault })
    const error = await caught(world.client.streamText({ model: giga, prompt, retries: 0 }).result)
    for (const text of everyForm(error)) {
      expect(text).not.toContain(prompt)
      expect(text).not.toContain(world.emulator.gigachat.credentials)
      expect(text).not.toContain('Bearer')
    }
  }
  for (const text of [...everyForm(world.client), ...everyForm(provider), ...everyForm(domesticOnly())]) {
    expect(text).not.toContain(world.emulator.gigachat.credentials)
  }
})

function everyForm(value: unknown): string[] {
  const { stack = '', cause } = value as { stack?: string; cause?: unknown }
  const json = JSON.stringify(value) ?? ''
  return [inspect(value, { depth: 20, showHidden: true }), inspect(value), json, String(value), stack, inspect(cause)]
}

it('a link that the provider would fetch is refused by the policy, before anything is sent', async () => {
  await using world = await startGigachat()
  const image = { type: 'image', image: new URL('https://example.org/a.png') } as const
  const error = await caught(world.client.generateText({ model: giga, messages: [{ role: 'user', content: [image] }] }))
  expect(error).toMatchObject({ name: 'PolicyDeniedError', code: 'content.remote_url' })
  expect(world.emulator.connections).toHaveLength(0)
})

it('a file that the service would refuse is refused before anything is uploaded', async () => {
  await using world = await startGigachat()
  const image = { type: 'image', image: new Uint8Array(16 * 1024 * 1024).fill(1), mediaType: 'image/png' } as const
  const error = await caught(world.client.generateText({ model: giga, messages: [{ role: 'user', content: [image] }] }))
  expect(error).toMatchObject({ name: 'UnsupportedFeatureError', hint: expect.stringContaining('15 МБ') })
  expect(world.emulator.connections).toHaveLength(0)
})

it('the file of another provider is refused with the reason', async () => {
  await using world = await startGigachat()
  const image = { type: 'image', image: { fileId: 'f-1', provider: 'elsewhere' } } as const
  const error = await caught(world.client.generateText({ model: giga, messages: [{ role: 'user', content: [image] }] }))
  expect(error).toMatchObject({ name: 'UnsupportedFeatureError', message: expect.stringContaining('elsewhere') })
  expect(world.emulator.connections).toHaveLength(0)
})
