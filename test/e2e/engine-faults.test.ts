import { getEventListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Message,
  type Operation,
  type ShlyuzError,
  type StreamInterruptedError,
  type TextStreamPart,
  tool,
} from '@shlyuz/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { eventually } from '../verbs/service.ts'
import { startBoth } from './both.ts'
import {
  answerWith,
  chatsOf,
  createEngineProbe,
  inOrder,
  saidCall,
  saidText,
  say,
  startEngine,
  type Said,
} from './engine-probe.ts'
import { caught } from './support.ts'

const model = 'probe/any'

/** A tool that counts its runs. */
function counter(runs: unknown[], execute: (input: { n: number }) => unknown = ({ n }) => n) {
  return tool({
    inputSchema: z.object({ n: z.number() }),
    execute: (input: { n: number }) => {
      runs.push(input.n)
      return execute(input)
    },
  })
}

function cut(...content: readonly object[]): Said {
  return { content }
}

async function read(stream: AsyncIterable<TextStreamPart>): Promise<TextStreamPart[]> {
  const parts: TextStreamPart[] = []
  for await (const part of stream) parts.push(part)
  return parts
}

function rolesOf(error: unknown): string[] {
  return ((error as ShlyuzError).responseMessages ?? []).map(({ role }) => role)
}

