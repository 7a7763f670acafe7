import { describe, expect, test } from 'vitest'
import { caught } from '../e2e/support.ts'
import { startProbe } from './probe.ts'
import { eventually } from './service.ts'

type Extras = Record<string, (input?: unknown, options?: unknown) => Promise<unknown>>

describe('an operation that tidies up after itself', () => {
  test.each([200, 500])('does so after an abort, and its %s never hides the reason', async (status) => {
    await using world = await startProbe(({ path }) => (path === '/slow' ? new Promise(() => {}) : { status }))
    const { guarded } = world.client.provider('probe') as unknown as Extras
    const controller = new AbortController()
    const work = guarded?.(undefined, { signal: controller.signal }) as Promise<unknown>
    await eventually(() => world.service.requests.length === 1, 'it is under way')
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await caught(work)).toBe(reason)
    expect(world.service.requests.map(({ path }) => path)).toEqual(['/slow', '/tidy'])
  })

  test('has a few seconds for it, and no more', async () => {
    await using world = await startProbe(() => new Promise(() => {}))
    const { guarded } = world.client.provider('probe') as unknown as Extras
    const controller = new AbortController()
    const work = guarded?.(undefined, { signal: controller.signal }) as Promise<unknown>
    await eventually(() => world.service.requests.length === 1, 'it is under way')
    const reason = new Error('enough')
    const start = performance.now()
    controller.abort(reason)
    expect(await caught(work)).toBe(reason)
    expect(performance.now() - start).toBeLessThan(7_000)
    await eventually(() => world.service.connections === 0, 'all connections are closed')
  })
})
