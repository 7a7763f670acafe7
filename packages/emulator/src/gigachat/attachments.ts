import { Refusal } from '../answer.ts'
import type { Exchange } from '../exchange.ts'
import { countTokens } from '../tokens.ts'
import type { StoredFile } from './file-store.ts'
import { apiError, refuseParams } from './refusals.ts'

const megabyte = 1_000_000
const mostMediaBytes = 80 * megabyte
const mostImages = 10

/**
 * The files that messages name, checked: known, of the same `X-Client-ID`, one image a message, ten a request, images
 * and audio under 80 MB together, documents shorter than the context.
 *
 * @throws Refusal with 404, 413 or 422
 */
export function takeAttachments(exchange: Exchange, idsOfMessages: readonly (readonly string[])[]): StoredFile[][] {
  const { state, headers } = exchange
  const owner = headers.get('x-client-id')
  const files = idsOfMessages.map((ids) =>
    ids.map((id) => {
      const file = state.gigachat.files.get(id, owner)
      if (file === undefined) throw new Refusal(apiError(404), `no file ${id} for X-Client-ID ${owner ?? '(none)'}`)
      return file
    }),
  )
  checkAttachments(files, state.options.gigachat.contextTokens)
  return files
}

function checkAttachments(files: readonly (readonly StoredFile[])[], contextTokens: number): void {
  if (files.some((each) => each.filter(isImage).length > 1)) throw refuseParams('only one image per message is allowed')
  const all = files.flat()
  if (all.filter(isImage).length > mostImages) throw refuseParams('only 10 images per request are allowed')
  const media = all.filter(({ modality }) => modality === 'image' || modality === 'audio')
  if (media.reduce((sum, { content }) => sum + content.byteLength, 0) > mostMediaBytes) {
    throw new Refusal(apiError(413), 'images and audio are larger than 80 MB')
  }
  const document = firstDocument(all)
  if (document !== undefined && countTokens(readDocument(document) ?? '') > contextTokens) {
    throw new Refusal(apiError(422), 'the document is longer than the context')
  }
}

/** Of several documents the service uses the first alone. */
export function firstDocument(files: readonly StoredFile[]): StoredFile | undefined {
  return files.find(({ modality }) => modality === 'text')
}

/** The text of a plain text file; `undefined` for other kinds, which the emulator does not read. */
export function readDocument({ mime, content }: StoredFile): string | undefined {
  return mime === 'text/plain' ? Buffer.from(content).toString() : undefined
}

/** A message with what its files say: the text of a plain document, or a note that the file has arrived. */
export function withFiles(text: string, files: readonly StoredFile[], document: StoredFile | undefined): string {
  const said = files
    .filter((file) => file.modality !== 'text' || file === document)
    .map((file) => readDocument(file) ?? `Файл ${file.filename} (${file.mime}, байт: ${file.content.byteLength}).`)
  return [text, ...said].join('\n\n')
}

function isImage({ modality }: StoredFile): boolean {
  return modality === 'image'
}
