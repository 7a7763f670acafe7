import { getEventListeners } from 'node:events'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import {
  definePolicy,
  localFile,
  normaliseJsonSchema,
  rule,
  schema,
  tool,
  type Client,
  type GenerateTextResult,
  type Intent,
  type JsonSchema,
  type Message,
  type ShlyuzError,
  type StreamInterruptedError,
  type ToolSet,
} from '@shlyuz/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { document, startProbe } from '../verbs/probe.ts'
import { eventually } from '../verbs/service.ts'
import { startBoth } from './both.ts'
import { chatsOf, createEngineProbe, inOrder, saidCall, saidText, say, startEngine } from './engine-probe.ts'
import { caught } from './support.ts'

const model = 'probe/any'
const secret = 'МОЙ-СЕКРЕТ-4711'
const emulated = {
  output: { keep: 'translated', note: 'a tool' },
  'output-with-tools': { keep: 'translated', note: '' },
} as const

function everyForm(value: unknown): string[] {
  const { stack = '' } = value as { stack?: string }
  return [
    inspect(value, { depth: 20, showHidden: true }),
    inspect(value),
    JSON.stringify(value) ?? '',
    String(value),
    stack,
  ]
}

function expectNoSecret(value: unknown, word = secret): void {
  for (const text of everyForm(value)) expect(text).not.toContain(word)
}

async function ask(client: Client, options: object, verb: 'generateText' | 'streamText' = 'generateText') {
  const made = client[verb]({ model, prompt: 'x', ...options })
  return (await ('result' in made ? made.result : made)) as GenerateTextResult<unknown>
}

/** Both verbs: a stream must not differ. */
const verbs = ['generateText', 'streamText'] as const

describe('policy', () => {
  const read = (intents: Intent[], most: number) =>
    definePolicy({
      name: 'small',
      rules: [
        rule({
          name: 'most-characters',
          version: '1',
          evaluate: (intent) => {
            intents.push(intent)
            return intent.content.characters > most ? 'forbid' : 'permit'
          },
        }),
      ],
    })

  it.each(verbs)('%s: each step is judged with all that it sends, also what tools gave back', async (verb) => {
    const intents: Intent[] = []
    const runs: unknown[] = []
    await using world = await startEngine(inOrder(say(saidCall('dump', {}, 'a')), saidText('never')))
    const dump = tool({ inputSchema: z.object({}), execute: () => (runs.push(1), 'ю'.repeat(5_000)) })
    const error = await caught(ask(world.client, { tools: { dump }, policy: read(intents, 4_000) }, verb))
    expect(error).toMatchObject({ name: 'PolicyDeniedError', policy: { verdict: 'deny' } })
    expect((error as ShlyuzError).responseMessages?.map(({ role }) => role)).toEqual(['assistant', 'tool'])
    expect(intents.map(({ content }) => content.characters > 4_000)).toEqual([false, true])
    expect(chatsOf(world.service)).toHaveLength(1)
    expect(runs).toEqual([1])
  })

  it('counts the arguments of calls and results of any form in the history', async () => {
    const intents: Intent[] = []
    await using world = await startEngine(inOrder(saidText('done')))
    const messages: Message[] = [
      { role: 'user', content: '12345' },
      {
        role: 'assistant',
        content: [{ type: 'tool-call', toolCallId: 'a', toolName: 't', input: { a: '1'.repeat(100) } }],
      },
      { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'a', toolName: 't', output: ['2'.repeat(100)] }] },
    ]
    await ask(world.client, { prompt: undefined, messages, policy: read(intents, 10_000) })
    expect(intents[0]?.content.characters).toBeGreaterThanOrEqual(205)
  })

  it('no approved tool acts for a question that the policy does not let out', async () => {
    const runs: unknown[] = []
    await using world = await startEngine(inOrder(saidText('never')))
    const pay = tool({ inputSchema: z.object({}), execute: () => runs.push(1) })
    const messages: Message[] = [
      { role: 'user', content: 'x'.repeat(50) },
      { role: 'assistant', content: [saidCall('pay', {}, 'a')] as never },
      { role: 'tool', content: [{ type: 'tool-approval', toolCallId: 'a', approved: true }] },
    ]
    const error = await caught(ask(world.client, { prompt: undefined, messages, tools: { pay }, policy: read([], 10) }))
    expect(error).toMatchObject({ name: 'PolicyDeniedError' })
    expect(runs).toEqual([])
    expect(world.service.connections).toBe(0)
  })

  it('check reads and judges, and opens no connection', async () => {
    await using world = await startEngine(inOrder())
    const [found] = await world.client.check({ model, prompt: secret })
    expect(found?.policy.verdict).toBe('allow')
    expectNoSecret(found)
    expect(world.service.connections).toBe(0)
  })

  it('a call under its own policy shares no upload with a call under another one', async () => {
    const gate = Promise.withResolvers<void>()
    await using world = await startProbe(async ({ path, method }) => {
      if (path === '/files' && method === 'POST') await gate.promise
      return path === '/files' ? { json: { id: 'f1' } } : { json: { text: 'ok' } }
    })
    const file = { type: 'file', data: Buffer.from('content'), mediaType: 'text/plain' } as const
    const options = { model: 'probe/chat', messages: [{ role: 'user', content: [file] }] } as const
    const narrow = definePolicy({ ...document, name: 'narrow' })
    const work = Promise.all([
      world.client.generateText(options),
      world.client.generateText({ ...options, policy: narrow }),
      world.client.generateText(options),
    ])
    await sleep(100)
    gate.resolve()
    await work
    const uploads = world.service.requests.filter(({ path, method }) => path === '/files' && method === 'POST')
    expect(uploads).toHaveLength(2)
  })

  it('a caller in a hurry does not end the upload of those who wait with it', async () => {
    await using world = await startProbe(async ({ path, method }) => {
      if (path === '/files' && method === 'POST') await sleep(900)
      return path === '/files' ? { json: { id: 'f1' } } : { json: { text: 'ok' } }
    })
    const file = { type: 'file', data: Buffer.from('content'), mediaType: 'text/plain' } as const
    const options = { model: 'probe/chat', messages: [{ role: 'user', content: [file] }] } as const
    const hasty = caught(world.client.generateText({ ...options, timeout: { totalMs: 200 } }))
    const patient = world.client.generateText(options)
    expect(await hasty).toMatchObject({ name: 'TimeoutError' })
    expect((await patient).text).toBe('ok')
    expect(world.service.requests.filter(({ path, method }) => path === '/files' && method === 'POST')).toHaveLength(1)
  })
})

