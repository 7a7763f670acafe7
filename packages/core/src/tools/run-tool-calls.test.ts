import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ToolExecutionError } from '../errors/tool-execution-error.ts'
import { checkTools } from '../operations/check-tools.ts'
import { CallScope } from '../transport/call-scope.ts'
import { DeadlineWheel } from '../transport/deadline-wheel.ts'
import type { ToolCallPart, ToolResultPart } from '../vocabulary/messages.ts'
import { tool, type ToolSet } from '../vocabulary/tools.ts'
import { runToolCalls, type ToolRunOptions } from './run-tool-calls.ts'

let ran: unknown[] = []
let told: ToolResultPart[] = []

beforeEach(() => {
  ran = []
  told = []
})

const weather = tool({
  inputSchema: z.object({ city: z.string(), days: z.int().default(1) }),
  execute: (input) => {
    ran.push(input)
    return { degrees: 5, at: new Date(0) }
  },
})

function call(toolName: string, input: unknown, toolCallId = 'call_1'): ToolCallPart {
  return { type: 'tool-call', toolCallId, toolName, input }
}

function options(tools: ToolSet, more: Partial<ToolRunOptions> = {}): ToolRunOptions {
  return {
    tools: checkTools(tools),
    messages: [],
    scope: new CallScope({ wheel: new DeadlineWheel(), limitMs: 60_000 }),
    labels: { system: 'crm' },
    toolMs: Infinity,
    onToolError: 'tell',
    approve: undefined,
    isSequential: false,
    sentBack: new Set(),
    onResult: (result) => told.push(result),
    ...more,
  }
}

describe('a tool call', () => {
  it('runs its tool with what the schema let through, and gives plain JSON back', async () => {
    const run = await runToolCalls([call('weather', { city: 'Казань' })], options({ weather }))
    expect(ran).toEqual([{ city: 'Казань', days: 1 }])
    const output = { degrees: 5, at: '1970-01-01T00:00:00.000Z' }
    expect(run).toEqual({
      results: [{ type: 'tool-result', toolCallId: 'call_1', toolName: 'weather', output }],
      approvals: [],
      open: [],
      warnings: [],
    })
    expect(told).toEqual(run.results)
  })

  it('gives results in the order of the calls, whichever ends first', async () => {
    const slow = tool({
      inputSchema: z.object({ ms: z.number() }),
      execute: async ({ ms }) => {
        await new Promise((resolve) => setTimeout(resolve, ms))
        return ms
      },
    })
    const calls = [call('slow', { ms: 30 }, 'a'), call('slow', { ms: 1 }, 'b')]
    const { results } = await runToolCalls(calls, options({ slow }))
    expect(results.map(({ output }) => output)).toEqual([30, 1])
    expect(told.map(({ output }) => output)).toEqual([1, 30])
  })

  it('runs one after the other when the caller wants no parallel calls', async () => {
    let running = 0
    let most = 0
    const one = tool({
      inputSchema: z.object({}),
      execute: async () => {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setTimeout(resolve, 2))
        running--
      },
    })
    await runToolCalls([call('one', {}, 'a'), call('one', {}, 'b')], options({ one }, { isSequential: true }))
    expect(most).toBe(1)
  })
})

