import { createClient } from '@shlyuz/core'
import { startEmulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { expect, it } from 'vitest'
import { giga, startGigachat } from './support.ts'

const numbers = Array.from({ length: 32 }, (_, index) => index)
const limits = { slots: { gigachat: 64, yandexgpt: 64 } }

it('calls that are answered together get each its own answer', async () => {
  await using world = await startGigachat({}, { limits: { slots: { gigachat: 64 } } })
  const { client, emulator } = world
  const answers = await Promise.all(
    numbers.map((number) => client.generateText({ model: giga, prompt: `Повтори число ${number}.` })),
  )
  const sent = emulator.requests.filter(({ operation }) => operation === 'chat')
  expect(sent).toHaveLength(numbers.length)
  expect(new Set(answers.map(({ response }) => response.requestId)).size).toBe(numbers.length)
})

it('an adapter that breaks on its answers ends its own calls alone, and not the process', async () => {
  await using emulator = await startEmulator({ pace: 'instant' })
  emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status: 400, times: numbers.length })
  const broken = {
    ...gigachat(emulator.gigachat),
    toError: () => {
      throw new Error('the adapter is broken')
    },
  }
  await using client = createClient({
    providers: [broken, yandexgpt(emulator.yandexgpt)],
    network: emulator.network,
    limits,
    retries: 0,
  })
  const ask = (model: string): Promise<string> =>
    client.generateText({ model, prompt: 'Привет' }).then(
      ({ text }) => text,
      (error: unknown) => String(error),
    )
  const outcomes = await Promise.all(numbers.map((number) => ask(number % 2 === 0 ? giga : 'yandexgpt/yandexgpt-5.1')))
  const failed = outcomes.filter((outcome) => outcome === 'Error: the adapter is broken')
  expect(failed).toHaveLength(numbers.length / 2)
  expect(outcomes.filter((outcome) => outcome.includes('Error'))).toEqual(failed)
})
