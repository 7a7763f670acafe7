import assert from 'node:assert/strict'
import type { Client } from '../client-types.ts'
import { PolicyDeniedError } from '../errors/policy-denied-error.ts'
import { StreamInterruptedError } from '../errors/stream-interrupted-error.ts'
import { UnsupportedFeatureError } from '../errors/unsupported-feature-error.ts'
import type { GenerateTextResult } from '../operations/text-result.ts'
import type { TextStream } from '../operations/text-stream.ts'
import type { Provider } from '../provider.ts'
import { features } from '../vocabulary/features.ts'
import type { Timeouts } from '../vocabulary/settings.ts'
import type { FinishReason, TextStreamPart } from '../vocabulary/stream-parts.ts'
import type { Tool } from '../vocabulary/tools.ts'
import type { Usage } from '../vocabulary/usage.ts'

/** An answer that the service is to give. */
export interface ContractAnswer {
  /** The text, in the pieces in which it is streamed. */
  readonly pieces: readonly string[]
  /** @default 'stop' */
  readonly finish?: Extract<FinishReason, 'stop' | 'length' | 'content-filter'>
  /** Tools that the answer asks for instead of giving text. */
  readonly toolCalls?: readonly { readonly name: string; readonly input: Readonly<Record<string, unknown>> }[]
}

/**
 * What goes wrong with the next text answer. `truncate`: a stream ends in order after its first piece, without its
 * end mark. `reset-after-content`: the connection is reset after the first piece. `reset-before-content`: after the
 * headers. `stall-after-content`: silence after the first piece, the connection stays open.
 */
export type ContractFault = 'truncate' | 'reset-after-content' | 'reset-before-content' | 'stall-after-content'

/** A text request that reached the service. */
export interface ContractRequest {
  /** True when the client went away before the answer was complete. */
  readonly closedByClient: boolean
}

/** The service behind an adapter: a local one with real sockets. Faults and answers hold for one request. */
export interface ContractBackend {
  /** Makes a client of the provider whose network leads to the service; it must repeat at least once. */
  client(provider: Provider): Pick<Client, 'generateText' | 'streamText' | 'check' | 'close'>
  /** Reference of a model to ask; one that can call tools, where the service has such. */
  readonly model: string
  /** False for a service that states no tokens at the end of a stream. @default true */
  readonly hasStreamUsage?: boolean
  /** Writes the next answer. */
  script(answer: ContractAnswer): void
  /** Breaks the next answer. */
  fail(fault: ContractFault): void
  /** The text requests since the last reset, oldest first. */
  requests(): readonly ContractRequest[]
  /** Forgets answers, faults and requests. */
  reset(): void
}

/** One demand on an adapter. `run` rejects when it is not met. */
export interface ContractCase {
  readonly name: string
  readonly run: () => Promise<void>
}

type ContractClient = ReturnType<ContractBackend['client']>

const pieces = ['Съешь ещё ', 'этих «мягких» ', '\\n"булок"\n', '👩‍🚀🌍, ', 'да выпей чаю.']
const text = pieces.join('')
const prompt = 'Привет!'

/** Longest wait for something that is to happen at once, in ms. */
const patienceMs = 5_000

/** A broken adapter must not keep a case waiting. */
const timeout: Timeouts = { totalMs: patienceMs }

/**
 * What every adapter keeps, as data for any test runner. The cases share the backend: run them one after another.
 *
 * @example
 * for (const { name, run } of contractCases(gigachat(emulator.gigachat), backend)) it(name, run)
 */
export function contractCases(provider: Provider, backend: ContractBackend): readonly ContractCase[] {
  return drafts.map(({ name, check }) => ({
    name,
    async run() {
      backend.reset()
      const client = backend.client(provider)
      try {
        await check({ provider, backend, client, options: { model: backend.model, prompt, timeout } })
      } finally {
        await client.close({ graceMs: 0 })
        backend.reset()
      }
    },
  }))
}

interface World {
  readonly provider: Provider
  readonly backend: ContractBackend
  readonly client: ContractClient
  readonly options: { readonly model: string; readonly prompt: string; readonly timeout: Timeouts }
}

interface Draft {
  readonly name: string
  readonly check: (world: World) => Promise<void>
}

