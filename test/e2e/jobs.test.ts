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