describe('a secret stays out of errors and warnings', () => {
  const numbers = z.record(z.string(), z.number())

  it.each(verbs)('%s: in the name of a tool that the model made up', async (verb) => {
    const turn = (id: string) => say(saidCall(secret, {}, id))
    await using world = await startEngine(inOrder(turn('a'), turn('b')))
    const known = tool({ inputSchema: z.object({}), execute: () => 1 })
    expectNoSecret(await caught(ask(world.client, { tools: { known } }, verb)))
    world.service.handle = inOrder(turn('a'), saidText('ok'))
    expectNoSecret((await ask(world.client, { tools: { known } }, verb)).warnings)
  })

  it.each(verbs)('%s: in arguments that do not fit, twice', async (verb) => {
    const turn = (id: string) => say(saidCall('take', { [secret]: secret }, id))
    await using world = await startEngine(inOrder(turn('a'), turn('b')))
    const take = tool({ inputSchema: z.strictObject({ n: z.number() }), execute: () => 1 })
    const error = await caught(ask(world.client, { tools: { take } }, verb))
    expect(error).toMatchObject({ code: 'tool.input_invalid' })
    expectNoSecret(error)
  })

  it.each(verbs)('%s: in an output that does not fit, also in its keys', async (verb) => {
    const answer = saidText(JSON.stringify({ [secret]: secret }))
    await using world = await startEngine(inOrder(answer, answer))
    const error = await caught(
      ask(world.client, { output: z.object({ counts: z.record(z.string(), z.number()) }) }, verb),
    )
    expect(error).toMatchObject({ name: 'OutputValidationError', code: 'output.invalid' })
    expect((error as Error).message).toContain('counts')
    expectNoSecret(error)
    world.service.handle = inOrder(answer, answer)
    const keyed = await caught(ask(world.client, { output: numbers }, verb))
    expect(keyed).toMatchObject({ name: 'OutputValidationError' })
    expectNoSecret(keyed)
  })

  it('in what a tool throws: only its cause, which is the caller’s own, holds it', async () => {
    await using world = await startEngine(inOrder(say(saidCall('fail', {}, 'a'))))
    const fail = tool({
      inputSchema: z.object({}),
      execute: () => {
        throw new Error(secret)
      },
    })
    const error = (await caught(ask(world.client, { tools: { fail }, onToolError: 'throw' }))) as ShlyuzError
    expect((error.cause as Error).message).toBe(secret)
    expect(error.message + JSON.stringify(error) + String(error.hint)).not.toContain(secret)
  })

  it.each(['json', 'lines'])('in what a service repeats of it with escapes (%s)', async (form) => {
    const prompt = `пин:\n4711\n"да"\n${secret}`
    const echo =
      form === 'json'
        ? JSON.stringify({ prompt })
        : JSON.stringify({ prompt }).replaceAll(
            /[\u0400-\u04ff]/g,
            (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
          )
    await using world = await startEngine(() => ({ status: 400, json: { detail: echo } }))
    const error = (await caught(ask(world.client, { prompt }))) as Error
    expect(error.name).toBe('BadRequestError')
    expectNoSecret(error)
    for (const text of everyForm(error)) expect(text).not.toMatch(/4711|u041c/i)
  })

  it('in a stream that the service fails in its own words', async () => {
    for (const content of [[], [{ type: 'text', text: 'begun' }]]) {
      await using world = await startEngine(inOrder({ content, end: { failed: `cannot answer «${secret}»` } }))
      expectNoSecret(await caught(ask(world.client, { prompt: secret }, 'streamText')))
    }
  })

  it('in a broken event of a stream', async () => {
    const bytes = Buffer.from(`data: {"type": "text-delta", "text": "${secret}\n\n`)
    await using world = await startEngine(() => ({ bytes, headers: { 'content-type': 'text/event-stream' } }))
    const error = await caught(ask(world.client, {}, 'streamText'))
    expect(error).toMatchObject({ name: 'ProtocolError' })
    expectNoSecret(error)
  })

  it('in the story of a job that failed, and in each of its items', async () => {
    const failure = { kind: 'bad-request', message: `will not do «${secret}»`, providerCode: '3' }
    const states = [
      { status: 'failed', failure },
      { status: 'done', items: [{ failure }] },
    ]
    for (const state of states) {
      await using world = await startProbe(({ path, method }) =>
        path === '/jobs' && method === 'POST' ? { json: { job: 'j1' } } : { json: { state } },
      )
      const job = await world.client.submitText({ model: 'probe/chat', requests: [{ prompt: secret }] })
      const elsewhere = world.client.job(job.id)
      for (const one of [job, elsewhere]) {
        const found = await one.result({ pollMs: 1 }).then(
          ({ items: [item] }) => item?.status === 'failed' && item.error,
          (error: unknown) => error,
        )
        expect(found).toMatchObject({ code: expect.any(String) })
        expectNoSecret(found)
        const { cause = found } = found as ShlyuzError
        expectNoSecret(cause)
        expect((cause as ShlyuzError).serviceMessage).toBe(`will not do «${secret}»`)
      }
    }
  })

  it('in a submission that is refused, and in a form that is', async () => {
    await using world = await startProbe(({ body }) => ({ status: 400, bytes: body }))
    expectNoSecret(await caught(world.client.submitText({ model: 'probe/chat', requests: [{ prompt: secret }] })))
    const lines = Buffer.from(`{"messages":[{"content":"строка\\n${secret}"}]}\n`)
    const form = {
      fields: {},
      files: [{ name: 'file', filename: `${secret}.jsonl`, mediaType: 'application/jsonl', bytes: lines }],
    }
    const extras = world.client.provider('probe') as unknown as { sendForm(input: unknown): Promise<unknown> }
    expectNoSecret(await caught(extras.sendForm({ form })))
  })

  it('in messages of a form that is none', async () => {
    await using world = await startEngine(inOrder())
    const cyclic: Record<string, unknown> = { [secret]: 1 }
    cyclic['self'] = cyclic
    const call = { type: 'tool-call', toolCallId: 'a', toolName: 't', input: {} }
    for (const output of [cyclic, { big: 5n }, undefined, () => secret, deep(100_000)]) {
      const messages = [
        { role: 'user', content: secret },
        { role: 'assistant', content: [call] },
        { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'a', toolName: 't', output }] },
      ]
      for (const verb of verbs) {
        const error = await caught(ask(world.client, { prompt: undefined, messages }, verb))
        expect(error).toMatchObject({ name: 'ConfigurationError' })
        expectNoSecret(error)
      }
    }
    expect(world.service.connections).toBe(0)
  })
})

