import { createHash, randomBytes } from 'node:crypto'
import { ConfigurationError, JobError, PolicyDeniedError, type Job } from '@shlyuz/core'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { caught } from '../support.ts'
import { address, other, person, phone } from './made-up.ts'
import {
  contentRequests,
  expectConcealed,
  expectNothingPersonal,
  findPersonal,
  personal,
  refusedBy,
  startWorld,
  textsOf,
  type World,
} from './world.ts'

const corporate = { gigachat: { scope: 'GIGACHAT_API_CORP' } } as const
const fast = { pollMs: 20, longestWaitMs: 100, timeout: { totalMs: 15_000 } }
const jobKey = randomBytes(32)
const requests = [{ prompt: `Письмо: ${person}` }, { prompt: `Звонок: ${other}, ${phone}` }, { prompt: 'Просто так' }]

/** The part of a job's string that can be read. */
function readTicket({ id }: Pick<Job<unknown>, 'id'>): { [key: string]: unknown; sum?: string; sealed?: string } {
  return JSON.parse(Buffer.from(id.split('.')[2] ?? '', 'base64url').toString('utf8')) as { sealed?: string }
}

function textsOfItems({ items }: Awaited<ReturnType<Job['result']>>): unknown[] {
  return items.map((item) => (item.status === 'done' ? item.answer.text : item.error))
}

describe.each(['yandexgpt/yandexgpt-5.1', 'gigachat/GigaChat-2-Max'])('a deferred job of %s', (model) => {
  const start = () => startWorld({}, corporate)

  test('is refused without a key for what was masked', async () => {
    await using world = await start()
    const error = await refusedBy(world, () => world.client.submitText({ model, requests }))
    expect(error).toBeInstanceOf(PolicyDeniedError)
    expect(error).toMatchObject({ code: 'policy.obligation_unmet', hint: expect.stringContaining('jobKey') as string })
  })

  test('goes out masked, and its answers come back restored wherever the key is', async () => {
    await using world = await start()
    const job = await world.client.submitText({ model, requests, jobKey })
    expect(job.policy?.masked).toEqual({ PERSON: 2, PHONE: 1 })
    expectNothingPersonal(world.emulator)
    const readable = [job.id, ...textsOf(readTicket(job))]
    expect(findPersonal(readable)).toEqual([])
    expect(readable.join(' ')).not.toMatch(/PERSON|⟦/)
    const expected = [
      expect.stringContaining(person),
      expect.stringMatching(new RegExp(`${other}|\\+7 916`)),
      expect.not.stringContaining('⟦'),
    ]
    const restored = textsOfItems(await job.result(fast))
    expect(restored).toEqual(expected)
    const elsewhere = world.connect().job(job.id, { jobKey: jobKey.toString('base64') })
    expect(textsOfItems(await elsewhere.result(fast))).toEqual(restored)
    expectNothingPersonal(world.emulator)
  })

  test.each<[string, (world: World, job: Job) => Job]>([
    ['without the key', (world, job) => world.connect().job(job.id)],
    ['with another key', (world, job) => world.connect().job(job.id, { jobKey: randomBytes(32) })],
    ['with a string of another job', (world, job) => world.connect().job(changeTicket(job, 'model'), { jobKey })],
    ['with changed values', (world, job) => world.connect().job(changeTicket(job, 'sealed'), { jobKey })],
  ])('is not read %s, which is said before the waiting', async (_how, open) => {
    await using world = await start()
    const job = open(world, await world.client.submitText({ model, requests, jobKey }))
    const error = await refusedBy(world, () => job.result(fast))
    expect(error).toBeInstanceOf(JobError)
    expect(error).toMatchObject({ code: 'job.key' })
    // How far it is may be asked without a key.
    expect(await job.status()).toMatchObject({ total: 3 })
  })

  test('keeps the asked output', async () => {
    await using world = await start()
    const output = z.object({ name: z.string(), address: z.string() })
    const said = { name: '⟦PERSON_1⟧', address: '⟦ADDRESS_1⟧' }
    const service = model.startsWith('yandexgpt') ? 'yandexgpt' : 'gigachat'
    world.emulator.script({ service, text: JSON.stringify(said) })
    const prompt = `Имя: ${person}; адрес: ${address}`
    const job = await world.client.submitText({ model, requests: [{ prompt }], output, jobKey })
    const { items } = await world.connect().job(job.id, { output, jobKey }).result(fast)
    expect(items).toMatchObject([{ status: 'done', answer: { output: { name: person, address } } }])
    expectNothingPersonal(world.emulator)
  })

  test('needs the masker to be read', async () => {
    await using world = await start()
    const job = await world.client.submitText({ model, requests, jobKey })
    const { items } = await world
      .connect(personal('mask', { data: {} }))
      .job(job.id, { jobKey })
      .result(fast)
    expect(items.map((item) => (item.status === 'failed' ? item.error.code : item.status))).toEqual([
      'job.key',
      'job.key',
      'done',
    ])
    for (const item of items) if (item.status === 'failed') expectConcealed(item.error)
  })
})

