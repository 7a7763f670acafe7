import {
  BadRequestError,
  ConfigurationError,
  definePolicy,
  JobError,
  NotFoundError,
  OutputValidationError,
  CircuitOpenError,
  ServerError,
  UnsupportedFeatureError,
  type Job,
  type PolicyDeniedError,
} from '@shlyuz/core'
import { describe, expect, test } from 'vitest'
import { caught } from '../e2e/support.ts'
import { createProbe, document, price, receiptOf, startProbe, type ProbeWorld } from './probe.ts'
import { eventually, type Answer, type Arrived, type Handler } from './service.ts'

type Call = { readonly messages: readonly { readonly content: readonly { readonly text: string }[] }[] }

/** Answers each request with its own text in capitals, at the second look. */
class Jobs {
  readonly open = new Map<string, { readonly calls: readonly Call[]; looks: number; cancelled: boolean }>()
  readonly steps: {
    submit?: (calls: readonly Call[], count: number) => Answer | undefined | Promise<Answer>
    state?: (id: string) => unknown
    cancel?: Handler
  } = {}
  #count = 0

  readonly handle: Handler = async (request) => {
    const [, , id = '', verb] = request.path.split('/')
    if (request.path === '/jobs') return this.#submit(request)
    const job = this.open.get(id)
    if (!job) return { status: 404 }
    if (verb === 'cancel') {
      const answer = await this.steps.cancel?.(request)
      if (!answer) job.cancelled = true
      return answer ?? {}
    }
    const state = this.steps.state?.(id)
    if (state !== undefined) return state === 500 ? { status: 500 } : { json: { state } }
    if (job.cancelled) return { json: { state: { status: 'cancelled' } } }
    if (++job.looks < 2) return { json: { state: { status: 'running', completed: 1 } } }
    return {
      json: {
        state: { status: 'done', items: job.calls.map((call) => ({ result: resultOf(textOf(call).toUpperCase()) })) },
      },
    }
  }

  async #submit({ json }: Arrived): Promise<Answer> {
    const calls = json['calls'] as Call[]
    const count = ++this.#count
    const answer = await this.steps.submit?.(calls, count)
    if (answer) return answer
    const id = `j${count}`
    this.open.set(id, { calls, looks: 0, cancelled: false })
    return { json: { job: id } }
  }
}

function textOf({ messages }: Call): string {
  return messages.at(-1)?.content[0]?.text ?? ''
}

function resultOf(text: string, more: object = {}): object {
  return {
    content: [{ type: 'text', text }],
    finishReason: 'stop',
    usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
    modelId: 'chat',
    ...more,
  }
}

const model = 'probe/chat'
const requests = ['раз', 'два', 'три', 'четыре', 'пять'].map((prompt) => ({ prompt }))
const fast = { pollMs: 1, longestWaitMs: 5 }

function submissions({ service }: ProbeWorld): Arrived[] {
  return service.requests.filter(({ path }) => path === '/jobs')
}

function payloadOf(id: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(id.split('.')[2] ?? '', 'base64url').toString()) as Record<string, unknown>
}

function texts(items: Awaited<ReturnType<Job['result']>>['items']): string[] {
  return items.map((item) => (item.status === 'done' ? item.answer.text : `${item.error.name} ${item.error.code}`))
}