describe('a stream that is cut', () => {
  it('after a tool call: no tool runs, the call is in the partial answer, nothing is repeated, nobody else is asked', async () => {
    const runs: unknown[] = []
    const providers = [createEngineProbe(), createEngineProbe({ name: 'second' })]
    await using world = await startEngine(
      inOrder(cut(saidCall('count', { n: 1 }, 'a')), saidText('never')),
      providers,
      { retries: 2 },
    )
    const stream = world.client.streamText({
      model: world.client.fallback([model, 'second/any']),
      prompt: 'x',
      tools: { count: counter(runs) },
    })
    const error = (await caught(read(stream))) as StreamInterruptedError
    expect(error.name).toBe('StreamInterruptedError')
    expect(error.partial.content).toEqual([saidCall('count', { n: 1 }, 'a')])
    expect(await caught(stream.result)).toBe(error)
    expect(runs).toEqual([])
    expect(chatsOf(world.service)).toHaveLength(1)
  })

  it('in the second step: what the tools did comes with the error, and no tool runs twice', async () => {
    const runs: unknown[] = []
    await using world = await startEngine(
      inOrder(say(saidCall('count', { n: 1 }, 'a')), cut({ type: 'text', text: 'half' })),
    )
    const stream = world.client.streamText({ model, prompt: 'x', tools: { count: counter(runs) }, retries: 2 })
    const error = (await caught(stream.result)) as StreamInterruptedError
    expect(error.name).toBe('StreamInterruptedError')
    expect(error.partial.text).toBe('half')
    expect(error.responseMessages).toEqual([
      { role: 'assistant', content: [saidCall('count', { n: 1 }, 'a')] },
      { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'a', toolName: 'count', output: 1 }] },
    ])
    expect(runs).toEqual([1])
    expect(chatsOf(world.service)).toHaveLength(2)
  })

  it.each(['streamText', 'generateText'] as const)(
    'in the second step of %s before any content: asked again, and the tools rest',
    async (verb) => {
      const runs: unknown[] = []
      await using world = await startEngine(
        inOrder(say(saidCall('count', { n: 1 }, 'a')), { status: 503 }, saidText('done')),
      )
      const made = world.client[verb]({ model, prompt: 'x', tools: { count: counter(runs) }, retries: 1 })
      const { text } = await ('result' in made ? made.result : made)
      expect(text).toBe('done')
      expect(runs).toEqual([1])
      expect(chatsOf(world.service)).toHaveLength(3)
    },
  )

  it.each(['streamText', 'generateText'] as const)(
    'in the second step of %s: the fallback goes on from there, and the tools rest',
    async (verb) => {
      const runs: unknown[] = []
      const providers = [createEngineProbe(), createEngineProbe({ name: 'second' })]
      await using world = await startEngine(
        inOrder(say(saidCall('count', { n: 1 }, 'a')), { status: 503 }, saidText('done')),
        providers,
      )
      const either = world.client.fallback([model, 'second/any'])
      const made = world.client[verb]({ model: either, prompt: 'x', tools: { count: counter(runs) } })
      const result = await ('result' in made ? made.result : made)
      expect(result.text).toBe('done')
      expect(result.steps.map(({ model: { provider } }) => provider)).toEqual(['probe', 'second'])
      expect(runs).toEqual([1])
      expect(
        chatsOf(world.service)
          .at(-1)
          ?.messages.map(({ role }) => role),
      ).toEqual(['user', 'assistant', 'tool'])
    },
  )

  it('after its text was taken back: content was given, so nothing is repeated and nobody else is asked', async () => {
    const providers = [createEngineProbe(), createEngineProbe({ name: 'second' })]
    await using world = await startEngine(
      inOrder(cut({ type: 'text', text: 'shown' }, { type: 'rewrite', text: '' }), saidText('never'), saidText('no')),
      providers,
      { retries: 1 },
    )
    const stream = world.client.streamText({ model: world.client.fallback([model, 'second/any']), prompt: 'x' })
    const error = await caught(stream.result)
    expect(error).toMatchObject({ name: 'StreamInterruptedError', partial: { text: '' } })
    expect(chatsOf(world.service)).toHaveLength(1)
  })

  it('after nothing but empty pieces: nothing was given, so it is asked again', async () => {
    await using world = await startEngine(
      inOrder(cut({ type: 'text', text: '' }, { type: 'reasoning', text: '' }), saidText('whole')),
      undefined,
      { retries: 1 },
    )
    const stream = world.client.streamText({ model, prompt: 'x' })
    const parts = await read(stream)
    expect(parts.map(({ type }) => type)).toEqual(['text-delta', 'finish'])
    expect((await stream.result).text).toBe('whole')
  })

  it('by a reset that its decoder stumbles over: the call ends all the same', async () => {
    const atEnd = (): never => {
      throw new TypeError('a fault of the adapter')
    }
    const bytes = Buffer.from('data: {"type":"text-delta","text":"half"}\n\n')
    const headers = { 'content-type': 'text/event-stream', 'content-length': '99999', connection: 'close' }
    await using world = await startEngine(() => ({ bytes, headers }), [createEngineProbe({ atEnd })])
    const error = await caught(world.client.streamText({ model, prompt: 'x', timeout: { totalMs: 3_000 } }).result)
    expect(error).toMatchObject({ name: 'StreamInterruptedError', partial: { text: 'half' } })
    expect(error).toMatchObject({ cause: { name: 'ProtocolError', cause: { message: 'a fault of the adapter' } } })
  })

  it('by another model in the second step: withheld, with what the tools did', async () => {
    const runs: unknown[] = []
    await using world = await startEngine(
      inOrder(say(saidCall('count', { n: 1 }, 'a')), { ...saidText('from elsewhere'), modelId: 'other' }),
    )
    for (const verb of ['generateText', 'streamText'] as const) {
      world.service.handle = inOrder(say(saidCall('count', { n: 1 }, 'a')), {
        ...saidText('from elsewhere'),
        modelId: 'other',
      })
      const made = world.client[verb]({ model, prompt: 'x', tools: { count: counter(runs) } })
      const error = await caught(Promise.resolve('result' in made ? made.result : made))
      expect(error).toMatchObject({ name: 'PolicyDeniedError', code: 'response.model_mismatch' })
      expect(rolesOf(error)).toEqual(['assistant', 'tool'])
      expect(JSON.stringify(error)).not.toContain('from elsewhere')
    }
    expect(runs).toEqual([1, 1])
  })
})

