import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it, vi } from 'vitest'
import { giga, startGigachat } from './support.ts'

afterEach(() => void vi.restoreAllMocks())

const ask = { model: giga, prompt: 'Привет' } as const

it('a connection is kept for the next call, and replaced after five minutes: DNS is judged anew', async () => {
  await using world = await startGigachat()
  const { client, emulator } = world
  const opened = (): number => emulator.connections.filter(({ origin }) => origin === 'https://api.giga.chat').length
  const call = async (): Promise<void> => {
    await client.generateText(ask)
    // A connection is free one turn after its answer.
    await sleep(5)
  }
  await call()
  await call()
  expect(opened()).toBe(1)
  const now = performance.now.bind(performance)
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 300_001)
  // The deadlines, too, live by this clock from their next tick on: a call that began before it would seem late.
  await sleep(250)
  await call()
  await call()
  expect(opened()).toBe(2)
  clock.mockRestore()
  await client.close()
  // The one whose time was over, too.
  await expect.poll(() => emulator.connections.some(({ isOpen }) => isOpen)).toBe(false)
})

it('the headers of an answer are a plain object', async () => {
  await using world = await startGigachat()
  const { response } = await world.client.generateText(ask)
  expect(Object.getPrototypeOf(response.headers)).toBe(Object.prototype)
})
