import { ContentFilterError, ProtocolError, ServerError, UnsupportedFeatureError } from '@shlyuz/core'
import type { ImageAnswer, ImageCall, ModelRef, Operation, Reply, Shape, Warning, WireRequest } from '@shlyuz/core'
import { createYandexgptError } from './create-yandexgpt-error.ts'
import { formatModelUri } from './parse-yandexgpt-model.ts'
import { convertAnsweredModel, findYandexgptModel } from './yandexgpt-models.ts'
import { askOperation, startOperation } from './yandexgpt-operations.ts'
import type { YandexgptOptions } from './yandexgpt-options.ts'
import { createYandexgptHeaders, readFolder, type YandexgptCallSettings } from './yandexgpt-request.ts'
import { refuse } from './yandexgpt-settings.ts'

/** Characters of one message of YandexART. Source: documentation, "Limits". */
const promptLimit = 500

/** Between two looks at an image under way: the first, and the longest. An image takes 10 to 30 seconds. */
const firstPollMs = 1_000
const longestPollMs = 5_000

/** Looks before the service is held to have lost the image: over an hour. */
const pollLimit = 1_000

/** Sizes of the image model of Alice that were seen in use by third parties. */
const aliceSizes = ['1024x1024', '1024x1536', '1536x1024'] as const

/** An image: YandexART by an operation, the image model of Alice by the OpenAI-compatible API. */
export function generateImage(
  call: ImageCall,
  model: ModelRef,
  settings: YandexgptCallSettings,
): Operation<ImageAnswer> {
  const { catalogueId } = model
  const kind = model.wire?.['scheme'] === 'art' ? 'image' : findYandexgptModel(catalogueId)?.kind
  if (kind !== undefined && kind !== 'image') {
    throw new UnsupportedFeatureError(`${catalogueId} is a model of kind ${kind}; it makes no images`, {
      hint: 'Возьмите модель для картинок: yandexgpt/yandex-art или yandexgpt/aliceai-image-art-3.0.',
    })
  }
  return catalogueId.startsWith('aliceai-') ? askAlice(call, model, settings) : askYandexArt(call, model, settings)
}

/**
 * `POST /foundationModels/v1/imageGenerationAsync`, then `GET /operations/{id}` of the same host until it is done.
 * Instructions are a second message, of the same weight unless `imageWeights` says otherwise: the service reads all
 * messages as one description.
 * Source: documentation, "Generating an image with YandexART"; yandex/cloud/ai/foundation_models/v1/image_generation.
 */
function* askYandexArt(call: ImageCall, model: ModelRef, settings: YandexgptCallSettings): Operation<ImageAnswer> {
  const texts = call.instructions === undefined ? [call.prompt] : [call.prompt, call.instructions]
  checkLengths(texts)
  const folder = yield* readFolder(model, settings)
  const options = call.options as YandexgptOptions
  const { imageWeights: weights = {} } = options
  const body = {
    ...options.extraBody,
    modelUri: formatModelUri(model, folder, 'art'),
    generationOptions: {
      mimeType: 'image/jpeg',
      // int64 is a string in the JSON of protocol buffers.
      ...(call.seed !== undefined && { seed: String(call.seed) }),
      ...(call.aspectRatio !== undefined && { aspectRatio: convertRatio(call.aspectRatio) }),
    },
    messages: texts.map((text, at) => ({ text, weight: (at === 0 ? weights.prompt : weights.instructions) ?? 1 })),
  }
  let state = yield* startOperation({
    endpoint: 'api',
    operation: 'image',
    method: 'POST',
    path: '/foundationModels/v1/imageGenerationAsync',
    headers: yield* createYandexgptHeaders(settings, folder, options),
    body: JSON.stringify(body),
    accept: ['application/json'],
  })
  let waitedMs = 0
  for (let poll = 0; state.status === 'running' && poll < pollLimit; poll++) {
    const ms = Math.min(firstPollMs * 1.5 ** poll, longestPollMs)
    // The service tells no progress: this creeps up to 1 and is half-way after ten seconds.
    yield { do: 'wait', ms, progress: waitedMs / (waitedMs + 10_000) }
    waitedMs += ms
    state = yield* askOperation(state.id, 'api', 'image')
  }
  if (state.status === 'failed') throw createYandexgptError(state.failure)
  if (state.status !== 'done') {
    throw new ServerError(`the image was ${state.status === 'cancelled' ? 'cancelled' : 'not made in an hour'}`, {
      hint: 'Картинка не готова: повторите запрос позже.',
    })
  }
  const { image, modelVersion } = state.response
  const modelId = convertAnsweredModel(typeof modelVersion === 'string' ? modelVersion : undefined, model)
  return { ...decodeImage(image), ...(modelId !== undefined && { modelId }) }
}

