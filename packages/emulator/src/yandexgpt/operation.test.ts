import { afterEach, describe, expect, it } from 'vitest'
import { call } from '../../test-support/call.ts'
import { nativeServices, type NativeServices } from '../../test-support/native-services.ts'
import { blockedPhrase } from '../answers/compose-answer.ts'
import { startEmulator, type Emulator } from '../start-emulator.ts'

const origins = {
  operation: 'https://operation.api.cloud.yandex.net',
  llm: 'https://llm.api.cloud.yandex.net',
} as const

const completionOf = ({ folder }: NativeServices, change: object = {}): object => ({
  modelUri: `gpt://${folder}/yandexgpt-5.1`,
  messages: [{ role: 'user', text: 'Привет' }],
  ...change,
})
const imageOf = ({ folder }: NativeServices, change: object = {}): object => ({
  modelUri: `art://${folder}/yandex-art/latest`,
  messages: [{ text: 'зимний лес, акварель', weight: 1 }],
  ...change,
})

/** Begins an operation. @returns its id */
const begin = async (services: NativeServices, method: string, body: object): Promise<string> => {
  const response = await services.post(method, body)
  expect(response.status).toBe(200)
  const { id } = await response.json()
  return id
}

/** Looks until the operation is done, at most ten times. */
const finish = async (services: NativeServices, id: string) => {
  for (let looks = 0; looks < 10; looks++) {
    const operation = await (await services.look(id)).json()
    if (operation.done) return operation
  }
  return expect.unreachable('the operation should be done')
}

let emulator: Emulator | undefined
afterEach(() => emulator?.close())

describe('YandexGPT asynchronous completion', () => {
  it('gives an operation that is done after two looks, its response without result around it', async () => {
    const services = nativeServices()
    const response = await services.post('completionAsync', completionOf(services))
    expect(response.status).toBe(200)
    const begun = await response.json()
    expect(begun).toEqual({
      id: expect.stringMatching(/^d7q[a-z0-9]{17}$/),
      description: 'Async GPT Completion',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      createdBy: services.state.credentials.yandexgpt.serviceAccountId,
      modifiedAt: begun.createdAt,
      done: false,
      metadata: null,
    })
    expect(await (await services.look(begun.id)).json()).toEqual(begun)
    expect(await (await services.look(begun.id)).json()).toEqual(begun)
    const done = await (await services.look(begun.id)).json()
    const { result } = await (await services.complete()).json()
    expect(done).toEqual({
      ...begun,
      modifiedAt: expect.any(String),
      done: true,
      response: {
        '@type': 'type.googleapis.com/yandex.cloud.ai.foundation_models.v1.CompletionResponse',
        ...result,
      },
    })
    expect(await (await services.look(begun.id)).json()).toEqual(done)
  })

  it('is done after as many looks as the option says, on either host', async () => {
    const services = nativeServices({ operationPolls: 1 })
    const id = await begin(services, 'completionAsync', completionOf(services))
    expect((await (await services.look(id, origins.llm)).json()).done).toBe(false)
    expect((await (await services.look(id, origins.operation)).json()).done).toBe(true)
  })

  it('carries calls with doubles, scripted answers and the content filter as the synchronous one does', async () => {
    const services = nativeServices()
    services.state.scripts.add({ service: 'yandexgpt', toolCalls: [{ name: 'f', arguments: { n: 5 } }] })
    const calling = await begin(services, 'completionAsync', completionOf(services))
    await services.look(calling)
    await services.look(calling)
    expect(await (await services.look(calling)).text()).toContain('"arguments":{"n": 5.0}')
    const messages = [{ role: 'user', text: blockedPhrase }]
    const filtered = await begin(services, 'completionAsync', completionOf(services, { messages }))
    expect((await finish(services, filtered)).response).toMatchObject({
      alternatives: [{ status: 'ALTERNATIVE_STATUS_CONTENT_FILTER' }],
      usage: { totalTokens: '0' },
      modelVersion: '',
    })
  })

  it('takes none of the concurrent generations', async () => {
    const services = nativeServices({ concurrentGenerations: 1 })
    const open = await services.complete({ completionOptions: { stream: true } })
    expect((await services.complete()).status).toBe(429)
    await begin(services, 'completionAsync', completionOf(services))
    await open.body?.cancel()
  })

  it('fails as a script says, once, and keeps the script of the answer for the next one', async () => {
    const services = nativeServices()
    services.state.scripts.add({ service: 'yandexgpt', text: 'Готово.' })
    services.state.scripts.add({ service: 'yandexgpt', operationError: { code: 13, message: 'Internal error' } })
    const failed = await finish(services, await begin(services, 'completionAsync', completionOf(services)))
    expect(failed).toMatchObject({ done: true, error: { code: 13, message: 'Internal error', details: [] } })
    expect(failed).not.toHaveProperty('response')
    const done = await finish(services, await begin(services, 'completionAsync', completionOf(services)))
    expect(done.response.alternatives[0].message.text).toBe('Готово.')
    expect(done).not.toHaveProperty('error')
  })

  it.each<[string, object, number, string]>([
    ['a stream', { completionOptions: { stream: true } }, 400, 'stream is not supported by asynchronous completion'],
    ['an unknown model', { modelUri: 'gpt://b1gemulator000000000/qwen3-235b-a22b-fp8' }, 400, 'Failed to get model'],
    ['empty text', { messages: [{ role: 'user', text: '' }] }, 400, 'empty message text'],
  ])('refuses %s at once', async (_, change, status, message) => {
    const services = nativeServices()
    const response = await services.post('completionAsync', completionOf(services, change))
    expect(response.status).toBe(status)
    expect((await response.json()).error).toMatchObject({ grpcCode: 3, message })
  })
})