function deep(levels: number): unknown {
  return JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown
}

describe('an answer that is an attack', () => {
  it.each(verbs)('%s: ten thousand calls at once run no tool', async (verb) => {
    const runs: unknown[] = []
    await using world = await startEngine(
      inOrder(say(...Array.from({ length: 10_000 }, (_, at) => saidCall('hit', { at }, `id-${at}`)))),
    )
    const hit = tool({ inputSchema: z.object({ at: z.number() }), execute: () => runs.push(1) })
    const error = await caught(ask(world.client, { tools: { hit } }, verb))
    expect(error).toMatchObject({ name: 'ToolExecutionError', code: 'tool.too_many' })
    expect(runs).toEqual([])
  })

  it.each(verbs)('%s: arguments of a hundred thousand levels end in an error of ours', async (verb) => {
    const runs: unknown[] = []
    const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const call = `{"type":"tool-call","toolCallId":"a","toolName":"hit","input":{"deep":${nested}}}`
    const bytes = Buffer.from(
      verb === 'streamText'
        ? `data: ${call}\n\ndata: {"type":"end","finishReason":"tool-calls","usage":{}}\n\n`
        : `{"content":[${call}],"finishReason":"tool-calls"}`,
    )
    const type = verb === 'streamText' ? 'text/event-stream' : 'application/json'
    await using world = await startEngine(() => ({ bytes, headers: { 'content-type': type } }))
    const hit = tool({ inputSchema: z.object({ deep: z.any() }), execute: () => runs.push(1) })
    const error = await caught(ask(world.client, { tools: { hit } }, verb))
    expect(error).toMatchObject({ name: 'ProtocolError' })
    expect(runs).toEqual([])
  })

  it.each(verbs)('%s: an output of a million numbers is read, one of endless depth is not', async (verb) => {
    const numbers = Array.from({ length: 1_000_000 }, () => 1)
    await using world = await startEngine(inOrder(saidText(JSON.stringify({ numbers }))))
    const given = await ask(world.client, { output: z.object({ numbers: z.array(z.number()) }) }, verb)
    expect((given.output as { numbers: number[] }).numbers).toHaveLength(1_000_000)
    const nested = saidText(`{"numbers":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)
    world.service.handle = inOrder(nested, nested)
    const node: z.ZodType = z.lazy(() => z.array(node))
    const error = await caught(
      ask(world.client, { output: schema(z.object({ numbers: node }), { type: 'object' }) }, verb),
    )
    expect(error).toMatchObject({ name: 'OutputValidationError' })
  })

  it.each(verbs)(
    '%s: a model that never stops calling is stopped by maxSteps, also when a call is required',
    async (verb) => {
      const runs: unknown[] = []
      let asked = 0
      await using world = await startEngine((arrived) => inOrder(say(saidCall('again', {}, `id-${asked++}`)))(arrived))
      const again = tool({ inputSchema: z.object({}), execute: () => runs.push(1) })
      const answer = await ask(world.client, { tools: { again }, toolChoice: 'required', maxSteps: 5 }, verb)
      expect(answer.finishReason).toBe('tool-calls')
      expect(answer.toolCalls).toHaveLength(1)
      expect(chatsOf(world.service)).toHaveLength(5)
      expect(chatsOf(world.service).map(({ toolChoice }) => toolChoice)).toEqual([
        'required',
        'auto',
        'auto',
        'auto',
        'auto',
      ])
      expect(runs).toHaveLength(4)
    },
  )

  it('two bad calls in one answer are one repair', async () => {
    const turn = say(saidCall('take', {}, 'a'), saidCall('take', {}, 'b'))
    await using world = await startEngine(inOrder(turn, say(saidCall('take', { n: 1 }, 'c')), saidText('done')))
    const take = tool({ inputSchema: z.object({ n: z.number() }), execute: () => 1 })
    expect((await ask(world.client, { tools: { take } })).text).toBe('done')
  })

  it.each(verbs)('%s: ids that repeat those of earlier steps and of the history get new ones', async (verb) => {
    await using world = await startEngine(
      inOrder(say(saidCall('n', {}, 'old'), saidCall('n', {}, 'old')), say(saidCall('n', {}, 'old')), saidText('done')),
    )
    const n = tool({ inputSchema: z.object({}), execute: () => 1 })
    const messages: Message[] = [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: [saidCall('n', {}, 'old')] as never },
      { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'old', toolName: 'n', output: 1 }] },
    ]
    const answer = await ask(world.client, { prompt: undefined, messages, tools: { n } }, verb)
    const ids = answer.steps.flatMap(({ toolCalls }) => toolCalls.map(({ toolCallId }) => toolCallId))
    expect(new Set([...ids, 'old']).size).toBe(4)
    await ask(world.client, {
      prompt: undefined,
      messages: [...messages, ...answer.responseMessages, { role: 'user', content: 'y' }],
    }).catch((error: unknown) => expect(error).toMatchObject({ name: 'ServerError' }))
  })

  it('a stream of a million empty pieces holds no memory, and is no life', async () => {
    const event = 'data: {"type":"reasoning-delta","text":""}\n\n'
    const end = 'data: {"type":"end","finishReason":"stop","usage":{}}\n\n'
    const bytes = Buffer.from(event.repeat(1_000_000) + end)
    await using world = await startEngine(() => ({ bytes, headers: { 'content-type': 'text/event-stream' } }))
    const before = process.memoryUsage().heapUsed
    const stream = world.client.streamText({ model, prompt: 'x' })
    await sleep(50)
    const { content } = await stream.result
    expect(content).toEqual([])
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(200 * 1024 * 1024)
  }, 20_000)
})

describe('an output', () => {
  it.each(verbs)('%s: is repaired once and no more', async (verb) => {
    await using world = await startEngine(inOrder(saidText('{"n": "x"}'), saidText('{"n": 1}')))
    const output = z.object({ n: z.number() })
    const answer = await ask(world.client, { output }, verb)
    expect(answer.output).toEqual({ n: 1 })
    world.service.handle = inOrder(saidText('{"n": "x"}'), saidText('{"n": "y"}'), saidText('{"n": 1}'))
    const error = await caught(ask(world.client, { output }, verb))
    expect(error).toMatchObject({ name: 'OutputValidationError', code: 'output.invalid' })
    expect(chatsOf(world.service)).toHaveLength(4)
  })

  it.each(verbs)('%s: that the service withheld is not asked for again', async (verb) => {
    for (const provider of [createEngineProbe(), createEngineProbe({ cells: emulated })]) {
      await using world = await startEngine(
        inOrder({
          content: [{ type: 'text', text: 'О таком не говорю' }],
          end: { finishReason: 'content-filter', usage: {} },
        }),
        [provider],
      )
      const error = await caught(
        ask(
          world.client,
          { output: z.object({ n: z.number() }), tools: { other: { inputSchema: z.object({}) } } },
          verb,
        ),
      )
      expect(error).toMatchObject({ name: 'OutputValidationError', code: 'output.incomplete' })
      expect(chatsOf(world.service)).toHaveLength(1)
    }
  })

  it('that waits for a person can be copied and printed; only reading it throws', async () => {
    await using world = await startEngine(inOrder(say(saidCall('pay', {}, 'a'))))
    const pay = tool({ inputSchema: z.object({}), needsApproval: true, execute: () => 1 })
    const answer = await ask(world.client, { tools: { pay }, output: z.object({ n: z.number() }) })
    expect(answer.toolApprovals).toHaveLength(1)
    expect({ ...answer }).toHaveProperty('text')
    expect(JSON.parse(JSON.stringify(answer))).toHaveProperty('toolApprovals')
    expect(inspect(answer, { showHidden: true, getters: true })).toContain('toolApprovals')
    expect(structuredClone({ ...answer }).text).toBe('')
    expect(() => answer.output).toThrow(
      expect.objectContaining({ name: 'OutputValidationError', code: 'output.pending' }),
    )
  })

  it('whose JSON Schema cannot be held against an answer is refused before anything is sent', async () => {
    await using world = await startEngine(inOrder(saidText('{}')))
    const loop: Record<string, unknown> = { type: 'object' }
    loop['properties'] = { self: loop }
    for (const output of [loop, { $ref: '#/nowhere' }]) {
      const error = await caught(ask(world.client, { output }))
      expect(error).toMatchObject({ name: 'ConfigurationError', code: 'config.schema' })
    }
    expect(world.service.connections).toBe(0)
  })
})

describe('a tool of the caller’s', () => {
  async function outputsOf(tools: ToolSet, options: object = {}): Promise<readonly object[]> {
    const name = Object.keys(tools)[0] as string
    await using world = await startEngine(inOrder(say(saidCall(name, {}, 'a')), saidText('done')))
    const answer = await ask(world.client, { tools, ...options })
    return answer.steps[0]?.toolResults ?? []
  }

  it('that gives back a hundred megabytes is told so, and nothing of it is sent', async () => {
    const dump = tool({ inputSchema: z.object({}), execute: () => 'x'.repeat(100 * 1024 * 1024) })
    const [result] = await outputsOf({ dump })
    expect(result).toMatchObject({ isError: true, output: expect.stringContaining('more than') })
    expect(JSON.stringify(result).length).toBeLessThan(2_000)
  })

  it.each([
    ['an object without a prototype', Object.create(null)],
    ['nothing', undefined],
    ['a text', 'плохо'],
    ['an error whose message is no text', Object.assign(new Error('x'), { message: 5n })],
    ['a revoked proxy', revoked()],
  ])('that throws %s fails like any other', async (_title, thrown) => {
    const fail = tool({
      inputSchema: z.object({}),
      execute: () => {
        throw thrown
      },
    })
    expect(await outputsOf({ fail })).toMatchObject([{ isError: true }])
  })

  it('gives back a URL as its text, never as something to fetch', async () => {
    const link = tool({ inputSchema: z.object({}), execute: () => ({ at: new URL('https://example.org/a?b') }) })
    expect(await outputsOf({ link })).toMatchObject([{ output: { at: 'https://example.org/a?b' } }])
  })

  it.each([{ approved: false }, 'no', 1, [], undefined])(
    'is not approved by %j: only true is a yes',
    async (answer) => {
      const runs: unknown[] = []
      const pay = tool({ inputSchema: z.object({}), needsApproval: true, execute: () => runs.push(1) })
      expect(await outputsOf({ pay }, { approve: () => answer })).toMatchObject([{ isError: true }])
      expect(runs).toEqual([])
    },
  )

  it('with an answer of nonsense on approval waits for one', async () => {
    const runs: unknown[] = []
    const pay = tool({
      inputSchema: z.object({}),
      needsApproval: (() => undefined) as never,
      execute: () => runs.push(1),
    })
    await outputsOf({ pay })
    expect(runs).toEqual([])
  })
})

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

describe('a schema that is an attack', () => {
  const rules = {
    service: 'the service',
    inlineReferences: true,
    mergeAllOf: true,
    noUnions: true,
    requireProperties: true,
  }

  function laughs(levels: number): JsonSchema {
    const $defs: Record<string, unknown> = { a0: { type: 'string' } }
    for (let at = 1; at <= levels; at++) {
      const $ref = `#/$defs/a${at - 1}`
      $defs[`a${at}`] = { type: 'object', properties: { x: { $ref }, y: { $ref } } }
    }
    return { type: 'object', properties: { root: { $ref: `#/$defs/a${levels}` } }, $defs }
  }

  it('of references that double at each level is refused at once', () => {
    const start = performance.now()
    const { losses, schema: given } = normaliseJsonSchema(laughs(60), rules, 'output')
    expect(performance.now() - start).toBeLessThan(1_000)
    expect(losses).toContainEqual(expect.objectContaining({ effect: 'refuse', code: 'schema-unsupported' }))
    expect(losses.length).toBeLessThan(50)
    expect(JSON.stringify(given).length).toBeLessThan(4 * 1024 * 1024)
  })

  it('of ten thousand references in a chain, unions in unions, or of itself ends in a refusal', () => {
    const $defs: Record<string, unknown> = { a0: { type: 'string' } }
    for (let at = 1; at <= 10_000; at++) $defs[`a${at}`] = { $ref: `#/$defs/a${at - 1}` }
    let union: Record<string, unknown> = { type: 'string' }
    for (let at = 0; at < 20_000; at++) union = { anyOf: [union, { type: 'null' }] }
    let all: Record<string, unknown> = { type: 'string' }
    for (let at = 0; at < 20_000; at++) all = { allOf: [all] }
    const loop: Record<string, unknown> = { type: 'object' }
    loop['properties'] = { left: loop, right: loop }
    for (const one of [{ $ref: '#/$defs/a10000', $defs }, union, all, loop]) {
      const start = performance.now()
      const { losses } = normaliseJsonSchema(one, rules, 'output')
      expect(losses).toContainEqual(expect.objectContaining({ effect: 'refuse' }))
      expect(performance.now() - start).toBeLessThan(2_000)
    }
  })

  it('with __proto__ anywhere changes no prototype', () => {
    const given = JSON.parse(
      '{"type":"object","__proto__":{"properties":{"hidden":{}}},"properties":{"__proto__":{"type":"string"},"a":{"$ref":"#/__proto__/x"}}}',
    ) as JsonSchema
    const { schema: made } = normaliseJsonSchema(given, { service: 's' }, 'output')
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype)
    expect(({} as { hidden?: unknown }).hidden).toBeUndefined()
    expect(normaliseJsonSchema(given, rules, 'output').losses).toContainEqual(
      expect.objectContaining({ effect: 'refuse' }),
    )
  })
})

