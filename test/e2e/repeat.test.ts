import { createClient, type Effect, type Operation, type Provider, type TextResult } from '@shlyuz/core'
import { startEmulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { expect, it } from 'vitest'
import { caught, giga } from './support.ts'

/** The same provider, its chat marked as not to be repeated. */
function unsafe(provider: Provider): Provider {
  function* mark(operation: Operation<TextResult>): Operation<TextResult> {
    let step = operation.next()
    while (!step.done) {
      const effect: Effect = step.value
      const reply: unknown = yield 'request' in effect
        ? { ...effect, request: { ...effect.request, repeat: 'unsafe' } }
        : effect
      step = operation.next(reply)
    }
    return step.value
  }
  return { ...provider, text: (call, model) => mark(provider.text(call, model)) }
}

it.each([
  ['safe', 'request', 2],
  ['unsafe', 'request', 1],
  ['unsafe', 'connect', 1],
] as const)('a %s exchange that breaks after %s is sent %i time(s)', async (kind, after, times) => {
  await using emulator = await startEmulator({ pace: 'instant' })
  const provider = gigachat(emulator.gigachat)
  await using client = createClient({
    providers: [kind === 'safe' ? provider : unsafe(provider)],
    network: emulator.network,
    retries: 1,
  })
  emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'reset', after })
  const outcome = await client.generateText({ model: giga, prompt: 'Привет' }).catch((error: unknown) => error)
  // A connection that broke before the request was written harms nobody: it is tried again.
  if (kind === 'unsafe' && after === 'request') expect(outcome).toMatchObject({ name: 'ConnectionError' })
  else expect(outcome).toHaveProperty('text')
  expect(emulator.requests.filter(({ operation }) => operation === 'chat')).toHaveLength(times)
})

it('a service that asks for a longer wait than a minute is not waited for', async () => {
  await using emulator = await startEmulator({ pace: 'instant' })
  await using client = createClient({ providers: [gigachat(emulator.gigachat)], network: emulator.network })
  emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'rate-limited', retryAfter: 61 })
  const error = await caught(client.generateText({ model: giga, prompt: 'Привет' }))
  expect(error).toMatchObject({ name: 'RateLimitError', retryAfterMs: 61_000, isRetryable: true })
})

it('a shorter one is waited for', async () => {
  await using emulator = await startEmulator({ pace: 'instant' })
  await using client = createClient({ providers: [gigachat(emulator.gigachat)], network: emulator.network })
  emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'rate-limited', retryAfter: 1 })
  const started = performance.now()
  await client.generateText({ model: giga, prompt: 'Привет' })
  expect(performance.now() - started).toBeGreaterThanOrEqual(1_000)
})