/** Valid in form: with the sum of what it says. */
function changeTicket(job: Pick<Job, 'id'>, key: 'model' | 'sealed'): string {
  const ticket = readTicket(job)
  const value = ticket[key] as string
  const changed =
    key === 'model'
      ? value.replace('yandexgpt-5.1', 'yandexgpt-5-lite').replace('GigaChat-2-Max', 'GigaChat-2')
      : value.slice(0, -4) + (value.endsWith('AAAA') ? 'BBBB' : 'AAAA')
  return sign({ ...ticket, [key]: changed })
}

function sign({ sum: _sum, ...ticket }: Record<string, unknown>): string {
  const { provider, kind, model, parts, output, outputTool, sealed } = ticket
  const plain: unknown[] = [
    provider,
    kind,
    model,
    (parts as { ref: unknown; count: number }[]).map(({ ref, count }) => [ref, count]),
  ]
  plain.push(output ?? null, outputTool ?? null)
  if (sealed !== undefined) plain.push(sealed)
  const sum = createHash('sha256').update(JSON.stringify(plain)).digest('base64url').slice(0, 12)
  return `shlyuz-job.1.${Buffer.from(JSON.stringify({ ...ticket, sum })).toString('base64url')}`
}

test('a submission that broke off keeps the values of the requests that stay, in their order', async () => {
  await using world = await startWorld()
  const prompts = ['раз', person, `${other}, ${person}`, phone, `${phone}, ${other}`, 'два']
  const error = await brokenOff(world, prompts)
  expectConcealed(error)
  expectNothingPersonal(world.emulator)
  const { job, requests: staying } = error.submitted ?? { job: '', requests: [] }
  expect(findPersonal([job, ...textsOf(readTicket({ id: job }))])).toEqual([])
  const result = await world.connect().job(job, { jobKey }).result(fast)
  const texts = textsOfItems(result)
  expect(texts).toHaveLength(staying.length)
  for (const [at, index] of staying.entries()) {
    const prompt = prompts[index] ?? ''
    const mentioned = [person, other, phone].filter((one) => prompt.includes(one))
    const answered = [person, other, phone].filter((one) => String(texts[at]).includes(one))
    expect(String(texts[at])).not.toContain('⟦')
    // An answer speaks of what was asked, and of nobody else.
    expect(mentioned).toEqual(expect.arrayContaining(answered))
    if (mentioned.length > 0) expect(answered).not.toEqual([])
  }
})

/** One request of YandexGPT's is one operation: the third fails, and what was taken cannot be taken back. */
async function brokenOff(world: World, prompts: readonly string[]): Promise<JobError> {
  const { emulator, client } = world
  emulator.fail({ service: 'yandexgpt', operation: 'submit', kind: 'status', status: 400, skip: 2 })
  const takeBack = emulator.fail({
    service: 'yandexgpt',
    operation: 'operation',
    kind: 'status',
    status: 403,
    times: 40,
  })
  const error = await caught(
    client.submitText({
      model: 'yandexgpt/yandexgpt-5.1',
      requests: prompts.map((prompt) => ({ prompt })),
      jobKey,
    }),
  )
  takeBack()
  expect(error).toMatchObject({ code: 'job.partly_submitted' })
  return error as JobError
}

test.each<[string, unknown]>([
  ['too short', randomBytes(16)],
  ['too long', randomBytes(33)],
  ['a password', 'верблюд-батарея-скрепка'],
  ['base64 of 31 bytes', Buffer.alloc(31, 7).toString('base64')],
  ['base64 with something behind it', `${Buffer.alloc(32, 7).toString('base64')} `],
  ['hex', Buffer.alloc(32, 7).toString('hex')],
  ['a number', 7],
  ['a list of numbers', [...Buffer.alloc(32, 7)]],
  ['null', null],
])('a malformed key is refused without being quoted: %s', async (_what, given) => {
  await using world = await startWorld()
  const key = given as string
  const errors = [
    await refusedBy(world, () => world.client.submitText({ model: 'yandexgpt/yandexgpt-5.1', requests, jobKey: key })),
    await refusedBy(world, async () => world.client.job('shlyuz-job.1.x', { jobKey: key })),
  ]
  for (const error of errors) {
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).toContain('jobKey')
    if (typeof given === 'string') {
      expect([error.message, (error as ConfigurationError).hint, JSON.stringify(error)].join(' ')).not.toContain(given)
    }
  }
})

test('a key is taken as bytes and as either base64', async () => {
  await using world = await startWorld()
  const key = Buffer.from('ff'.repeat(32), 'hex')
  const forms = [key, new Uint8Array(key), key.toString('base64'), key.toString('base64url')]
  for (const form of forms) {
    const job = await world.client.submitText({
      model: 'yandexgpt/yandexgpt-5.1',
      requests: [{ prompt: person }],
      jobKey: form,
    })
    const result = await world.connect().job(job.id, { jobKey: key }).result(fast)
    expect(textsOfItems(result)).toEqual([expect.stringContaining(person)])
  }
  expect(contentRequests(world.emulator).length).toBeGreaterThan(0)
})