describe('a string or a file that is an attack', () => {
  it('a job with a reference of endless depth or length is unknown', async () => {
    await using world = await startProbe(() => ({}))
    for (const ref of [deep(100_000), Array.from({ length: 500_000 }, () => 1)]) {
      const levels = '['.repeat(50_000) + ']'.repeat(50_000)
      const json = `{"provider":"probe","kind":"probe","model":"chat","parts":[{"ref":${Array.isArray(ref) && ref.length > 1 ? JSON.stringify(ref) : levels},"count":1}],"sum":"x"}`
      const id = `shlyuz-job.1.${Buffer.from(json).toString('base64url')}`
      expect(await caught(async () => world.client.job(id))).toMatchObject({ name: 'JobError', code: 'job.unknown' })
    }
  })

  it('a device or a folder is no file: nothing is read without end', async () => {
    await using world = await startEngine(inOrder())
    const folder = await mkdtemp(join(tmpdir(), 'shlyuz-test-'))
    try {
      const link = join(folder, 'innocent.txt')
      await symlink('/dev/zero', link)
      for (const path of ['/dev/zero', link, folder]) {
        const messages = [{ role: 'user', content: [{ type: 'file', data: localFile(path), mediaType: 'text/plain' }] }]
        const error = await caught(ask(world.client, { prompt: undefined, messages, timeout: { totalMs: 2_000 } }))
        expect(error).toMatchObject({ name: 'ConfigurationError' })
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('an error page that repeats a long prompt is searched in bounded time', async () => {
    const words = Array.from({ length: 120_000 }, (_, at) => `слово${(at * 7919) % 99_991}`).join(' ')
    const page = `bad request: ${Array.from({ length: 1_000 }, (_, at) => `w${(at * 31) % 977}`).join(' ')} ${words.slice(0, 500)}`
    await using world = await startEngine(() => ({ status: 400, json: { detail: page } }))
    const start = performance.now()
    const error = (await caught(ask(world.client, { prompt: words }))) as Error
    expect(performance.now() - start).toBeLessThan(1_500)
    expectNoSecret(error, words.slice(100, 130))
  })

  it('fifty calls share an upload that fails: each fails with an error of its own, and the next one succeeds', async () => {
    let fails = true
    await using world = await startProbe(({ path }) => {
      if (path !== '/files') return { json: { text: 'ok' } }
      return fails ? { status: 400, json: {} } : { json: { id: 'f1' } }
    })
    const file = { type: 'file', data: Buffer.from('content'), mediaType: 'text/plain' } as const
    const options = { model: 'probe/chat', messages: [{ role: 'user', content: [file] }] } as const
    const errors = await Promise.all(Array.from({ length: 50 }, () => caught(world.client.generateText(options))))
    expect(new Set(errors).size).toBe(50)
    for (const error of errors) expect(error).toMatchObject({ name: 'BadRequestError', policy: { verdict: 'allow' } })
    fails = false
    expect((await world.client.generateText(options)).text).toBe('ok')
  })
})

it('the partial answer of a cut stream is in no printed form of its error', async () => {
  await using world = await startEngine(
    inOrder({ content: [{ type: 'text', text: secret }, saidCall('t', { a: secret }, 'x')] }),
  )
  const error = (await caught(ask(world.client, {}, 'streamText'))) as StreamInterruptedError
  expect(error.partial.text).toBe(secret)
  expectNoSecret(error)
})

it('an answer without end is cut, and the part that was given stays with the error', async () => {
  const event = `data: ${JSON.stringify({ type: 'text-delta', text: 'x'.repeat(1024 * 1024) })}\n\n`
  const bytes = Buffer.from(event.repeat(70))
  await using world = await startEngine(() => ({ bytes, headers: { 'content-type': 'text/event-stream' } }))
  const error = await caught(world.client.streamText({ model, prompt: 'x' }).result)
  expect(error).toMatchObject({ name: 'StreamInterruptedError', cause: { name: 'ResponseTooLargeError' } })
}, 20_000)

it.each(verbs)('%s: an output with __proto__ is no output, and no part of a stream shows it', async (verb) => {
  const bad = '{"__proto__":{"admin":true},"n":1}'
  for (const cells of [{}, emulated]) {
    const answer = 'output' in cells ? say(saidCall('output', JSON.parse(bad), '')) : saidText(bad)
    const wire = JSON.stringify(answer.content)
    expect(wire).toContain('__proto__')
    await using world = await startEngine(inOrder(answer, answer), [createEngineProbe({ cells })])
    const parts: unknown[] = []
    const error = await caught(async () => {
      const made = world.client[verb]({ model, prompt: 'x', output: z.object({ n: z.number() }) })
      if ('result' in made) for await (const part of made) if (part.type === 'partial-output') parts.push(part)
      return 'result' in made ? made.result : made
    })
    expect(error).toMatchObject({ name: 'OutputValidationError' })
    expect(parts).toEqual([])
    expect(chatsOf(world.service)).toHaveLength(2)
  }
})

it('an image that the service fails in words of the prompt: they are struck out, in the stack too', async () => {
  await using world = await startBoth()
  const prompt = 'draw my private English castle'
  world.emulator.script({ service: 'yandexgpt', operationError: { code: 3, message: `I will not ${prompt} today` } })
  const error = await caught(world.client.generateImage({ model: 'yandexgpt/yandex-art', prompt }))
  expect((error as Error).message).toContain('I will not … today')
  expectNoSecret(error, 'English castle')
  // The emulator's operations take their seconds.
}, 20_000)

it('an abort with 64 requests in flight ends them all, with its own reason', async () => {
  await using world = await startProbe(() => new Promise(() => {}))
  const controller = new AbortController()
  const reason = new Error('enough')
  const values = Array.from({ length: 500 }, (_, at) => `текст ${at}`)
  const { signal } = controller
  const work = caught(world.client.embedMany({ model: 'probe/vectors', values, concurrency: 64, signal }))
  await eventually(() => world.service.requests.length === 64, 'all are under way')
  controller.abort(reason)
  expect(await work).toBe(reason)
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  await eventually(() => world.service.connections === 0, 'all connections are closed')
  expect(world.service.requests).toHaveLength(64)
})

it('an abort whose reason is an error of ours comes out untouched, even frozen', async () => {
  await using world = await startEngine(inOrder(say(saidCall('stop', {}, 'a'))))
  const other = Object.freeze(await caught(ask(world.client, { maxTokens: 1 }))) as ShlyuzError
  const before = JSON.stringify(other)
  const controller = new AbortController()
  const stop = tool({ inputSchema: z.object({}), execute: () => (controller.abort(other), new Promise(() => {})) })
  expect(await caught(ask(world.client, { tools: { stop }, signal: controller.signal }))).toBe(other)
  expect(await caught(ask(world.client, { signal: AbortSignal.abort(other) }))).toBe(other)
  expect(JSON.stringify(other)).toBe(before)
  expect(other.responseMessages).toBeUndefined()
})
