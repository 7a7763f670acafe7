import { definePolicy } from '@shlyuz/core'
import { describe, expect, test } from 'vitest'
import { startBoth } from './both.ts'
import { caught } from './support.ts'

describe.each([
  ['gigachat/GigaChat-2-Max', 'not stated', []],
  ['yandexgpt/yandex-art', 'cannot be switched off', ['provider-logging']],
] as const)('an image of %s', (model, providerLogging, warnings) => {
  test('is a JPEG, and the receipt says what becomes of the prompt', async () => {
    await using world = await startBoth()
    const seen: number[] = []
    const image = await world.client.generateImage({ model, prompt: 'кот', onProgress: (one) => seen.push(one) })
    expect([...image.bytes.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff])
    expect(image.mediaType).toBe('image/jpeg')
    expect(image.policy).toMatchObject({ verdict: 'allow', providerLogging })
    expect(image.warnings.map(({ code }) => code)).toEqual(warnings)
    expect(seen.at(-1)).toBe(1)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  })

  test('is refused by a policy that wants no prompt stored, before any byte', async () => {
    await using world = await startBoth()
    const policy = definePolicy({ name: 'no-logs', providerLogging: ['off'] })
    const error = await caught(world.client.generateImage({ model, prompt: 'кот', policy }))
    expect(error).toMatchObject({ name: 'PolicyDeniedError', code: 'data.provider_logging' })
    expect(world.emulator.requests).toEqual([])
  })
})