/** Of the answer of `POST /v1/images/generations`, as third parties report it. */
const generationsShape: Shape = (z) =>
  z.looseObject({ data: z.array(z.looseObject({ b64_json: z.string().nullish() })).optional() })

/**
 * `POST /v1/images/generations`, in one piece. There is no seed; the nearest known size is taken; instructions
 * follow the prompt after an empty line. Known from third parties alone, so other fields go under `extraBody`.
 */
function* askAlice(call: ImageCall, model: ModelRef, settings: YandexgptCallSettings): Operation<ImageAnswer> {
  const folder = yield* readFolder(model, settings)
  const options = call.options as YandexgptOptions
  const { prompt, instructions, aspectRatio } = call
  const body = {
    size: aspectRatio === undefined ? aliceSizes[0] : nearestSize(aspectRatio),
    ...options.extraBody,
    model: formatModelUri(model, folder, 'art'),
    prompt: instructions === undefined ? prompt : `${prompt}\n\n${instructions}`,
  }
  const request: WireRequest = {
    endpoint: 'openai',
    operation: 'image',
    method: 'POST',
    path: '/images/generations',
    headers: yield* createYandexgptHeaders(settings, folder, options),
    body: JSON.stringify(body),
    repeat: 'safe',
    accept: ['application/json'],
  }
  const reply = (yield { do: 'exchange', request, read: 'json', shape: generationsShape }) as Reply
  const { data = [] } = reply.body as { readonly data?: readonly { readonly b64_json?: unknown }[] }
  if (data.length === 0) {
    throw new ContentFilterError('the service answered without an image', {
      hint: 'Сервис не вернул картинку: обычно так отвечает фильтр. Перефразируйте запрос.',
    })
  }
  return { ...decodeImage(data[0]?.b64_json), ...(options.imageWeights && { warnings: [weightsIgnored] }) }
}

const weightsIgnored: Warning = {
  code: 'setting-ignored',
  setting: 'providerOptions.yandexgpt.imageWeights',
  message: 'imageWeights were not sent: the image model of Alice takes one text',
}

function checkLengths(texts: readonly string[]): void {
  for (const [at, text] of texts.entries()) {
    const { length } = [...text]
    if (length <= promptLimit) continue
    const name = at === 0 ? 'prompt' : 'instructions'
    throw new UnsupportedFeatureError(`YandexART takes up to ${promptLimit} characters; ${name} has ${length}`, {
      hint: `Сократите ${name} до ${promptLimit} знаков: сейчас ${length}.`,
    })
  }
}

function convertRatio(ratio: string): { readonly widthRatio: string; readonly heightRatio: string } {
  const { width, height } = parseRatio(ratio)
  return { widthRatio: String(width), heightRatio: String(height) }
}

function parseRatio(ratio: string): { readonly width: number; readonly height: number } {
  const [, width, height] = /^([1-9]\d{0,3}):([1-9]\d{0,3})$/.exec(ratio) ?? []
  if (width !== undefined && height !== undefined) return { width: Number(width), height: Number(height) }
  return refuse('aspectRatio must be width:height in whole numbers', "aspectRatio: целые числа, например '16:9'.")
}

function nearestSize(ratio: string): (typeof aliceSizes)[number] {
  const asked = parseRatio(ratio)
  const distance = (size: string): number => {
    const [width = 1, height = 1] = size.split('x').map(Number)
    return Math.abs(Math.log(width / height) - Math.log(asked.width / asked.height))
  }
  const [nearest = aliceSizes[0]] = aliceSizes.toSorted((one, other) => distance(one) - distance(other))
  return nearest
}

/** Base64 to bytes; the media type is what the first bytes say. YandexART documents JPEG alone. */
function decodeImage(image: unknown): Pick<ImageAnswer, 'bytes' | 'mediaType'> {
  if (typeof image !== 'string' || !/^[A-Za-z0-9+/]+={0,2}\s*$/.test(image)) {
    throw new ProtocolError("YandexGPT's answer cannot be read: its image is not Base64", {
      hint: 'Сервис вернул не картинку: повторите запрос.',
    })
  }
  const bytes = new Uint8Array(Buffer.from(image, 'base64'))
  return { bytes, mediaType: readMediaType(bytes) }
}

function readMediaType([first, second, third, fourth]: Uint8Array): string {
  if (first === 0x89 && second === 0x50 && third === 0x4e && fourth === 0x47) return 'image/png'
  if (first === 0x52 && second === 0x49 && third === 0x46 && fourth === 0x46) return 'image/webp'
  return 'image/jpeg'
}