describe('YandexGPT operations', () => {
  it('are cancelled by GET, end in code 1, and stay so', async () => {
    const services = nativeServices()
    const id = await begin(services, 'completionAsync', completionOf(services))
    const cancelled = await (await services.look(`${id}:cancel`)).json()
    expect(cancelled).toMatchObject({
      id,
      done: true,
      error: { code: 1, message: 'Operation was cancelled', details: [] },
    })
    expect(await (await services.look(id)).json()).toEqual(cancelled)
  })

  it('keep their response when they are cancelled too late', async () => {
    const services = nativeServices()
    const id = await begin(services, 'completionAsync', completionOf(services))
    const done = await finish(services, id)
    expect(await (await services.look(`${id}:cancel`)).json()).toEqual(done)
  })

  it.each(['d7q00000000000000000', 'd7q00000000000000000:cancel'])(
    'are 404 in the form of the cloud: %s',
    async (id) => {
      const response = await nativeServices().look(id)
      expect(response.status).toBe(404)
      expect(await response.json()).toEqual({
        code: 5,
        message: 'Operation not found',
        details: [{ '@type': 'type.googleapis.com/google.rpc.RequestInfo', requestId: expect.any(String) }],
      })
    },
  )

  it('need a credential, and no folder from a person', async () => {
    const services = nativeServices()
    const id = await begin(services, 'completionAsync', completionOf(services))
    const url = `${origins.operation}/operations/${id}`
    const without = await services.send(url, { method: 'GET' })
    expect(without.status).toBe(401)
    expect(await without.json()).toMatchObject({
      code: 16,
      message: 'IAM token or API key has to be passed in request',
    })
    const authorization = `Bearer ${services.state.credentials.yandexgpt.userIamToken}`
    expect((await services.send(url, { method: 'GET', headers: { authorization } })).status).toBe(200)
  })

  it('are recorded, and hit by faults of their own', async () => {
    const services = nativeServices()
    const id = await begin(services, 'completionAsync', completionOf(services))
    services.state.faults.add({ service: 'yandexgpt', operation: 'operation', kind: 'status', status: 503 })
    const failed = await services.look(id)
    expect([failed.status, (await failed.json()).code]).toEqual([503, 14])
    expect((await services.look(id)).status).toBe(200)
    expect(services.state.requests.map(({ operation, path }) => `${operation} ${path}`)).toEqual([
      'submit /foundationModels/v1/completionAsync',
      `operation /operations/${id}`,
      `operation /operations/${id}`,
    ])
  })

  it('are forgotten by a reset', async () => {
    const services = nativeServices()
    const id = await begin(services, 'completionAsync', completionOf(services))
    services.state.yandexgpt.reset()
    expect((await services.look(id)).status).toBe(404)
  })

  it('work over sockets, cancelling too', async () => {
    emulator = await startEmulator({ pace: 'instant' })
    const { apiKey, folderId } = emulator.yandexgpt
    const headers = { authorization: `Api-Key ${apiKey}`, 'content-type': 'application/json' }
    const begun = await call(emulator, {
      origin: origins.llm,
      path: '/foundationModels/v1/completionAsync',
      headers,
      body: JSON.stringify({
        model_uri: `gpt://${folderId}/yandexgpt-5-lite`,
        messages: [{ role: 'user', text: 'Привет' }],
      }),
    })
    const { id } = JSON.parse(begun.text)
    const get = async (path: string) => {
      const answer = await call(emulator as Emulator, { origin: origins.operation, path, method: 'GET', headers })
      return { status: answer.status, body: JSON.parse(answer.text) }
    }
    expect(await get(`/operations/${id}`)).toMatchObject({ status: 200, body: { id, done: false } })
    expect(await get(`/operations/${id}:cancel`)).toMatchObject({
      status: 200,
      body: { done: true, error: { code: 1 } },
    })
    expect(emulator.requests[0]?.headers['authorization']).toBe(`Api-Key ${apiKey}`)
  })
})