describe('what tools did is not lost', () => {
  const twoCalls = say(saidCall('count', { n: 1 }, 'a'), saidCall('broken', {}, 'b'))
  const broken = tool({
    inputSchema: z.object({}),
    execute: () => {
      throw new RangeError('the database is busy')
    },
  })

  it.each([undefined, false])('when another tool of the same turn ends the call (parallel: %s)', async (parallel) => {
    const runs: unknown[] = []
    await using world = await startEngine(inOrder(twoCalls))
    const error = (await caught(
      world.client.generateText({
        model,
        prompt: 'x',
        tools: { count: counter(runs), broken },
        onToolError: 'throw',
        ...(parallel !== undefined && { parallelToolCalls: parallel }),
      }),
    )) as ShlyuzError
    expect(error).toMatchObject({ name: 'ToolExecutionError', cause: { message: 'the database is busy' } })
    expect(runs).toEqual([1])
    const messages: readonly Message[] = error.responseMessages ?? []
    expect(messages).toMatchObject([
      { role: 'assistant', content: [{ toolCallId: 'a' }, { toolCallId: 'b' }] },
      {
        role: 'tool',
        content: [
          { toolCallId: 'a', output: 1 },
          { toolCallId: 'b', isError: true },
        ],
      },
    ])
    expect(JSON.stringify(messages)).not.toContain('busy')
    world.service.handle = inOrder(saidText('went on'))
    const onward = await world.client.generateText({ model, messages: [{ role: 'user', content: 'x' }, ...messages] })
    expect(onward.text).toBe('went on')
  })

  it('when the deadline ends the call while another tool still runs', async () => {
    const runs: unknown[] = []
    const slow = tool({ inputSchema: z.object({}), execute: () => new Promise(() => {}) })
    await using world = await startEngine(inOrder(say(saidCall('count', { n: 1 }, 'a'), saidCall('slow', {}, 'b'))))
    const error = (await caught(
      world.client.generateText({
        model,
        prompt: 'x',
        tools: { count: counter(runs), slow },
        timeout: { totalMs: 400 },
      }),
    )) as ShlyuzError
    expect(error).toMatchObject({ name: 'TimeoutError', phase: 'total' })
    expect(error.responseMessages).toMatchObject([
      { role: 'assistant' },
      {
        role: 'tool',
        content: [
          { toolCallId: 'a', output: 1 },
          { toolCallId: 'b', isError: true },
        ],
      },
    ])
  })

  it('when one of several approved calls cannot run', async () => {
    const runs: unknown[] = []
    await using world = await startEngine(inOrder(saidText('never')))
    const decide = (toolCallId: string) => ({ type: 'tool-approval' as const, toolCallId, approved: true })
    const calls = [saidCall('count', { n: 1 }, 'a'), saidCall('broken', {}, 'b')]
    const error = await caught(
      world.client.generateText({
        model,
        messages: [
          { role: 'user', content: 'x' },
          { role: 'assistant', content: calls as never },
          { role: 'tool', content: [decide('a'), decide('b')] },
        ],
        tools: { count: counter(runs), broken },
        onToolError: 'throw',
      }),
    )
    expect(runs).toEqual([1])
    expect((error as ShlyuzError).responseMessages).toMatchObject([
      {
        role: 'tool',
        content: [
          { toolCallId: 'a', output: 1 },
          { toolCallId: 'b', isError: true },
        ],
      },
    ])
    expect(chatsOf(world.service)).toHaveLength(0)
  })

  it('a failure of an approved call is told by a warning too', async () => {
    await using world = await startEngine(inOrder(saidText('I see')))
    const answer = await world.client.generateText({
      model,
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: [saidCall('broken', {}, 'b')] as never },
        { role: 'tool', content: [{ type: 'tool-approval', toolCallId: 'b', approved: true }] },
      ],
      tools: { broken },
    })
    expect(answer.warnings.map(({ code }) => code)).toEqual(['tool-failed'])
  })

  it('an error of a call within a tool keeps its own story, and the outer one tells its own', async () => {
    await using world = await startEngine(({ json }) => {
      const { messages, stream } = json as never as {
        messages: { role: string; content: { text?: string }[] }[]
        stream: boolean
      }
      const isInner = messages[0]?.content[0]?.text === 'inner'
      if (!isInner) return answerWith(say(saidCall('nested', {}, 'outer-1')), stream)
      return messages.length === 1 ? answerWith(say(saidCall('count', { n: 5 }, 'inner-1')), stream) : { status: 400 }
    })
    const nested = tool({
      inputSchema: z.object({}),
      execute: async () => {
        const { text } = await world.client.generateText({ model, prompt: 'inner', tools: { count: counter([]) } })
        return text
      },
    })
    const error = (await caught(
      world.client.generateText({ model, prompt: 'outer', tools: { nested }, onToolError: 'throw' }),
    )) as ShlyuzError
    expect(error.name).toBe('ToolExecutionError')
    expect(JSON.stringify(error.responseMessages)).toContain('outer-1')
    expect(JSON.stringify(error.responseMessages)).not.toContain('inner-1')
    expect(error.cause).toMatchObject({ name: 'BadRequestError' })
    expect(JSON.stringify((error.cause as ShlyuzError).responseMessages)).toContain('inner-1')
  })
})