describe('submitText', () => {
  test('hands the requests over in pieces, and its string says where they are and nothing else', async () => {
    const jobs = new Jobs()
    await using world = await startProbe(jobs.handle)
    const job = await world.client.submitText({
      model,
      requests: [{ instructions: 'кратко', prompt: 'раз', temperature: 0.5 }, ...requests.slice(1)],
    })
    const sent = submissions(world)
    expect(sent).toHaveLength(3)
    expect(sent[0]?.json).toEqual({
      model: 'chat',
      calls: [
        {
          messages: [
            { role: 'system', content: [{ type: 'text', text: 'кратко' }] },
            { role: 'user', content: [{ type: 'text', text: 'раз' }] },
          ],
          settings: { temperature: 0.5 },
          stream: false,
          tools: [],
          toolChoice: 'auto',
          options: {},
        },
        expect.objectContaining({ messages: [{ role: 'user', content: [{ type: 'text', text: 'два' }] }] }),
      ],
    })
    expect(job).toMatchObject({ provider: 'probe', model: 'chat', warnings: [], policy: receiptOf('chat') as object })
    expect(job.id).toMatch(/^shlyuz-job\.1\.[\w-]+$/)
    expect(payloadOf(job.id)).toEqual({
      provider: 'probe',
      kind: 'probe',
      model: 'chat',
      parts: [
        { ref: { job: expect.any(String) as string }, count: 2 },
        { ref: { job: expect.any(String) as string }, count: 2 },
        { ref: { job: expect.any(String) as string }, count: 1 },
      ],
      sum: expect.any(String) as string,
    })
  })

  test('the results come in the order of the requests, with sums at the deferred price', async () => {
    const jobs = new Jobs()
    await using world = await startProbe(jobs.handle)
    const job = await world.client.submitText({ model, requests })
    const seen: object[] = []
    const result = await job.result({ ...fast, onProgress: (status) => seen.push(status) })
    expect(texts(result.items)).toEqual(['РАЗ', 'ДВА', 'ТРИ', 'ЧЕТЫРЕ', 'ПЯТЬ'])
    const cost = { currency: 'RUB', vatIncluded: true, estimated: false, source: price.source, asOf: price.asOf }
    expect(result).toMatchObject({
      usage: { inputTokens: 50, outputTokens: 25, totalTokens: 75 },
      cost: { amount: '0.005', ...cost },
      policy: receiptOf('chat') as object,
    })
    expect(result.items[0]).toEqual({
      status: 'done',
      answer: {
        text: 'РАЗ',
        content: [{ type: 'text', text: 'РАЗ' }],
        finishReason: 'stop',
        usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
        cost: { amount: '0.001', ...cost },
        output: undefined,
        warnings: [],
      },
    })
    expect(seen).toEqual([
      { status: 'running', completed: 3, total: 5 },
      { status: 'done', completed: 5, total: 5 },
    ])
  })

  test('another process goes on with the string alone; parts that are over are not asked for again', async () => {
    const jobs = new Jobs()
    await using world = await startProbe(jobs.handle)
    const { id } = await world.client.submitText({ model, requests })
    await using other = await startProbe(jobs.handle)
    const job = other.client.job(id)
    expect(job).toMatchObject({ id, provider: 'probe', model: 'chat', warnings: [] })
    expect(other.service.requests).toEqual([])
    expect(await job.status()).toEqual({ status: 'running', completed: 3, total: 5 })
    expect(await job.status()).toEqual({ status: 'done', completed: 5, total: 5 })
    expect(texts((await job.result(fast)).items)).toEqual(['РАЗ', 'ДВА', 'ТРИ', 'ЧЕТЫРЕ', 'ПЯТЬ'])
    expect(other.service.requests).toHaveLength(6)
  })

  test('everything is checked before the first request goes', async () => {
    const jobs = new Jobs()
    const cells = {
      'deferred-tools': { keep: 'refused', message: 'no tools in jobs', hint: 'Уберите tools.' },
      deferred: { keep: 'warned', code: 'slow', message: 'may take a day' },
    } as const
    await using world = await startProbe(jobs.handle, { cells })
    const tools = { weather: { inputSchema: { type: 'object', properties: {} }, execute: () => 'sun' } }
    expect(await caught(world.client.submitText({ model, requests, tools }))).toMatchObject({ hint: 'Уберите tools.' })
    expect(await caught(world.client.submitText({ model, requests, output: { type: 'object' } }))).toBeInstanceOf(
      UnsupportedFeatureError,
    )
    await using bare = await startProbe(jobs.handle, { without: ['deferred'] })
    expect(await caught(bare.client.submitText({ model, requests }))).toBeInstanceOf(UnsupportedFeatureError)
    expect(world.service.requests.length + bare.service.requests.length).toBe(0)
    expect((await world.client.submitText({ model, requests })).warnings).toEqual([
      { code: 'slow', setting: 'deferred', message: 'may take a day' },
    ])
  })

  test('tools only tell the model what it may ask for; a call gets an id', async () => {
    const jobs = new Jobs()
    let ran = 0
    const call = { type: 'tool-call', toolCallId: '', toolName: 'weather', input: {} }
    jobs.steps.state = () => ({
      status: 'done',
      items: [{ result: resultOf('', { content: [call], finishReason: 'tool-calls' }) }],
    })
    await using world = await startProbe(jobs.handle)
    const tools = { weather: { inputSchema: { type: 'object', properties: {} }, execute: () => ran++ } }
    const job = await world.client.submitText({ model, requests: requests.slice(0, 1), tools, toolChoice: 'required' })
    expect(submissions(world)[0]?.json).toMatchObject({
      calls: [
        { tools: [{ name: 'weather', inputSchema: { type: 'object', properties: {} } }], toolChoice: 'required' },
      ],
    })
    const [item] = (await job.result(fast)).items
    expect(item).toMatchObject({
      answer: {
        text: '',
        finishReason: 'tool-calls',
        content: [{ ...call, toolCallId: expect.stringMatching(/^call_/) as string }],
      },
    })
    expect(ran).toBe(0)
  })

  test('a link in one request is the policy’s to refuse, and nothing goes', async () => {
    const jobs = new Jobs()
    await using world = await startProbe(jobs.handle)
    const messages = [
      { role: 'user' as const, content: [{ type: 'image' as const, image: new URL('https://a.example/x.png') }] },
    ]
    const error = await caught(world.client.submitText({ model, requests: [...requests, { messages }] }))
    expect((error as PolicyDeniedError).code).toBe('content.remote_url')
    expect(world.service.requests).toEqual([])
  })

  test.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /options/],
    ['no requests', { model, requests: [] }, /requests/],
    ['too many requests', { model, requests: Array.from({ length: 10_001 }, () => ({ prompt: 'a' })) }, /10000/],
    ['a request that is a text', { model, requests: ['a'] }, /requests\[0\]/],
    ['an empty prompt', { model, requests: [{ prompt: 'a' }, { prompt: '' }] }, /requests\[1\].*prompt/],
    ['a wrong setting', { model, requests: [{ prompt: 'a', temperature: 9 }] }, /requests\[0\].*temperature/],
    ['something that runs here', { model, requests: [{ prompt: 'a', maxSteps: 2 }] }, /maxSteps/],
    ['a model in a request', { model, requests: [{ prompt: 'a', model }] }, /model/],
    ['tools that are none', { model, requests, tools: [] }, /tools/],
    ['a choice without tools', { model, requests, toolChoice: 'required' }, /toolChoice/],
    ['an output that is no schema', { model, requests, output: 'text' }, /output/],
    ['a callback', { model, requests, onProgress: () => {} }, /onProgress/],
  ])('wrong options are refused: %s', async (_what, options, message) => {
    await using world = await startProbe(new Jobs().handle)
    const error = await caught(() => world.client.submitText(options as never))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect((error as Error).message).toMatch(message)
    expect(world.service.requests).toEqual([])
  })
})