const drafts: readonly Draft[] = [
  {
    name: 'a whole answer has the text that the service gave',
    async check({ backend, client, options }) {
      backend.script({ pieces })
      const result = await client.generateText(options)
      assert.equal(result.text, text, 'the whole answer is another text')
      assert.deepEqual(result.content, [{ type: 'text', text }], 'the content is not the text')
    },
  },
  {
    name: 'the pieces of a stream join to the text, the last one included',
    async check({ backend, client, options }) {
      backend.script({ pieces })
      const stream = client.streamText(options)
      const parts = await readParts(stream)
      assert.equal(joinParts(parts), text, 'the streamed pieces join to another text')
      const result = await stream.result
      assert.equal(result.text, text, 'the result of the stream has another text')
      assert.deepEqual(result.content, [{ type: 'text', text }], 'the content of the stream is not the text')
    },
  },
  {
    name: 'one short piece is streamed too',
    async check({ backend, client, options }) {
      backend.script({ pieces: ['Я'] })
      assert.equal(joinParts(await readParts(client.streamText(options))), 'Я', 'the only piece is another text')
    },
  },
  {
    name: 'every piece of a stream is a text with something in it',
    async check({ backend, client, options }) {
      backend.script({ pieces })
      const parts = await readParts(client.streamText(options))
      const deltas = parts.filter((part) => part.type === 'text-delta')
      assert.ok(deltas.length > 0, 'the stream has no pieces')
      for (const { text: piece } of deltas) {
        assert.equal(typeof piece, 'string', `a piece of the stream is of type ${typeof piece}`)
        assert.notEqual(piece, '', 'a piece of the stream is empty')
      }
    },
  },
  {
    name: 'a stream ends with one finish, and nothing after it',
    async check({ backend, client, options }) {
      backend.script({ pieces })
      const types = (await readParts(client.streamText(options))).map(({ type }) => type)
      assert.equal(types.at(-1), 'finish', 'the last part of the stream is not its finish')
      assert.equal(types.indexOf('finish'), types.length - 1, 'the stream has more than one finish')
    },
  },
  {
    name: 'usage is whole numbers, streamed or not',
    async check({ backend, client, options }) {
      backend.script({ pieces })
      checkUsage((await client.generateText(options)).usage)
      backend.script({ pieces })
      const stream = client.streamText(options)
      const finish = (await readParts(stream)).find((part) => part.type === 'finish')
      assert.ok(finish, 'the stream has no finish')
      if (backend.hasStreamUsage ?? true) checkUsage(finish.usage)
      assert.deepEqual((await stream.result).usage, finish.usage, 'finish and result state different usage')
    },
  },
  ...(['stop', 'length', 'content-filter'] as const).map((finish): Draft => ({
    name: `the finish reason ${finish} is kept, streamed or not`,
    async check({ backend, client, options }) {
      backend.script({ pieces, finish })
      assertFinish(await client.generateText(options), finish, 'whole')
      backend.script({ pieces, finish })
      const stream = client.streamText(options)
      const last = (await readParts(stream)).at(-1)
      assert.equal(
        last?.type === 'finish' ? last.finishReason : undefined,
        finish,
        'the finish part has another reason',
      )
      assertFinish(await stream.result, finish, 'streamed')
    },
  })),
  {
    name: 'a stream without its end mark is no answer',
    check: (world) => checkInterrupted(world, 'truncate'),
  },
  {
    name: 'a stream reset after content is no answer, and is not repeated',
    check: (world) => checkInterrupted(world, 'reset-after-content'),
  },
  {
    name: 'a stream reset before content is repeated',
    async check({ backend, client, options }) {
      backend.fail('reset-before-content')
      // The broken attempt takes an answer with it.
      backend.script({ pieces })
      backend.script({ pieces })
      const stream = client.streamText(options)
      assert.equal(joinParts(await readParts(stream)), text, 'the repeated stream is another text')
      assert.equal(backend.requests().length, 2, 'the stream was not repeated once')
      assert.equal((await stream.result).attempts.length, 2, 'the attempts are not stated')
    },
  },
  {
    name: 'the answer ends before a stop string, also across pieces',
    async check({ backend, client, options }) {
      const answer = { pieces: ['Раз, два', ', СТ', 'ОП, три'] }
      backend.script(answer)
      const whole = await client.generateText({ ...options, stop: 'СТОП' })
      assert.equal(whole.text, 'Раз, два, ', 'the whole answer is not cut at the stop string')
      assertFinish(whole, 'stop', 'whole')
      backend.script(answer)
      const stream = client.streamText({ ...options, stop: 'СТОП' })
      assert.equal(joinParts(await readParts(stream)), 'Раз, два, ', 'the stream is not cut at the stop string')
      assertFinish(await stream.result, 'stop', 'streamed')
    },
  },
  {
    name: "an abort rejects with the signal's reason",
    async check({ backend, client, options }) {
      backend.script({ pieces })
      backend.fail('stall-after-content')
      const abort = new AbortController()
      const reason = { why: 'the caller has changed its mind' }
      const stream = client.streamText({ ...options, signal: abort.signal })
      const error = await catchError(async () => {
        for await (const part of stream) if (part.type === 'text-delta') abort.abort(reason)
      })
      assert.equal(error, reason, "the stream did not reject with the signal's reason")
      assert.equal(await catchError(() => stream.result), reason, "the result did not reject with the signal's reason")
      await waitFor(() => backend.requests()[0]?.closedByClient === true, 'the abort did not close the socket')
    },
  },
  {
    name: 'leaving the loop closes the socket',
    async check({ backend, client, options }) {
      backend.script({ pieces })
      backend.fail('stall-after-content')
      for await (const part of client.streamText(options)) if (part.type === 'text-delta') break
      await waitFor(() => backend.requests()[0]?.closedByClient === true, 'leaving the loop did not close the socket')
      assert.equal(backend.requests().length, 1, 'the left stream was repeated')
    },
  },
  {
    name: 'a model id that cannot be read is denied, and nothing is sent',
    async check({ provider, backend, client }) {
      for (const id of ['../models', 'a b', 'a?b#c', 'x\n']) {
        const model = `${provider.name}/${id}`
        const error = await catchError(() => client.generateText({ model, prompt }))
        assert.ok(PolicyDeniedError.isInstance(error), `${JSON.stringify(model)} was not denied: ${describe(error)}`)
        assert.equal(error.code, 'model.unparseable', `${JSON.stringify(model)} was denied for another reason`)
      }
      assert.equal(backend.requests().length, 0, 'a denied call reached the service')
    },
  },
  {
    name: 'the loss table has a cell for every feature, on each surface',
    check({ provider, backend }) {
      const ref = provider.parseModel(backend.model.slice(provider.name.length + 1))
      const surface = provider.surfaceOf(ref, provider.parseOptions(undefined))
      assert.ok(provider.surfaces.includes(surface), "the model's surface is not among the provider's surfaces")
      for (const { id, features: cells } of provider.surfaces) {
        const missing = features.filter((feature) => cells[feature.id] === undefined)
        assert.deepEqual(missing, [], `surface '${id}' has no cell for a feature`)
      }
      return Promise.resolve()
    },
  },
  {
    name: 'a tool runs once for a call, with the input that came, streamed or not',
    async check(world) {
      const { backend, client, options } = world
      if (await refusesTools(world)) return
      for (const isStreamed of [false, true]) {
        const runs: unknown[] = []
        const tools = { note: createNote(runs) }
        backend.script({ pieces: [], toolCalls: [{ name: 'note', input: noteInput }] })
        backend.script({ pieces })
        const call = { ...options, tools }
        const result = isStreamed ? await client.streamText(call).result : await client.generateText(call)
        assert.deepEqual(runs, [noteInput], 'the tool did not run once with what the service gave')
        assert.equal(result.text, text, 'the answer after the tool is another text')
        assert.deepEqual(
          result.steps.map(({ finishReason }) => finishReason),
          ['tool-calls', 'stop'],
          'the steps have other finish reasons',
        )
      }
    },
  },
  {
    name: 'the parts of a stream with a tool call come in order, under one id',
    async check(world) {
      const { backend, client, options } = world
      if (await refusesTools(world)) return
      backend.script({ pieces: [], toolCalls: [{ name: 'note', input: noteInput }] })
      backend.script({ pieces })
      const parts = await readParts(client.streamText({ ...options, tools: { note: createNote([]) } }))
      const call = parts.findIndex(({ type }) => type === 'tool-call')
      const result = parts.findIndex(({ type }) => type === 'tool-result')
      const answer = parts.findIndex(({ type }) => type === 'text-delta')
      assert.ok(0 <= call && call < result && result < answer, 'call, result and answer are not in this order')
      const ids = parts.map((part) => ('toolCallId' in part ? part.toolCallId : undefined)).filter(Boolean)
      assert.equal(new Set(ids).size, 1, 'call and result have two ids, or none')
    },
  },
  {
    name: 'a conversation with tool calls of elsewhere is taken',
    async check(world) {
      const { backend, client, options } = world
      if (await refusesTools(world)) return
      backend.script({ pieces })
      const { prompt: _, ...rest } = options
      const called = { toolCallId: 'call_elsewhere', toolName: 'note' }
      const result = await client.generateText({
        ...rest,
        tools: { note: createNote([]) },
        messages: [
          { role: 'user', content: prompt },
          { role: 'assistant', content: [{ type: 'tool-call', ...called, input: noteInput }] },
          { role: 'tool', content: [{ type: 'tool-result', ...called, output: { saved: true } }] },
        ],
      })
      assert.equal(result.text, text, 'the answer is another text')
    },
  },
  {
    name: 'a check says the same twice and sends nothing',
    async check({ backend, client, options }) {
      const asked = { ...options, seed: 7, temperature: 0.5 }
      const [first, second] = [await client.check(asked), await client.check(asked)]
      assert.deepEqual(
        first.map(({ losses }) => losses),
        second.map(({ losses }) => losses),
        'two checks of one call differ',
      )
      assert.equal(backend.requests().length, 0, 'a check reached the service')
    },
  },
  {
    name: 'the receipt of the policy is on every answer',
    async check({ provider, backend, client, options }) {
      backend.script({ pieces })
      checkReceipt(await client.generateText(options), provider)
      backend.script({ pieces })
      checkReceipt(await client.streamText(options).result, provider)
    },
  },
]

