import type { Answer } from '../../answer.ts'
import { drawJpeg } from '../../answers/draw-jpeg.ts'
import type { Exchange } from '../../exchange.ts'
import { pause } from '../../pace.ts'
import { authoriseOpenAi } from './authorise-open-ai.ts'
import { complain } from './complaint.ts'
import { findOpenAiModel, folderOf } from './find-open-ai-model.ts'
import { isAbsent, readChoice, readObject, readText } from './read-values.ts'

/** Documented limit of a prompt, in characters; stated for the older model. */
const longestPrompt = 500
/** Sides of an image in pixels, least and most. Ours: public clients send 1024x1024 and 1024x1536. */
const sides = [256, 2048] as const

/**
 * `POST /v1/images/generations`, as public clients of 2026 use it: one JPEG in Base64, at once.
 *
 * @throws Complaint
 */
export async function answerImages(exchange: Exchange): Promise<Answer> {
  const folderId = authoriseOpenAi(exchange, folderOf(exchange.json))
  const fields = readObject(exchange.json, 'body')
  findOpenAiModel(exchange, fields['model'], 'art', folderId)
  const prompt = readText(fields['prompt'], 'prompt')
  if (prompt.trim() === '') throw complain(400, 'prompt must not be empty')
  if ([...prompt].length > longestPrompt)
    throw complain(400, `prompt must be no longer than ${longestPrompt} characters`)
  readChoice(fields['response_format'], 'response_format', ['b64_json'])
  const size = readSize(fields['size'])
  const { firstPieceMs } = exchange.state.options.pace
  await pause(2 * exchange.draw(firstPieceMs), exchange.signal)
  const image = Buffer.from(drawJpeg(prompt, size)).toString('base64')
  const body = { data: [{ b64_json: image }] }
  return { status: 200, contentType: 'application/json', body: JSON.stringify(body) }
}

function readSize(value: unknown): { readonly width: number; readonly height: number } {
  if (isAbsent(value) || value === 'auto') return { width: 1024, height: 1024 }
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(readText(value, 'size')) ?? []
  const size = { width: Number(width), height: Number(height) }
  const [least, most] = sides
  const isGood = [size.width, size.height].every((side) => side >= least && side <= most)
  if (!isGood)
    throw complain(400, 'invalid value for field size', `size is not <width>x<height> of ${least} to ${most}`)
  return size
}