describe('a submission that breaks off', () => {
  test('is taken back: what was submitted is cancelled, and the error is the service’s own', async () => {
    const jobs = new Jobs()
    jobs.steps.submit = (_calls, count) => (count === 3 ? { status: 400 } : undefined)
    await using world = await startProbe(jobs.handle)
    expect(await caught(world.client.submitText({ model, requests }))).toBeInstanceOf(BadRequestError)
    expect([...jobs.open.values()].map(({ cancelled }) => cancelled)).toEqual([true, true])
  })

  test('what cannot be cancelled is not lost: the error gives its job', async () => {
    const jobs = new Jobs()
    jobs.steps.submit = (calls) => (textOf(calls[0] as Call) === 'три' ? { status: 400 } : undefined)
    await using world = await startProbe(jobs.handle, { canCancel: false })
    const error = await caught(world.client.submitText({ model, requests }))
    expect(error).toBeInstanceOf(JobError)
    expect(error).toMatchObject({ code: 'job.partly_submitted', cause: { name: 'BadRequestError' }, provider: 'probe' })
    const { submitted } = error as JobError
    expect(submitted?.requests).toEqual([0, 1, 4])
    const result = await world.client.job(submitted?.job ?? '').result(fast)
    expect(texts(result.items)).toEqual(['РАЗ', 'ДВА', 'ПЯТЬ'])
  })

  test('by an abort too: what the service took before it is named, and the abort is the cause', async () => {
    const jobs = new Jobs()
    const controller = new AbortController()
    jobs.steps.submit = async (_calls, count) => {
      if (count > 1) return new Promise(() => {})
      await eventually(() => world.service.requests.length === 3, 'all pieces are on their way')
      return undefined as never
    }
    await using world = await startProbe(jobs.handle, { canCancel: false })
    const reason = new Error('enough')
    const work = world.client.submitText({ model, requests, signal: controller.signal })
    await eventually(() => jobs.open.size === 1, 'one piece was taken')
    await new Promise((resolve) => setTimeout(resolve, 30))
    controller.abort(reason)
    const error = await caught(work)
    expect(error).toBeInstanceOf(JobError)
    expect(error).toMatchObject({ cause: reason, submitted: { requests: [0, 1] } })
  })

  test('before anything was submitted an abort is the abort', async () => {
    const jobs = new Jobs()
    jobs.steps.submit = () => new Promise(() => {})
    await using world = await startProbe(jobs.handle)
    const controller = new AbortController()
    const work = world.client.submitText({ model, requests, signal: controller.signal })
    await eventually(() => world.service.requests.length === 3, 'the pieces are on their way')
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await caught(work)).toBe(reason)
    await eventually(() => world.service.connections === 0, 'all connections are closed')
  })
})