const noteInput = { text: 'молоко, «хлеб»', count: 2, tags: ['дом'] }

function createNote(runs: unknown[]): Tool {
  return {
    description: 'Записывает заметку',
    inputSchema: {
      type: 'object',
      properties: {
        text: { type: 'string' },
        count: { type: 'integer' },
        tags: { type: 'array', items: { type: 'string' } },
      },
      required: ['text'],
    },
    execute: (input) => {
      runs.push(input)
      return { saved: true }
    },
  }
}

/** A service without tools must say so before anything is sent. */
async function refusesTools({ provider, backend, client, options }: World): Promise<boolean> {
  const ref = provider.parseModel(backend.model.slice(provider.name.length + 1))
  const surface = provider.surfaceOf(ref, provider.parseOptions(undefined))
  const rule = surface.features.tools
  if ('needs' in rule || rule.keep !== 'refused') return false
  const error = await catchError(() => client.generateText({ ...options, tools: { note: createNote([]) } }))
  assert.ok(UnsupportedFeatureError.isInstance(error), `tools are not refused as unsupported: ${describe(error)}`)
  assert.equal(backend.requests().length, 0, 'a refused call reached the service')
  return true
}

async function checkInterrupted({ backend, client, options }: World, fault: ContractFault): Promise<void> {
  backend.script({ pieces })
  backend.fail(fault)
  const stream = client.streamText(options)
  const error = await catchError(() => readParts(stream))
  assert.ok(StreamInterruptedError.isInstance(error), `the cut is not reported as one: ${describe(error)}`)
  assert.equal(error.partial.text, pieces[0], 'the partial answer is not what came')
  assert.ok(error.policy, 'the error has no receipt')
  assert.equal(await catchError(() => stream.result), error, 'the result rejects with another error')
  assert.equal(backend.requests().length, 1, 'a stream with content was repeated')
}