describe('an abort', () => {
  const reasons = [new Error('enough'), 'a word', { name: 'no error' }] as const

  it.each(reasons)('during a tool comes out as it was given (%s), and the tool is told', async (reason) => {
    const controller = new AbortController()
    let told: unknown
    const stuck = tool({
      inputSchema: z.object({}),
      execute: (_input, { signal }) =>
        new Promise(() => {
          signal.addEventListener('abort', () => (told = signal.reason))
          setTimeout(() => controller.abort(reason), 5)
        }),
    })
    await using world = await startEngine(inOrder(say(saidCall('stuck', {}, 'a')), saidText('never')))
    const { signal } = controller
    expect(await caught(world.client.generateText({ model, prompt: 'x', tools: { stuck }, signal }))).toBe(reason)
    expect(told).toBe(reason)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    expect(chatsOf(world.service)).toHaveLength(1)
  })

  it('during an approval comes out as it was given, and nothing runs', async () => {
    const runs: unknown[] = []
    const controller = new AbortController()
    const reason = new Error('enough')
    await using world = await startEngine(inOrder(say(saidCall('count', { n: 1 }, 'a')), saidText('never')))
    const work = world.client.generateText({
      model,
      prompt: 'x',
      tools: { count: { ...counter(runs), needsApproval: true } },
      approve: async () => {
        controller.abort(reason)
        await sleep(5)
        return true
      },
      signal: controller.signal,
    })
    expect(await caught(work)).toBe(reason)
    await sleep(20)
    expect(runs).toEqual([])
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
  })

  it('during an upload takes the file away again and closes every socket', async () => {
    await using world = await startBoth()
    const { client, emulator } = world
    emulator.fail({ service: 'gigachat', operation: 'files', kind: 'delay', ms: 300 })
    const controller = new AbortController()
    const reason = new Error('enough')
    const image = { type: 'file', data: Buffer.from('text of a file'), mediaType: 'text/plain' } as const
    const work = client.generateText({
      model: 'gigachat/GigaChat-2-Max',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'что в файле?' }, image] }],
      signal: controller.signal,
    })
    const error = caught(work)
    await eventually(() => emulator.requests.some(({ path }) => path.endsWith('/files')), 'the upload is under way')
    controller.abort(reason)
    expect(await error).toBe(reason)
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    await eventually(
      () => emulator.requests.some(({ method, path }) => method === 'POST' && path.includes('/delete')),
      'the file is removed',
    )
  })

  it('by a reader who leaves while a tool runs: the tool is told, and the result rejects', async () => {
    let told: unknown
    const stuck = tool({
      inputSchema: z.object({}),
      execute: (_input, { signal }) =>
        new Promise(() => signal.addEventListener('abort', () => (told = signal.reason))),
    })
    await using world = await startEngine(inOrder(say(saidCall('stuck', {}, 'a')), saidText('never')))
    const stream = world.client.streamText({ model, prompt: 'x', tools: { stuck } })
    for await (const part of stream) if (part.type === 'tool-call') break
    expect(await caught(stream.result)).toMatchObject({ name: 'AbortError' })
    expect(told === undefined || (told as Error).name === 'AbortError').toBe(true)
    await sleep(20)
    expect(chatsOf(world.service)).toHaveLength(1)
  })

  it('by the end of the client while a tool runs: the tool is told, and the call says that it was us', async () => {
    let told: unknown
    let started = false
    const stuck = tool({
      inputSchema: z.object({}),
      execute: (_input, { signal }) =>
        new Promise(() => {
          started = true
          signal.addEventListener('abort', () => (told = signal.reason))
        }),
    })
    await using world = await startEngine(inOrder(say(saidCall('stuck', {}, 'a')), saidText('never')))
    const error = caught(world.client.generateText({ model, prompt: 'x', tools: { stuck } }))
    await eventually(() => started, 'the tool runs')
    await world.client.close({ graceMs: 0 })
    expect(await error).toMatchObject({ name: 'ClientClosedError' })
    expect(told).toBe(await error)
    await eventually(() => world.service.connections === 0, 'all connections are closed')
  })
})