describe('a job', () => {
  async function submitOne(jobs: Jobs, count = 1, options: Parameters<typeof startProbe>[1] = {}) {
    const world = await startProbe(jobs.handle, { callsPerSubmission: 1, ...options })
    return { world, job: await world.client.submitText({ model, requests: requests.slice(0, count) }) }
  }

  test('an error of one request is its own; the others are there', async () => {
    const jobs = new Jobs()
    const failure = { kind: 'content-filter', message: 'no', status: 400 }
    jobs.steps.state = (id) =>
      ({
        j1: { status: 'done', items: [{ result: resultOf('А') }] },
        j2: { status: 'done', items: [{ failure }] },
        j3: { status: 'failed', failure: { kind: 'server', message: 'broken' } },
        j4: { status: 'cancelled' },
        j5: { status: 'done', items: [] },
      })[id]
    const { world, job } = await submitOne(jobs, 5)
    await using _world = world
    const { items, usage } = await job.result(fast)
    expect(texts(items)).toEqual([
      'А',
      expect.stringMatching(/^ContentFilterError/),
      expect.stringMatching(/^ServerError/),
      'JobError job.cancelled',
      'ProtocolError response.shape',
    ])
    expect(usage).toEqual({ inputTokens: 10, outputTokens: 5, totalTokens: 15 })
    for (const item of items) {
      if (item.status === 'failed')
        expect(item.error).toMatchObject({ provider: 'probe', model: 'chat', policy: { verdict: 'allow' } })
    }
  })

  test('a part that the service has forgotten does not take the others with it', async () => {
    const jobs = new Jobs()
    const { world, job } = await submitOne(jobs, 2)
    await using _world = world
    jobs.open.delete('j2')
    expect(texts((await job.result(fast)).items)).toEqual(['РАЗ', 'JobError job.unknown'])
  })

  test('a job that failed as a whole, was cancelled or is forgotten is an error', async () => {
    for (const [state, code, cause] of [
      [{ status: 'failed', failure: { kind: 'server', message: 'broken' } }, 'job.failed', ServerError],
      [{ status: 'cancelled' }, 'job.cancelled', undefined],
      [undefined, 'job.unknown', NotFoundError],
    ] as const) {
      const jobs = new Jobs()
      jobs.steps.state = () => state
      const { world, job } = await submitOne(jobs, 2)
      await using _world = world
      if (!state) jobs.open.clear()
      const error = await caught(job.result(fast))
      expect(error).toBeInstanceOf(JobError)
      expect(error).toMatchObject({ code, provider: 'probe', model: 'chat', policy: { verdict: 'allow' } })
      if (cause) expect((error as JobError).cause).toBeInstanceOf(cause)
    }
  })

  test('an answer of another model than the one judged is withheld', async () => {
    const jobs = new Jobs()
    jobs.steps.state = (id) => ({
      status: 'done',
      items: [{ result: resultOf('А', { modelId: id === 'j1' ? 'other' : 'chat' }) }],
    })
    const { world, job } = await submitOne(jobs, 2)
    await using _world = world
    const { items, policy } = await job.result(fast)
    expect(texts(items)).toEqual(['PolicyDeniedError response.model_mismatch', 'А'])
    expect(policy.verdict).toBe('allow')
  })

  test('looks that fail are followed by others, a bounded number', async () => {
    const jobs = new Jobs()
    let looks = 0
    jobs.steps.state = () => (++looks <= 4 ? 500 : undefined)
    const { world, job } = await submitOne(jobs)
    await using _world = world
    expect(texts((await job.result({ ...fast, retries: 0 })).items)).toEqual(['РАЗ'])
    jobs.steps.state = () => 500
    const again = world.client.job(job.id)
    const before = world.service.requests.length
    expect(await caught(again.result({ ...fast, retries: 0 }))).toBeInstanceOf(ServerError)
    expect(world.service.requests.length - before).toBe(5)
    expect(await caught(again.status({ retries: 0 }))).toBeInstanceOf(CircuitOpenError)
  })

  test('waiting ends with the abort, and with the limit that the caller gives', async () => {
    const jobs = new Jobs()
    jobs.steps.state = () => ({ status: 'queued' })
    const { world, job } = await submitOne(jobs)
    await using _world = world
    const controller = new AbortController()
    const reason = new Error('enough')
    const work = job.result({ pollMs: 60_000, signal: controller.signal })
    await eventually(() => world.service.requests.length === 2, 'it has looked')
    controller.abort(reason)
    expect(await caught(work)).toBe(reason)
    expect(await caught(job.result({ ...fast, timeout: { totalMs: 300 } }))).toMatchObject({
      name: 'TimeoutError',
      phase: 'total',
    })
    expect(await job.status()).toEqual({ status: 'queued', completed: 0, total: 1 })
  })

  test('cancel reaches every part, and says so where the service cannot', async () => {
    const jobs = new Jobs()
    const { world, job } = await submitOne(jobs, 3)
    await using _world = world
    await job.cancel()
    expect([...jobs.open.values()].map(({ cancelled }) => cancelled)).toEqual([true, true, true])
    expect(await job.status()).toEqual({ status: 'cancelled', completed: 0, total: 3 })
    const second = new Jobs()
    second.steps.cancel = ({ path }) => (path === '/jobs/j1/cancel' ? { status: 500 } : undefined) as never
    const failing = await submitOne(second, 3)
    await using _failing = failing.world
    expect(await caught(failing.job.cancel())).toBeInstanceOf(ServerError)
    expect([...second.open.values()].map(({ cancelled }) => cancelled)).toEqual([false, true, true])
    const cells = { 'deferred-cancel': { keep: 'refused', message: 'no cancel', hint: 'Дождитесь ответа.' } } as const
    const fixed = await submitOne(new Jobs(), 1, { canCancel: false, cells })
    await using _fixed = fixed.world
    expect(await caught(fixed.job.cancel())).toMatchObject({
      name: 'UnsupportedFeatureError',
      hint: 'Дождитесь ответа.',
    })
  })

  test('the policy is asked at each look', async () => {
    const jobs = new Jobs()
    const { world, job } = await submitOne(jobs)
    await using _world = world
    const before = world.service.requests.length
    const none = definePolicy({ name: 'none', models: { developer: ['ru'], weights: ['own'] } })
    for (const work of [job.status({ policy: none }), job.result({ policy: none }), job.cancel({ policy: none })]) {
      expect((await caught(work)) as PolicyDeniedError).toMatchObject({ code: 'model.unknown' })
    }
    expect(world.service.requests.length).toBe(before)
  })
})