function checkUsage(usage: Usage): void {
  assert.ok(usage.inputTokens !== undefined, 'usage has no inputTokens')
  assert.ok(usage.outputTokens !== undefined, 'usage has no outputTokens')
  for (const [key, value] of Object.entries(usage)) {
    assert.ok(Number.isSafeInteger(value) && value >= 0, `usage.${key} is no count: ${JSON.stringify(value)}`)
  }
}

function checkReceipt({ policy }: GenerateTextResult, provider: Provider): void {
  assert.ok(policy, 'the answer has no receipt')
  assert.equal(policy.verdict, 'allow', 'the receipt of an answer is a denial')
  assert.equal(policy.target.provider, provider.name, 'the receipt names another provider')
  assert.equal(policy.providerLogging, provider.providerLogging, 'the receipt states another logging')
  assert.ok(policy.decisions.length > 0, 'the receipt has no decisions')
}

function assertFinish(result: GenerateTextResult, expected: FinishReason, kind: string): void {
  assert.equal(result.finishReason, expected, `the ${kind} answer has another finish reason`)
}

async function readParts(stream: TextStream): Promise<readonly TextStreamPart[]> {
  const parts: TextStreamPart[] = []
  for await (const part of stream) parts.push(part)
  return parts
}

function joinParts(parts: readonly TextStreamPart[]): string {
  let joined = ''
  for (const part of parts) {
    if (part.type === 'text-delta') joined += part.text
    if (part.type === 'rewrite') joined = part.text
  }
  return joined
}

async function catchError(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work()
  } catch (error) {
    return error
  }
  throw new Error('the call succeeded where it had to fail')
}

async function waitFor(isTrue: () => boolean, otherwise: string): Promise<void> {
  const until = performance.now() + patienceMs
  while (!isTrue()) {
    if (performance.now() > until) throw new Error(otherwise)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : typeof error
}
