import type {
  CallPart,
  LoadedFile,
  Loss,
  MediaPart,
  Operation,
  PartMessage,
  Reply,
  Shape,
  TextCall,
  WireRequest,
} from '@shlyuz/core'
import { createGigachatHeaders, type GigachatOptions } from './gigachat-options.ts'

const megabyte = 1024 * 1024

/** Largest file in bytes. Source: official OpenAPI file, tag `files-storage`. */
const largestFile = { document: 40 * megabyte, image: 15 * megabyte, audio: 35 * megabyte } as const

/** Images and audio of one request together, in bytes, and images of one request. Source: «Ограничения». */
const largestMedia = 80 * megabyte
const mostImages = 10

type Readable = keyof typeof largestFile

/**
 * Media types the service reads, and how it spells them: some of its own are no registered ones.
 * Source: official OpenAPI file, tag `files-storage`.
 */
const mediaTypes: Readonly<Record<Readable, Readonly<Record<string, string>>>> = {
  document: {
    'text/plain': 'text/plain',
    'application/msword': 'application/msword',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document':
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'application/pdf': 'application/pdf',
    'application/epub+zip': 'application/epub',
    'application/epub': 'application/epub',
    'application/vnd.ms-powerpoint': 'application/ppt',
    'application/ppt': 'application/ppt',
    'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'application/pptx',
    'application/pptx': 'application/pptx',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'application/vnd.ms-excel',
    'application/vnd.ms-excel': 'application/vnd.ms-excel',
  },
  image: {
    'image/jpeg': 'image/jpeg',
    'image/jpg': 'image/jpeg',
    'image/png': 'image/png',
    'image/tiff': 'image/tiff',
    'image/bmp': 'image/bmp',
  },
  audio: {
    'audio/mp4': 'audio/mp4',
    'audio/mpeg': 'audio/mp3',
    'audio/mp3': 'audio/mp3',
    'audio/m4a': 'audio/x-m4a',
    'audio/x-m4a': 'audio/x-m4a',
    'audio/wav': 'audio/wav',
    'audio/wave': 'audio/wave',
    'audio/x-wav': 'audio/x-wav',
    'audio/x-pn-wav': 'audio/x-pn-wav',
    'audio/webm': 'audio/webm',
    'audio/ogg': 'audio/x-ogg',
    'audio/x-ogg': 'audio/x-ogg',
    'audio/opus': 'audio/opus',
  },
}

const formats: Readonly<Record<Readable, string>> = {
  document: 'txt, doc, docx, pdf, epub, ppt, pptx, xlsx',
  image: 'jpeg, png, tiff, bmp',
  audio: 'mp4, mp3, m4a, wav, weba, ogg, opus',
}

/** What of the files of a call the service would refuse, or leave out in silence. Before anything is uploaded. */
export function checkFiles(call: TextCall): readonly Loss[] {
  const losses: Loss[] = []
  const asked: MediaPart[] = []
  for (const message of call.messages) {
    const parts = message.content.filter(isMedia)
    asked.push(...parts)
    if (parts.filter(isImage).length > 1) {
      losses.push(
        refusal(
          'too-many-images',
          'GigaChat takes one image in a message',
          'GigaChat берёт одну картинку в сообщении: разнесите картинки по разным сообщениям user.',
        ),
      )
    }
  }
  for (const { modality, source } of asked) {
    if (modality !== 'video' && 'bytes' in source) checkFile(modality, source, losses)
  }
  checkTogether(asked, losses)
  return losses
}

function checkFile(modality: Readable, { bytes, mediaType }: LoadedFile, losses: Loss[]): void {
  if (wireTypeOf(modality, mediaType) === undefined) {
    losses.push(
      refusal(
        'file-type-unsupported',
        `GigaChat does not read ${modality} files of type ${mediaType.slice(0, 80)}`,
        `GigaChat читает ${formats[modality]}: преобразуйте файл или укажите верный mediaType.`,
      ),
    )
  }
  const most = largestFile[modality]
  if (bytes.byteLength > most) {
    losses.push(
      refusal(
        'file-too-large',
        `the ${modality} has ${bytes.byteLength} bytes; GigaChat takes up to ${most}`,
        `Файл больше ${most / megabyte} МБ: уменьшите его или разделите.`,
      ),
    )
  }
}

