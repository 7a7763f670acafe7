import { JobError, type Job } from '@shlyuz/core'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startBoth } from './both.ts'
import { caught } from './support.ts'

/** GigaChat's batches are for those who pay as they go. */
const corporate = { gigachat: { scope: 'GIGACHAT_API_CORP' } } as const

const fast = { pollMs: 20, longestWaitMs: 100, timeout: { totalMs: 15_000 } }

function texts(items: Awaited<ReturnType<Job['result']>>['items']): unknown[] {
  return items.map((item) => (item.status === 'done' ? item.answer.text : item.error))
}

describe.each(['yandexgpt/yandexgpt-5.1', 'gigachat/GigaChat-2-Max'])('a deferred job of %s', (model) => {
  test('gives the answers in the order of the requests, also to another client', async () => {
    await using world = await startBoth(corporate)
    const words = ['берёза', 'сосна', 'осина', 'рябина', 'клён']
    const { id } = await world.client.submitText({ model, requests: words.map((prompt) => ({ prompt })) })
    const job = world.client.job(id)
    const { items, usage, policy } = await job.result(fast)
    expect(texts(items)).toEqual(words.map((word) => expect.stringContaining(word)))
    expect(usage.totalTokens).toBeGreaterThan(0)
    expect(policy).toMatchObject({ verdict: 'allow', network: 'test' })
    expect(await job.status()).toEqual({ status: 'done', completed: 5, total: 5 })
  })

  test('keeps the asked output', async () => {
    await using world = await startBoth(corporate)
    const output = z.object({ topic: z.string() })
    const job = await world.client.submitText({ model, requests: [{ prompt: 'Тема: реки' }], output })
    const [item] = (await job.result(fast)).items
    expect(item).toMatchObject({ status: 'done', answer: { output: { topic: expect.any(String) as string } } })
  })

  test('a string of a job that never was is an error', async () => {
    await using world = await startBoth(corporate)
    expect(await caught(async () => world.client.job('shlyuz-job.1.abc'))).toBeInstanceOf(JobError)
    expect(world.emulator.requests).toEqual([])
  })
})

test.each([
  ['yandexgpt/yandexgpt-5.1', '2026-07-04'],
  ['gigachat/GigaChat-2-Max', '2026-02-01'],
])('a deferred job of %s costs what its dated price line says', async (model, asOf) => {
  await using world = await startBoth(corporate)
  const job = await world.client.submitText({ model, requests: [{ prompt: 'Раз' }, { prompt: 'Два' }] })
  const { cost } = await job.result(fast)
  expect(cost).toMatchObject({ currency: 'RUB', vatIncluded: true, estimated: false, asOf })
  expect(Number(cost?.amount)).toBeGreaterThan(0)
})

test('what a batch loses is told by the form it takes, also where the chat is of version 2', async () => {
  await using world = await startBoth(corporate)
  const job = await world.client.submitText({
    model: 'gigachat/GigaChat-2-Max',
    requests: [{ prompt: 'Раз', reasoningEffort: 'off' }],
    providerOptions: { gigachat: { api: 'v2' } },
  })
  expect(job.warnings).toMatchObject([{ code: 'setting-ignored', setting: 'reasoningEffort' }])
})

test('an abort ends the waiting with its own reason, and the job goes on', async () => {
  await using world = await startBoth({ yandexgpt: { operationPolls: 50 } })
  const job = await world.client.submitText({ model: 'yandexgpt/yandexgpt-5.1', requests: [{ prompt: 'Раз' }] })
  const controller = new AbortController()
  const reason = new Error('the user went away')
  let looks = 0
  const waiting = job.result({
    ...fast,
    signal: controller.signal,
    onProgress: () => {
      if (++looks === 2) controller.abort(reason)
    },
  })
  expect(await caught(waiting)).toBe(reason)
  const { length } = world.emulator.requests
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(world.emulator.requests).toHaveLength(length)
  expect(await world.client.job(job.id).status()).toMatchObject({ status: 'running', completed: 0, total: 1 })
})

test('two jobs at once keep their answers apart', async () => {
  await using world = await startBoth(corporate)
  const submit = (words: readonly string[], model: string) =>
    world.client.submitText({ model, requests: words.map((prompt) => ({ prompt })) })
  const jobs = await Promise.all([
    submit(['берёза', 'сосна'], 'yandexgpt/yandexgpt-5.1'),
    submit(['щука', 'окунь', 'налим'], 'gigachat/GigaChat-2-Max'),
  ])
  const results = await Promise.all(jobs.map((job) => job.result(fast)))
  expect(results.map(({ items }) => texts(items))).toEqual([
    [expect.stringContaining('берёза'), expect.stringContaining('сосна')],
    [expect.stringContaining('щука'), expect.stringContaining('окунь'), expect.stringContaining('налим')],
  ])
})
