import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAiCall } from '../../../test-support/open-ai-call.ts'
import { startEmulator, type Emulator } from '../../start-emulator.ts'

const model = 'art://b1gemulator000000000/aliceai-image-art-3.0'

let emulator: Emulator
beforeAll(async () => {
  emulator = await startEmulator({ pace: 'instant' })
})
afterAll(() => emulator.close())

const send = (change: object = {}) =>
  openAiCall(emulator, { path: '/images/generations', body: { model, prompt: 'зимний лес, акварель', ...change } })

/** Width and height from the frame header of a JPEG. */
function readSize(jpeg: Buffer): number[] {
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]))
  return [jpeg.readUInt16BE(frame + 7), jpeg.readUInt16BE(frame + 5)]
}

describe('an image', () => {
  it.each([
    [undefined, 1024, 1024],
    ['1024x1024', 1024, 1024],
    ['1024x1536', 1024, 1536],
  ])('of size %s is a JPEG in Base64 of %s by %s', async (size, width, height) => {
    const answer = await send({ size })
    expect(answer.status).toBe(200)
    const body = JSON.parse(answer.text)
    expect(body).toEqual({ data: [{ b64_json: expect.any(String) }] })
    const jpeg = Buffer.from(body.data[0].b64_json, 'base64')
    expect(jpeg.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]))
    expect(readSize(jpeg)).toEqual([width, height])
    expect(emulator.requests.at(-1)).toMatchObject({ operation: 'images', status: 200 })
  })

  it.each<[string, object, string]>([
    ['no prompt', { prompt: '' }, 'prompt must not be empty'],
    ['a long prompt', { prompt: 'а'.repeat(501) }, 'prompt must be no longer than 500 characters'],
    ['a size that is none', { size: 'big' }, 'invalid value for field size'],
    ['a huge size', { size: '9000x9000' }, 'invalid value for field size'],
    ['an address instead of Base64', { response_format: 'url' }, 'invalid value for field response_format'],
    ['the older model', { model: 'art://b1gemulator000000000/yandex-art/latest' }, 'Failed to get model'],
    ['a bare model name', { model: 'aliceai-image-art-3.0' }, 'Failed to parse model URI'],
  ])('is refused for %s', async (_, change, message) => {
    const answer = await send(change)
    expect([answer.status, JSON.parse(answer.text)]).toEqual([400, { error: { message } }])
  })
})