describe('the output of a job', () => {
  const output = { type: 'object', properties: { topic: { type: 'string' } }, required: ['topic'] }

  async function run(result: object, cells: NonNullable<Parameters<typeof startProbe>[1]>['cells'] = {}) {
    const jobs = new Jobs()
    jobs.steps.state = () => ({ status: 'done', items: [{ result }] })
    await using world = await startProbe(jobs.handle, { cells })
    const job = await world.client.submitText({ model, requests: requests.slice(0, 1), output })
    const [own] = (await job.result(fast)).items
    const [found] = (await world.client.job(job.id, { output }).result(fast)).items
    const [plain] = (await world.client.job(job.id).result(fast)).items
    return { sent: submissions(world)[0]?.json['calls'] as object[], own, found, plain }
  }

  test('is asked for by the service’s own means, and validated, here and after the job was found again', async () => {
    const { sent, own, found, plain } = await run(resultOf('{"topic":"реки"}'))
    expect(sent).toMatchObject([{ output: { name: 'output', schema: output } }])
    expect(own).toMatchObject({ status: 'done', answer: { output: { topic: 'реки' }, text: '{"topic":"реки"}' } })
    expect(found).toEqual(own)
    expect(plain).toMatchObject({ status: 'done', answer: { output: undefined, text: '{"topic":"реки"}' } })
  })

  test('or by a forced tool, whose arguments it is', async () => {
    const call = { type: 'tool-call', toolCallId: 'c1', toolName: 'output', input: { topic: 'реки' } }
    const result = resultOf('', { content: [call], finishReason: 'tool-calls' })
    const refused = { keep: 'refused', message: 'no schema', hint: 'Нет.' } as const
    const { sent, own, found } = await run(result, { output: refused })
    expect(sent).toMatchObject([{ tools: [{ name: 'output' }], toolChoice: { tool: 'output' } }])
    expect(own).toMatchObject({
      status: 'done',
      answer: {
        output: { topic: 'реки' },
        text: '{"topic":"реки"}',
        finishReason: 'stop',
        content: [{ type: 'text' }],
      },
    })
    expect(found).toEqual(own)
  })

  test('one that does not fit is the error of that request, with the text', async () => {
    const { own } = await run(resultOf('{"topic":1}'))
    expect(own?.status).toBe('failed')
    const { error } = own as unknown as { readonly error: OutputValidationError }
    expect(error).toBeInstanceOf(OutputValidationError)
    expect({ text: error.text, code: error.code }).toEqual({ text: '{"topic":1}', code: 'output.invalid' })
  })
})

