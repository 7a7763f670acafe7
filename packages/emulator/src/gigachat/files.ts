import { Refusal, type Answer } from '../answer.ts'
import type { Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import { authorise } from './authorise.ts'
import type { Modality, StoredFile } from './file-store.ts'
import { jsonAnswer } from './json-answer.ts'
import { readMultipart, type FormPart } from './multipart.ts'
import { apiError, refuseParams, refuseSchema } from './refusals.ts'

const megabyte = 1_000_000

/** Sizes in bytes, as documented. */
const mostBytes: Readonly<Record<Modality, number>> = {
  text: 40 * megabyte,
  image: 15 * megabyte,
  audio: 35 * megabyte,
}

/** The documented types, the odd ones among them, and what browsers say for the same files. */
const types: Readonly<Record<Modality, readonly string[]>> = {
  text: [
    'text/plain',
    'application/msword',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'application/pdf',
    'application/epub',
    'application/epub+zip',
    'application/ppt',
    'application/vnd.ms-powerpoint',
    'application/pptx',
    'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    'application/vnd.ms-excel',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  ],
  image: ['image/jpeg', 'image/jpg', 'image/png', 'image/tiff', 'image/bmp'],
  audio: [
    'audio/mp4',
    'audio/mpeg',
    'audio/mp3',
    'audio/x-m4a',
    'audio/m4a',
    'audio/wav',
    'audio/wave',
    'audio/x-wav',
    'audio/webm',
    'audio/ogg',
    'audio/x-ogg',
    'audio/opus',
  ],
}

/**
 * `POST /files`: multipart with `file`, its name and MIME type, and `purpose`. Which status goes with which mistake is
 * ours; types and sizes are documented.
 *
 * @throws Refusal with 400, 413 or 422
 */
export async function answerUpload(exchange: Exchange): Promise<Answer> {
  authorise(exchange)
  const parts = readMultipart(exchange.headers.get('content-type'), exchange.bytes)
  if (parts === undefined) throw refuseSchema('the body is not multipart/form-data')
  const { filename, contentType, content } = findFile(parts)
  const purposePart = parts.find(({ name }) => name === 'purpose')
  const purpose = purposePart === undefined ? '' : Buffer.from(purposePart.content).toString()
  if (purpose !== 'general' && purpose !== 'assistant') throw refuseSchema('purpose is neither general nor assistant')
  const mime = contentType.split(';')[0]?.trim().toLowerCase() ?? ''
  const modality = (Object.keys(types) as Modality[]).find((each) => types[each].includes(mime))
  if (modality === undefined) throw refuseParams(`unsupported file type ${mime}`)
  if (content.byteLength === 0) throw refuseParams('file is empty')
  if (content.byteLength > mostBytes[modality]) throw new Refusal(apiError(413), `the ${modality} file is too large`)
  await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
  const owner = exchange.headers.get('x-client-id')
  return jsonAnswer(
    describeFile(exchange.state.gigachat.files.add({ content, filename, mime, purpose, modality, owner })),
  )
}

function findFile(parts: readonly FormPart[]): Required<FormPart> {
  const file = parts.find(({ name }) => name === 'file')
  if (file === undefined) throw refuseSchema('there is no file in the form')
  const { name, filename, contentType, content } = file
  if (filename === undefined || filename === '') throw refuseSchema('the file has no name')
  if (contentType === undefined) throw refuseSchema('the file has no MIME type')
  return { name, filename, contentType, content }
}

/** `GET /files`: those of the same `X-Client-ID`. */
export async function answerFiles(exchange: Exchange): Promise<Answer> {
  authorise(exchange)
  await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
  return jsonAnswer({ data: exchange.state.gigachat.files.list(exchange.headers.get('x-client-id')).map(describeFile) })
}

/** `GET /files/{id}`. @throws Refusal with 404 */
export async function answerFile(exchange: Exchange): Promise<Answer> {
  return jsonAnswer(describeFile(await openFile(exchange, 1)))
}

/** `GET /files/{id}/content`: the bytes. @throws Refusal with 404 */
export async function answerFileContent(exchange: Exchange): Promise<Answer> {
  const { mime, content } = await openFile(exchange, 2)
  return { status: 200, contentType: mime, body: content }
}

/** `POST /files/{id}/delete`, not `DELETE`. @throws Refusal with 404 */
export async function answerFileDelete(exchange: Exchange): Promise<Answer> {
  const { id } = await openFile(exchange, 2)
  exchange.state.gigachat.files.delete(id)
  return jsonAnswer({ id, deleted: true, access_policy: 'private' })
}

/** The file that the path names, so many steps before its end. */
async function openFile(exchange: Exchange, fromEnd: number): Promise<StoredFile> {
  authorise(exchange)
  await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
  const id = decodeURIComponent(exchange.url.pathname.split('/').at(-fromEnd) ?? '')
  const file = exchange.state.gigachat.files.get(id, exchange.headers.get('x-client-id'))
  if (file === undefined) throw new Refusal(apiError(404), `no file ${id} for this X-Client-ID`)
  return file
}

function describeFile({ id, content, createdAt, filename, purpose, modality }: StoredFile): object {
  return {
    id,
    object: 'file',
    bytes: content.byteLength,
    access_policy: 'private',
    created_at: createdAt,
    filename,
    purpose,
    ...(modality === undefined ? {} : { modalities: [modality] }),
  }
}
