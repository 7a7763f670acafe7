import type { AnsweringModel } from './answering-model.ts'
import { complain } from './complaint.ts'
import type { TurnImage } from './turn.ts'

const form = /^data:(?<mediaType>image\/(?:png|jpeg|jpg|webp|gif|bmp));base64,(?<data>[A-Za-z0-9+/]+={0,2})$/

/**
 * Reads a Base64 data URL, the only form in which a model takes an image. The words for a model without eyes are the
 * service's; those for a remote address are ours.
 *
 * @throws Complaint with 400
 */
export function readImageUrl(url: string, where: string, model: AnsweringModel): TurnImage {
  if (!model.sees) throw complain(400, `${model.name} is not a multimodal model`)
  const { mediaType, data } = form.exec(url)?.groups ?? {}
  if (mediaType === undefined || data === undefined || data.length % 4 !== 0) {
    throw complain(400, `invalid image in ${where}: a Base64 data URL is expected`)
  }
  return { mediaType, bytes: Buffer.from(data, 'base64').byteLength }
}