describe('arguments that do not fit', () => {
  it('go back to the model with the place and the expectation, without running anything', async () => {
    const run = await runToolCalls([call('weather', { city: 5 })], options({ weather }))
    expect(ran).toEqual([])
    expect(run.results).toMatchObject([{ isError: true, output: expect.stringContaining('city: ') }])
    expect(run.warnings).toEqual([
      {
        code: 'tool-input-invalid',
        setting: 'tools',
        message: "the model's call of 'weather' did not fit; it was asked to repair it",
      },
    ])
  })

  it('go back once for a tool; the second time ends the call', async () => {
    const shared = options({ weather })
    await runToolCalls([call('weather', {})], shared)
    const second = runToolCalls([call('weather', {}, 'call_2')], shared)
    await expect(second).rejects.toMatchObject({ name: 'ToolExecutionError', code: 'tool.input_invalid' })
    expect(ran).toEqual([])
  })

  it.each([
    [
      'a key that changes the prototype',
      JSON.parse('{"city": "Уфа", "__proto__": {"admin": true}}') as unknown,
      undefined,
    ],
    ['such a key further down', { city: 'Уфа', more: [JSON.parse('{"__proto__": 1}') as unknown] }, undefined],
    ['no JSON', undefined, '{"city": '],
  ])('%s never reaches the tool', async (_title, input, invalidInput) => {
    const one = { ...call('weather', input), ...(invalidInput !== undefined && { invalidInput }) }
    const { results } = await runToolCalls([one], options({ weather }))
    expect(ran).toEqual([])
    expect(results).toMatchObject([{ isError: true }])
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  it('a tool that does not exist is told to the model', async () => {
    const { results } = await runToolCalls([call('wether', {})], options({ weather }))
    expect(results).toMatchObject([{ isError: true, output: expect.stringContaining("no tool 'wether'") }])
  })
})

describe('a tool that fails', () => {
  const broken = tool({
    inputSchema: z.object({}),
    execute: () => {
      throw new RangeError('база занята')
    },
  })

  it('is told to the model, with a warning that holds no message', async () => {
    const run = await runToolCalls([call('broken', {})], options({ broken }))
    expect(run.results).toMatchObject([{ isError: true, output: 'база занята' }])
    expect(run.warnings).toEqual([
      { code: 'tool-failed', setting: 'tools', message: "tool 'broken' failed (RangeError); the model was told" },
    ])
  })

  it('ends the call when the caller wants that, after the other tools ended', async () => {
    let ended = false
    const slow = tool({
      inputSchema: z.object({}),
      execute: async () => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        ended = true
      },
    })
    const calls = [call('broken', {}, 'a'), call('slow', {}, 'b')]
    const error: unknown = await runToolCalls(calls, options({ broken, slow }, { onToolError: 'throw' })).catch(
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(ToolExecutionError)
    expect((error as Error).cause).toBeInstanceOf(RangeError)
    expect(ended).toBe(true)
  })

  it('is stopped by its own limit of time', async () => {
    let aborted: unknown
    const stuck = tool({
      inputSchema: z.object({}),
      timeoutMs: 20,
      execute: (_input, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted = signal.reason
            reject(signal.reason as Error)
          })
        }),
    })
    const { results } = await runToolCalls([call('stuck', {})], options({ stuck }))
    expect(results).toMatchObject([{ isError: true, output: expect.stringContaining('20 ms') }])
    expect(aborted).toMatchObject({ code: 'tool.timeout' })
  })

  it('is stopped by the end of the call, whatever the caller wants to be told', async () => {
    const scope = new CallScope({ wheel: new DeadlineWheel(), limitMs: 60_000 })
    const stuck = tool({ inputSchema: z.object({}), execute: () => new Promise(() => {}) })
    const run = runToolCalls([call('stuck', {})], options({ stuck }, { scope }))
    const reason = new Error('the user went away')
    setTimeout(() => scope.fail(reason), 5)
    await expect(run).rejects.toBe(reason)
  })

  it('what is no JSON is told as a failure', async () => {
    const cyclic: Record<string, unknown> = {}
    cyclic['self'] = cyclic
    const odd = tool({ inputSchema: z.object({}), execute: () => cyclic })
    const { results } = await runToolCalls([call('odd', {})], options({ odd }))
    expect(results).toMatchObject([{ isError: true, output: expect.stringContaining('no JSON') }])
  })
})

describe('a tool that needs approval', () => {
  const guarded = tool({
    inputSchema: z.object({ sum: z.number() }),
    needsApproval: ({ sum }) => sum > 100,
    execute: (input) => {
      ran.push(input)
      return 'paid'
    },
  })

  it('waits for a decision when nobody is there to decide', async () => {
    const large = call('guarded', { sum: 500 }, 'large')
    const run = await runToolCalls([large, call('guarded', { sum: 5 }, 'small')], options({ guarded }))
    expect(run.approvals).toEqual([large])
    expect(run.results.map(({ toolCallId }) => toolCallId)).toEqual(['small'])
    expect(ran).toEqual([{ sum: 5 }])
  })

  it('runs when it is approved, and is told as refused when it is not', async () => {
    const asked: unknown[] = []
    const approve = ({ input }: ToolCallPart) => {
      asked.push(input)
      return (input as { sum: number }).sum === 500
    }
    const calls = [call('guarded', { sum: 500 }, 'a'), call('guarded', { sum: 900 }, 'b')]
    const { results } = await runToolCalls(calls, options({ guarded }, { approve }))
    expect(asked).toEqual([{ sum: 500 }, { sum: 900 }])
    expect(ran).toEqual([{ sum: 500 }])
    expect(results).toMatchObject([{ output: 'paid' }, { isError: true, output: expect.stringContaining('refused') }])
  })
})

it('a tool without code is left to the caller', async () => {
  const remote = tool({ inputSchema: z.object({ city: z.string() }) })
  const one = call('remote', { city: 'Томск' })
  expect(await runToolCalls([one], options({ remote }))).toMatchObject({ results: [], open: [one] })
})