describe('the string of a job', () => {
  async function idOf(): Promise<string> {
    await using world = await startProbe(new Jobs().handle)
    return (await world.client.submitText({ model, requests })).id
  }

  test('that was not made by us, cut, edited or grown is unknown, and no byte is sent', async () => {
    const id = await idOf()
    const edit = (change: (payload: Record<string, unknown>) => void): string => {
      const payload = payloadOf(id)
      change(payload)
      return `shlyuz-job.1.${Buffer.from(JSON.stringify(payload)).toString('base64url')}`
    }
    await using world = await startProbe(new Jobs().handle)
    const ids: unknown[] = [
      '', 'abc', 1, undefined, null, {},
      'shlyuz-job.1.', 'shlyuz-job.1', 'shlyuz-job.1.!!!', `${id}.x`, id.slice(0, -8), id.replace('job.1.', 'job.2.'),
      id.toUpperCase(), `shlyuz-job.1.${'A'.repeat(9 * 1024 * 1024)}`,
      edit((payload) => (payload['model'] = 'other')),
      edit((payload) => (payload['parts'] = [])),
      edit((payload) => (payload['parts'] = [{ ref: { job: 'j9' }, count: 1 }])),
      edit((payload) => (payload['extra'] = 1)),
      edit((payload) => delete payload['sum']),
      edit((payload) => delete payload['kind']),
      `shlyuz-job.1.${Buffer.from('{"__proto__":{"provider":"probe"}}').toString('base64url')}`,
      `shlyuz-job.1.${Buffer.from('['.repeat(100_000)).toString('base64url')}`,
    ] // oxfmt-ignore
    for (const one of ids) {
      const error = await caught(async () => world.client.job(one as string))
      expect(error, String(one).slice(0, 60)).toBeInstanceOf(JobError)
      expect((error as JobError).code).toBe('job.unknown')
      expect((error as JobError).hint).toMatch(/[а-я]/)
    }
    expect(world.service.requests).toEqual([])
  })

  test('of a provider that the client does not have says which one is missing', async () => {
    const id = await idOf()
    await using world = await startProbe(new Jobs().handle, { providers: [createProbe({ name: 'second' })] })
    const error = await caught(async () => world.client.job(id))
    expect(error).toMatchObject({ code: 'job.unknown', hint: expect.stringContaining("name: 'probe'") as string })
  })

  test('names a model that the policy is asked about', async () => {
    const id = await idOf()
    const policy = definePolicy({ ...document, models: { developer: ['ru'], weights: ['own'] } })
    await using world = await startProbe(new Jobs().handle, {}, { policy })
    expect((await caught(world.client.job(id).status())) as PolicyDeniedError).toMatchObject({ code: 'model.unknown' })
    expect(world.service.requests).toEqual([])
  })

  test('takes no options but the output', async () => {
    const id = await idOf()
    await using world = await startProbe(new Jobs().handle)
    expect(await caught(async () => world.client.job(id, { schema: {} } as never))).toBeInstanceOf(ConfigurationError)
    const job = world.client.job(id)
    expect(await caught(() => job.result({ pollMs: 0 }))).toBeInstanceOf(ConfigurationError)
    expect(await caught(() => job.result({ interval: 1 } as never))).toBeInstanceOf(ConfigurationError)
    expect(await caught(() => job.status({ pollMs: 1 } as never))).toBeInstanceOf(ConfigurationError)
  })
})
