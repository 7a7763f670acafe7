import type { Answer } from '../answer.ts'
import { blockedPhrase } from '../answers/compose-answer.ts'
import { drawJpeg, type ImageSize } from '../answers/draw-jpeg.ts'
import type { Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import { authorise } from './authorise.ts'
import { isAbsent, readFields, readInt64, readList, readNumber, readString, type Fields } from './fields.ts'
import { isOfFolder, readModelUri, unknownModel } from './model-uri.ts'
import type { OperationOutcome } from './operation-store.ts'
import { checkRate } from './rate-quotas.ts'
import { refuse } from './refusals.ts'

/** Documented limit of a prompt, in characters. */
const longestPrompt = 500
/** Sides are whole multiples of this; some 1024 pixels each, as documented, and further apart for a longer shape. */
const sideStep = 16
const usualSide = 1024
/** Most that one side is longer than the other. Ours. */
const longestShape = 4

const responseType = 'type.googleapis.com/yandex.cloud.ai.foundation_models.v1.image_generation.ImageGenerationResponse'

/** What the filter says; the text is from public reports. */
const unethical = 'it is not possible to generate an image from this request because it may violate the terms of use'

/**
 * `POST /foundationModels/v1/imageGenerationAsync`: an operation that ends with a JPEG in Base64. Negative weights are
 * documented and marked as not supported: here they do nothing. A prompt that the filter refuses makes the operation
 * fail with code 3. Texts of the other refusals are ours.
 *
 * @throws Refusal
 */
export async function answerImageGeneration(exchange: Exchange): Promise<Answer> {
  const { state } = exchange
  const caller = authorise(exchange)
  checkRate(exchange, 'image')
  const fields = readFields(exchange.json, 'body')
  const uri = readModelUri(readString(fields['modelUri'], 'modelUri'), caller)
  const isKnown = uri.scheme === 'art' && uri.name === 'yandex-art' && uri.suffix === undefined && uri.hasBranch
  if (!isKnown && !isOfFolder(exchange, uri)) throw unknownModel(uri)
  const prompt = readPrompt(fields['messages'])
  const { seed, size } = readOptions(fields['generationOptions'])
  const error = state.scripts.takeOperationError()
  const outcome = error === undefined ? draw(prompt, seed, size) : { error }
  await pause(exchange.draw(state.options.pace.serviceMs), exchange.signal)
  const polls = state.options.yandexgpt.operationPolls
  const body = state.yandexgpt.operations.begin({ prefix: 'fbv', description: '', polls, outcome })
  return { status: 200, contentType: 'application/json', body }
}

/** A seed of 0 is as good as none: random with the service, here the same for the same prompt. */
function draw(prompt: string, seed: number, size: ImageSize): OperationOutcome {
  if (prompt.toLowerCase().includes(blockedPhrase)) return { error: { code: 3, message: unethical } }
  const image = Buffer.from(drawJpeg(seed === 0 ? prompt : `${prompt} ${seed}`, size)).toString('base64')
  return { response: JSON.stringify({ '@type': responseType, image, modelVersion: '' }) }
}

function readPrompt(value: unknown): string {
  const messages = readList(value, 'messages')
  if (messages.length === 0) throw refuse(400, 'messages must not be empty')
  const texts = messages.map((message, index) => {
    const { text, weight } = readFields(message, `messages[${index}]`)
    readNumber(weight, `messages[${index}].weight`)
    const words = isAbsent(text) ? '' : readString(text, `messages[${index}].text`)
    if (words.trim() === '') throw refuse(400, 'empty message text')
    if ([...words].length > longestPrompt) {
      throw refuse(400, `messages[${index}].text must be no longer than ${longestPrompt} characters`)
    }
    return words
  })
  return texts.join('\n')
}

function readOptions(value: unknown): { readonly seed: number; readonly size: ImageSize } {
  const options = isAbsent(value) ? {} : readFields(value, 'generationOptions')
  const mimeType = isAbsent(options['mimeType']) ? '' : readString(options['mimeType'], 'generationOptions.mimeType')
  if (mimeType !== '' && mimeType !== 'image/jpeg') throw refuse(400, `unsupported mime_type: ${mimeType}`)
  const seed = readInt64(options['seed'], 'generationOptions.seed') ?? 0
  if (seed < 0) throw refuse(400, 'seed must not be negative')
  return { seed, size: readSize(options) }
}

function readSize(options: Fields): ImageSize {
  if (isAbsent(options['aspectRatio'])) return { width: usualSide, height: usualSide }
  const where = 'generationOptions.aspectRatio'
  const ratio = readFields(options['aspectRatio'], where)
  const width = readInt64(ratio['widthRatio'], `${where}.widthRatio`) ?? 1
  const height = readInt64(ratio['heightRatio'], `${where}.heightRatio`) ?? 1
  if (width <= 0 || height <= 0) throw refuse(400, 'the aspect ratio must be greater than 0')
  const shape = Math.sqrt(Math.min(longestShape, Math.max(1 / longestShape, width / height)))
  return { width: roundSide(usualSide * shape), height: roundSide(usualSide / shape) }
}

function roundSide(pixels: number): number {
  return Math.round(pixels / sideStep) * sideStep
}