describe('what calls share', () => {
  it('a failed token exchange ends each with an error of its own: none tells the story of another', async () => {
    let failing = false
    function* authorize(): Operation<{ headers: Record<string, string>; refreshAt?: number }> {
      if (failing) {
        yield { do: 'wait', ms: 50 }
        yield {
          do: 'exchange',
          read: 'json',
          request: {
            endpoint: 'api',
            operation: 'token',
            method: 'POST',
            path: '/token',
            body: 'x',
            repeat: 'safe',
            accept: [],
          },
        }
      }
      return { headers: {}, refreshAt: 1 }
    }
    const gate = Promise.withResolvers<void>()
    let waiting = 0
    const provider = createEngineProbe({ authorize })
    await using world = await startEngine(
      ({ path, json }) => {
        if (path === '/token') return { status: 401, json: {} }
        const { messages, stream } = json as never as { messages: { content: { text: string }[] }[]; stream: boolean }
        return answerWith(say(saidCall('secret', {}, `of-${messages[0]?.content[0]?.text}`)), stream)
      },
      [provider],
    )
    const secret = tool({
      inputSchema: z.object({}),
      execute: async () => {
        if (++waiting === 2) {
          failing = true
          gate.resolve()
        }
        await gate.promise
        return 1
      },
    })
    const errors = (await Promise.all(
      ['Anna', 'Boris'].map((prompt) => caught(world.client.generateText({ model, prompt, tools: { secret } }))),
    )) as ShlyuzError[]
    const [anna, boris] = errors
    expect(errors.map(({ name }) => name)).not.toContain('TypeError')
    expect(anna).not.toBe(boris)
    expect(JSON.stringify(anna?.responseMessages)).toContain('of-Anna')
    expect(JSON.stringify(anna?.responseMessages)).not.toContain('of-Boris')
    expect(JSON.stringify(boris?.responseMessages)).toContain('of-Boris')
    expect(JSON.stringify(boris?.responseMessages)).not.toContain('of-Anna')
    expect(Object.prototype.toString.call(anna)).toBe('[object Error]')
    for (const error of errors) {
      expect(error).toBeInstanceOf(Error)
      expect(String(error.stack)).toContain(error.message)
    }
  })
})
