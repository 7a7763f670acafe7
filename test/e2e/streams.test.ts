import { StreamInterruptedError, TimeoutError } from '@shlyuz/core'
import { expect, it } from 'vitest'
import { caught, collect, giga, startGigachat } from './support.ts'

it('gives the same text streamed and whole', async () => {
  await using world = await startGigachat()
  const options = { model: giga, prompt: 'Расскажи о Байкале подробно' }
  const whole = await world.client.generateText(options)
  const stream = world.client.streamText(options)
  expect(await collect(stream)).toBe(whole.text)
  expect(await stream.result).toMatchObject({ text: whole.text, finishReason: 'stop' })
})

it('survives an answer whose every byte is a segment of its own', async () => {
  await using world = await startGigachat()
  world.emulator.script({ service: 'gigachat', text: ['Привет', ', мир 🌍', '!'] })
  world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'split', bytes: 1 })
  expect(await collect(world.client.streamText({ model: giga, prompt: 'Привет' }))).toBe('Привет, мир 🌍!')
})

it.each([
  { kind: 'truncate', pieces: 1 },
  { kind: 'reset', after: 'content', pieces: 1 },
  { kind: 'close', after: 'content', pieces: 1 },
  { kind: 'garbage', pieces: 1 },
] as const)('reports a cut after content ($kind) with what had come, and does not repeat it', async (fault) => {
  await using world = await startGigachat()
  world.emulator.script({ service: 'gigachat', text: ['начало', ' конец'] })
  world.emulator.fail({ service: 'gigachat', operation: 'chat', ...fault })
  const stream = world.client.streamText({ model: giga, prompt: 'Привет' })
  const error = await caught(collect(stream))
  expect(StreamInterruptedError.isInstance(error)).toBe(true)
  expect((error as StreamInterruptedError).partial.text).toBe('начало')
  expect(await caught(stream.result)).toBe(error)
  expect(world.emulator.requests.filter(({ operation }) => operation === 'chat')).toHaveLength(1)
})

it('repeats what broke before the first content', async () => {
  await using world = await startGigachat()
  world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'reset', after: 'headers' })
  const stream = world.client.streamText({ model: giga, prompt: 'Привет' })
  await collect(stream)
  const { attempts } = await stream.result
  expect(attempts.map(({ error }) => error?.name)).toEqual(['StreamInterruptedError', undefined])
})

it('stops a silent stream by its own limit, with the part that came', async () => {
  await using world = await startGigachat({}, { timeout: { idleMs: 300 } })
  world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'stall', after: 'content', pieces: 1 })
  const error = await caught(collect(world.client.streamText({ model: giga, prompt: 'Привет' })))
  expect(error).toMatchObject({ name: 'StreamInterruptedError', cause: { name: 'TimeoutError', phase: 'idle' } })
})

it('stops an answer that never begins', async () => {
  await using world = await startGigachat({}, { timeout: { headersMs: 300 }, retries: 0 })
  world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'stall', after: 'request' })
  const error = await caught(world.client.generateText({ model: giga, prompt: 'Привет' }))
  expect(TimeoutError.isInstance(error)).toBe(true)
  expect(error).toMatchObject({ phase: 'headers', limitMs: 300 })
})

it('one deadline rules retries and waits', async () => {
  await using world = await startGigachat()
  world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'stall', after: 'request', times: 9 })
  const error = await caught(world.client.generateText({ model: giga, prompt: 'Привет', timeout: { totalMs: 400 } }))
  expect(error).toMatchObject({ name: 'TimeoutError', phase: 'total' })
})

it('an abort rejects with the reason itself and leaves no listener', async () => {
  await using world = await startGigachat()
  world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'stall', after: 'content' })
  const controller = new AbortController()
  const reason = { mine: true }
  let listeners = 0
  const { addEventListener, removeEventListener } = controller.signal
  controller.signal.addEventListener = (...input: Parameters<typeof addEventListener>) => {
    listeners++
    addEventListener.apply(controller.signal, input)
  }
  controller.signal.removeEventListener = (...input: Parameters<typeof removeEventListener>) => {
    listeners--
    removeEventListener.apply(controller.signal, input)
  }
  const stream = world.client.streamText({ model: giga, prompt: 'Привет', signal: controller.signal })
  for await (const _part of stream) break
  const other = world.client.generateText({ model: giga, prompt: 'Привет', signal: controller.signal })
  controller.abort(reason)
  expect(await caught(other)).toBe(reason)
  expect(listeners).toBe(0)
})

it('leaving the loop closes the socket and rejects the result', async () => {
  await using world = await startGigachat()
  world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'stall', after: 'content' })
  const stream = world.client.streamText({ model: giga, prompt: 'Привет' })
  for await (const _part of stream) break
  expect(await caught(stream.result)).toMatchObject({ name: 'AbortError' })
  await expect.poll(() => world.emulator.requests.at(-1)?.closedByClient).toBe(true)
})

it('is read once', async () => {
  await using world = await startGigachat()
  const stream = world.client.streamText({ model: giga, prompt: 'Привет' })
  await collect(stream)
  expect(await caught(collect.bind(undefined, stream))).toMatchObject({ code: 'stream.consumed' })
})

it('the result alone drains the stream', async () => {
  await using world = await startGigachat()
  const pieces = Array.from({ length: 3_000 }, (_, index) => `кусок ${index} `)
  world.emulator.script({ service: 'gigachat', text: pieces })
  const { text } = await world.client.streamText({ model: giga, prompt: 'Много' }).result
  expect(text).toBe(pieces.join(''))
})

it('waits for a slow reader and loses nothing', async () => {
  await using world = await startGigachat()
  const pieces = Array.from({ length: 3_000 }, (_, index) => `кусок ${index} `)
  world.emulator.script({ service: 'gigachat', text: pieces })
  const stream = world.client.streamText({ model: giga, prompt: 'Много' })
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(await collect(stream)).toBe(pieces.join(''))
})

it('cuts at stop strings, also across pieces, and closes the socket', async () => {
  await using world = await startGigachat()
  world.emulator.script({ service: 'gigachat', text: ['раз два С', 'ТОП три'], times: 2 })
  const options = { model: giga, prompt: 'Считай', stop: 'СТОП' }
  expect(await collect(world.client.streamText(options))).toBe('раз два ')
  expect((await world.client.generateText(options)).text).toBe('раз два ')
})

it('an error nobody looks at is no unhandled rejection', async () => {
  await using world = await startGigachat()
  world.client.streamText({ model: 'nobody/nothing', prompt: 'Привет' })
  await new Promise((resolve) => setTimeout(resolve, 50))
})