function checkTogether(parts: readonly MediaPart[], losses: Loss[]): void {
  const images = parts.filter(isImage).length
  if (images > mostImages) {
    losses.push(
      refusal(
        'too-many-images',
        `${images} images in the conversation; GigaChat takes up to ${mostImages} in a request`,
        `GigaChat берёт до ${mostImages} картинок в запросе вместе с историей: уберите старые.`,
      ),
    )
  }
  const documents = parts.filter(({ modality }) => modality === 'document').length
  if (documents > 1) {
    losses.push(
      refusal(
        'too-many-documents',
        `${documents} documents in the conversation; GigaChat reads the first alone`,
        'GigaChat читает один документ на запрос: оставьте один или объедините их.',
      ),
    )
  }
  const bytes = parts.reduce((sum, { modality, source }) => {
    return modality !== 'document' && 'bytes' in source ? sum + source.bytes.byteLength : sum
  }, 0)
  if (bytes > largestMedia) {
    losses.push(
      refusal(
        'files-too-large',
        `images and audio have ${bytes} bytes together; GigaChat takes up to ${largestMedia}`,
        `Картинки и аудио вместе больше ${largestMedia / megabyte} МБ: уменьшите их или уберите старые.`,
      ),
    )
  }
  const kinds = new Set(parts.map(({ modality }) => modality))
  if (kinds.size > 1) {
    losses.push({
      effect: 'warn',
      code: 'files-mixed',
      setting: 'messages',
      message: 'files of several kinds in one request: GigaChat may leave some of them out',
    })
  }
}

function refusal(code: string, message: string, hint: string): Loss {
  return { effect: 'refuse', code, setting: 'messages', message, hint }
}

/** Uploads the files of the user's messages; gives the id of each, also of those the service holds already. */
export function* uploadFiles(call: TextCall): Operation<ReadonlyMap<CallPart, string>> {
  const options = call.options as GigachatOptions
  const ids = new Map<CallPart, string>()
  for (const { content } of call.messages) {
    for (const part of content) {
      if (!isMedia(part) || part.source instanceof URL) continue
      const { source } = part
      ids.set(part, 'fileId' in source ? source.fileId : yield* upload(part.modality, source, options))
    }
  }
  return ids
}

function* upload(modality: MediaPart['modality'], file: LoadedFile, options: GigachatOptions): Operation<string> {
  const mediaType = (modality === 'video' ? undefined : wireTypeOf(modality, file.mediaType)) ?? file.mediaType
  return (yield {
    do: 'upload',
    // A file belongs to the X-Client-ID it came with, and is read as what it was said to be.
    key: [file.sha256, mediaType, ...(options.clientId === undefined ? [] : [options.clientId])].join(' '),
    put: () => putFile({ ...file, mediaType }, options),
    remove: (fileId) => removeFile(fileId, options),
  }) as string
}

/** Source: `POST /files`, 200. */
const fileShape: Shape = (z) => z.looseObject({ id: z.string().min(1) })

/** `POST /files` with the purpose `general` → the file's id. The media type goes as it is. */
export function* putFile(
  { bytes, filename, mediaType }: Pick<LoadedFile, 'bytes' | 'filename' | 'mediaType'>,
  options: GigachatOptions,
): Operation<string> {
  const request: WireRequest = {
    ...fileRequest('POST', '/files', options),
    body: { fields: { purpose: 'general' }, files: [{ name: 'file', filename, mediaType, bytes }] },
    // A second one would leave the first behind.
    repeat: 'unsafe',
    accept: ['application/json'],
  }
  const { body } = (yield { do: 'exchange', request, read: 'json', shape: fileShape }) as Reply
  return (body as { readonly id: string }).id
}

/** `POST /files/{id}/delete`: the service has no DELETE. */
export function* removeFile(fileId: string, options: GigachatOptions): Operation<void> {
  const request = fileRequest('POST', `/files/${encodeURIComponent(fileId)}/delete`, options)
  yield { do: 'exchange', request, read: 'text' }
}

/** `GET /files/{id}/content`. Only with the `X-Client-ID` the file came to be with. */
export function* fetchFile(fileId: string, options: GigachatOptions): Operation<Uint8Array> {
  const request = fileRequest('GET', `/files/${encodeURIComponent(fileId)}/content`, options)
  const { body } = (yield { do: 'exchange', request, read: 'bytes' }) as Reply
  return body as Uint8Array
}

function fileRequest(method: 'GET' | 'POST', path: string, options: GigachatOptions): WireRequest {
  const headers = createGigachatHeaders(options)
  return { endpoint: 'api', operation: 'files', method, path, headers, repeat: 'safe', accept: [] }
}

/**
 * A file as the service takes it: its type in the service's spelling, and the most bytes of one. A type that is in no
 * list stays as it is and has no limit that is known: there the service has the last word.
 */
export function describeFileType(mediaType: string): { readonly mediaType: string; readonly mostBytes?: number } {
  for (const modality of Object.keys(largestFile) as Readable[]) {
    const wireType = wireTypeOf(modality, mediaType)
    if (wireType !== undefined) return { mediaType: wireType, mostBytes: largestFile[modality] }
  }
  return { mediaType }
}

/** The type in the service's spelling; `undefined` when it does not read such files. */
function wireTypeOf(modality: Readable, mediaType: string): string | undefined {
  const types = mediaTypes[modality]
  const plain = mediaType.split(';', 1)[0]!.trim().toLowerCase()
  return Object.hasOwn(types, plain) ? types[plain] : undefined
}

function isMedia(part: PartMessage['content'][number]): part is MediaPart {
  return part.type === 'media'
}

function isImage({ modality }: MediaPart): boolean {
  return modality === 'image'
}
