import {
  ConfigurationError,
  definePolicy,
  PolicyDeniedError,
  ProtocolError,
  UnsupportedFeatureError,
} from '@shlyuz/core'
import { describe, expect, test } from 'vitest'
import { caught } from '../e2e/support.ts'
import { document, receiptOf, startProbe } from './probe.ts'
import { eventually, type Handler } from './service.ts'

const jpeg = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3])
const model = 'probe/painter'

/** Ready at the second look. */
function paint(): Handler {
  let looks = 0
  return ({ path }) => {
    if (path === '/image') return { json: { job: 'i1' } }
    if (path === '/image/i1') return { json: ++looks === 2 ? { ready: true, file: 'f1' } : { ready: false } }
    return { bytes: jpeg }
  }
}

describe('generateImage', () => {
  test('waits for the image, tells how far it is, and gives bytes with their proof', async () => {
    await using world = await startProbe(paint(), { imageLogging: 'cannot be switched off' })
    const seen: number[] = []
    const result = await world.client.generateImage({
      model,
      prompt: 'кот',
      instructions: 'акварель',
      seed: 7,
      aspectRatio: '16:9',
      onProgress: (progress) => seen.push(progress),
    })
    expect(result).toEqual({
      bytes: jpeg,
      mediaType: 'image/jpeg',
      usage: {},
      model: { provider: 'probe', id: 'painter' },
      policy: expect.objectContaining({
        ...(receiptOf('painter') as object),
        providerLogging: 'cannot be switched off',
        answeredBy: 'not stated',
      }),
      warnings: [
        { code: 'provider-logging', message: 'probe stores the prompts of images, and that cannot be switched off' },
      ],
      attempts: Array.from({ length: 4 }, () => expect.objectContaining({ provider: 'probe', model: 'painter' })),
    })
    expect(seen).toEqual([0.25, 0.5, 1])
    const { requests } = world.service
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /image', 'GET /image/i1', 'GET /image/i1', 'GET /files/f1',
    ]) // oxfmt-ignore
    expect(requests[0]?.json).toEqual({
      model: 'painter', prompt: 'кот', instructions: 'акварель', seed: 7, aspectRatio: '16:9',
    }) // oxfmt-ignore
  })

  test('a policy that wants no storing of prompts refuses images, and text goes on', async () => {
    const policy = definePolicy({ ...document, providerLogging: ['off'] })
    const chat: Handler = () => ({ json: { text: 'да' } })
    await using world = await startProbe(chat, { imageLogging: 'cannot be switched off' }, { policy })
    const error = await caught(world.client.generateImage({ model, prompt: 'кот' }))
    expect(error).toBeInstanceOf(PolicyDeniedError)
    expect((error as PolicyDeniedError).code).toBe('data.provider_logging')
    expect((error as PolicyDeniedError).policy).toMatchObject({
      verdict: 'deny',
      code: 'data.provider_logging',
      providerLogging: 'cannot be switched off',
    })
    expect((await world.client.generateText({ model: 'probe/chat', prompt: 'а' })).text).toBe('да')
    expect(world.service.requests.map(({ path }) => path)).toEqual(['/chat'])
  })

  test('a policy of the request narrows the same way, and one that lists it lets it pass', async () => {
    await using world = await startProbe(paint(), { imageLogging: 'cannot be switched off' })
    const narrow = definePolicy({ name: 'no-logs', providerLogging: ['off', 'not stated'] })
    const error = await caught(world.client.generateImage({ model, prompt: 'кот', policy: narrow }))
    expect((error as PolicyDeniedError).code).toBe('data.provider_logging')
    const wide = definePolicy({ name: 'logs', providerLogging: ['cannot be switched off'] })
    expect((await world.client.generateImage({ model, prompt: 'кот', policy: wide })).bytes).toEqual(jpeg)
  })

  test('where prompts of images are not stored there is no warning', async () => {
    await using world = await startProbe(paint())
    const { warnings, policy } = await world.client.generateImage({ model, prompt: 'кот' })
    expect({ warnings, providerLogging: policy.providerLogging }).toEqual({ warnings: [], providerLogging: 'off' })
  })

  test('an abort in the middle of waiting ends at once, by its own reason', async () => {
    await using world = await startProbe((request) =>
      request.path === '/image' ? { json: { job: 'i1' } } : new Promise(() => {}),
    )
    const controller = new AbortController()
    const work = world.client.generateImage({ model, prompt: 'кот', signal: controller.signal })
    await eventually(() => world.service.requests.length === 2, 'it looks')
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await caught(work)).toBe(reason)
    await eventually(() => world.service.connections === 0, 'the connection is closed')
  })

  test('an image without content is no image', async () => {
    await using world = await startProbe(({ path }) =>
      path === '/image'
        ? { json: { job: 'i' } }
        : path === '/image/i'
          ? { json: { ready: true, file: 'f' } }
          : { bytes: new Uint8Array() },
    )
    expect(await caught(world.client.generateImage({ model, prompt: 'кот' }))).toBeInstanceOf(ProtocolError)
  })

  test('the loss table speaks before anything is sent', async () => {
    await using world = await startProbe(paint(), {
      cells: { 'image-seed': { keep: 'refused', message: 'no seeds', hint: 'Уберите seed.' } },
    })
    expect(await caught(world.client.generateImage({ model, prompt: 'кот', seed: 1 }))).toBeInstanceOf(
      UnsupportedFeatureError,
    )
    await using bare = await startProbe(paint(), { without: ['image'] })
    expect(await caught(bare.client.generateImage({ model, prompt: 'кот' }))).toBeInstanceOf(UnsupportedFeatureError)
    expect(world.service.requests.length + bare.service.requests.length).toBe(0)
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['no prompt', { model }],
    ['an empty prompt', { model, prompt: ' ' }],
    ['instructions that are no text', { model, prompt: 'a', instructions: 1 }],
    ['half a seed', { model, prompt: 'a', seed: 0.5 }],
    ['a ratio in words', { model, prompt: 'a', aspectRatio: 'wide' }],
    ['a ratio of nothing', { model, prompt: 'a', aspectRatio: '0:1' }],
    ['a progress that is no function', { model, prompt: 'a', onProgress: 1 }],
    ['a size', { model, prompt: 'a', size: '1024x1024' }],
  ])('wrong options are refused: %s', async (_what, options) => {
    await using world = await startProbe(paint())
    expect(await caught(() => world.client.generateImage(options as never))).toBeInstanceOf(ConfigurationError)
    expect(world.service.requests).toEqual([])
  })
})