describe('YandexGPT images', () => {
  const sizeOf = (image: string) => {
    const bytes = Buffer.from(image, 'base64')
    const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]))
    expect([...bytes.subarray(0, 2)]).toEqual([0xff, 0xd8])
    return { width: bytes.readUInt16BE(frame + 7), height: bytes.readUInt16BE(frame + 5) }
  }

  it('come by an operation without times, as a JPEG in Base64', async () => {
    const services = nativeServices()
    const response = await services.post('imageGenerationAsync', imageOf(services))
    const begun = await response.json()
    expect(begun).toEqual({
      id: expect.stringMatching(/^fbv[a-z0-9]{17}$/),
      description: '',
      createdAt: null,
      createdBy: '',
      modifiedAt: null,
      done: false,
      metadata: null,
    })
    expect(await (await services.look(begun.id, origins.llm)).json()).toEqual(begun)
    const done = await finish(services, begun.id)
    expect(done).toEqual({
      ...begun,
      done: true,
      response: {
        '@type': 'type.googleapis.com/yandex.cloud.ai.foundation_models.v1.image_generation.ImageGenerationResponse',
        image: expect.stringMatching(/^\/9j\//),
        modelVersion: '',
      },
    })
    expect(sizeOf(done.response.image)).toEqual({ width: 1024, height: 1024 })
    expect(services.state.requests[0]).toMatchObject({ operation: 'images' })
  })

  it('keep a megapixel in the shape asked for, ratios as strings or numbers', async () => {
    const services = nativeServices()
    const size = async (aspectRatio: object) => {
      const body = imageOf(services, { generationOptions: { mimeType: 'image/jpeg', aspectRatio } })
      return sizeOf((await finish(services, await begin(services, 'imageGenerationAsync', body))).response.image)
    }
    expect(await size({ widthRatio: '2', heightRatio: '1' })).toEqual({ width: 1456, height: 720 })
    expect(await size({ width_ratio: 3, height_ratio: 4 })).toEqual({ width: 880, height: 1184 })
  })

  it('change with the prompt and the seed, and with nothing else', async () => {
    const services = nativeServices()
    const draw = async (change: object): Promise<string> =>
      (await finish(services, await begin(services, 'imageGenerationAsync', imageOf(services, change)))).response.image
    const usual = await draw({})
    expect(await draw({ generationOptions: { seed: '0' } })).toBe(usual)
    expect(await draw({ generationOptions: { seed: '1863' } })).not.toBe(usual)
    expect(await draw({ messages: [{ text: 'летнее море' }] })).not.toBe(usual)
  })

  it('fail in the operation when the filter refuses the prompt', async () => {
    const services = nativeServices()
    const body = imageOf(services, { messages: [{ text: `Картина: ${blockedPhrase}` }] })
    const failed = await finish(services, await begin(services, 'imageGenerationAsync', body))
    expect(failed).toMatchObject({ error: { code: 3, message: expect.stringContaining('terms of use') } })
    expect(failed).not.toHaveProperty('response')
  })

  it.each<[string, object, string]>([
    ['another format', { generationOptions: { mimeType: 'image/png' } }, 'unsupported mime_type: image/png'],
    [
      'a prompt of 501 characters',
      { messages: [{ text: 'я'.repeat(501) }] },
      'messages[0].text must be no longer than 500 characters',
    ],
    ['an empty prompt', { messages: [{ text: ' ' }] }, 'empty message text'],
    ['no prompt', { messages: [] }, 'messages must not be empty'],
    [
      'a flat shape',
      { generationOptions: { aspectRatio: { widthRatio: '0', heightRatio: '1' } } },
      'the aspect ratio must be greater than 0',
    ],
    [
      'a seed that is no number',
      { generationOptions: { seed: 'семь' } },
      'invalid value for field generationOptions.seed',
    ],
    ['a model of text', { modelUri: 'gpt://b1gemulator000000000/yandex-art' }, 'Failed to get model'],
    [
      'a model of the other API',
      { modelUri: 'art://b1gemulator000000000/aliceai-image-art-3.0' },
      'Failed to get model',
    ],
  ])('are refused for %s', async (_, change, message) => {
    const services = nativeServices()
    const response = await services.post('imageGenerationAsync', imageOf(services, change))
    expect(response.status).toBe(400)
    expect((await response.json()).error).toMatchObject({ grpcCode: 3, httpCode: 400, message })
  })

  it('may have a prompt of 500 characters', async () => {
    const services = nativeServices()
    await begin(services, 'imageGenerationAsync', imageOf(services, { messages: [{ text: '😀'.repeat(500) }] }))
  })
})
