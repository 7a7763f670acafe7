import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { ConfigurationError } from '../errors/configuration-error.ts'
import type { CallScope } from '../transport/call-scope.ts'
import { LocalFile } from '../vocabulary/local-file.ts'
import type {
  CallPart,
  FilePart,
  FileReference,
  FileSource,
  ImagePart,
  LoadedFile,
  MediaPart,
  Modality,
  PartMessage,
} from '../vocabulary/messages.ts'
import type { DraftMessage, DraftPart } from './check-messages.ts'
import { isObject } from './checks.ts'

/** Bytes of one file: above what any known service takes. */
const fileLimit = 128 * 1024 * 1024

/** By extension, what the known services take. */
const mediaTypes: Readonly<Record<string, string>> = {
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  json: 'application/json',
  pdf: 'application/pdf',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  ppt: 'application/vnd.ms-powerpoint',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  epub: 'application/epub+zip',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  bmp: 'image/bmp',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  m4a: 'audio/mp4',
  wav: 'audio/wav',
  weba: 'audio/webm',
  ogg: 'audio/ogg',
  opus: 'audio/opus',
}

const riff = [0x52, 0x49, 0x46, 0x46, undefined, undefined, undefined, undefined]

/** What the first bytes of a file say; `undefined` stands for any byte (the length, in RIFF). */
const signatures: readonly { readonly bytes: readonly (number | undefined)[]; readonly mediaType: string }[] = [
  { bytes: [0xff, 0xd8, 0xff], mediaType: 'image/jpeg' },
  { bytes: [0x89, 0x50, 0x4e, 0x47], mediaType: 'image/png' },
  { bytes: [0x47, 0x49, 0x46, 0x38], mediaType: 'image/gif' },
  { bytes: [0x42, 0x4d], mediaType: 'image/bmp' },
  { bytes: [0x49, 0x49, 0x2a, 0x00], mediaType: 'image/tiff' },
  { bytes: [0x4d, 0x4d, 0x00, 0x2a], mediaType: 'image/tiff' },
  { bytes: [...riff, 0x57, 0x45, 0x42, 0x50], mediaType: 'image/webp' },
  { bytes: [...riff, 0x57, 0x41, 0x56, 0x45], mediaType: 'audio/wav' },
  { bytes: [0x25, 0x50, 0x44, 0x46, 0x2d], mediaType: 'application/pdf' },
]

export function isFileSource(value: unknown): value is FileSource {
  if (value instanceof Uint8Array || value instanceof URL || value instanceof Blob) return true
  if (value instanceof LocalFile) return typeof value.path === 'string' && value.path !== ''
  return isObject(value) && typeof value['fileId'] === 'string' && value['fileId'] !== ''
}

/**
 * Reads the files of a conversation into memory, once each, and leaves out what no adapter needs to see: sources,
 * approvals, and files that a model made.
 * @throws ConfigurationError for a file that cannot be read, is empty or too large, or whose type is not known
 */
export function loadFiles(
  messages: readonly DraftMessage[],
  scope: CallScope,
): readonly PartMessage[] | Promise<readonly PartMessage[]> {
  // Most conversations are text alone: nothing has to be read, and nothing to be copied.
  return areTextAlone(messages) ? (messages as readonly PartMessage[]) : loadParts(messages, scope)
}

/** Nothing of it is a file, or would be left out. */
export function areTextAlone(messages: readonly DraftMessage[]): boolean {
  for (let index = 0; index < messages.length; index++) if (!isTextAlone(messages[index] as DraftMessage)) return false
  return true
}

function isTextAlone({ content }: DraftMessage): boolean {
  // By index: see countContent.
  for (let at = 0; at < content.length; at++) if (content[at]?.type !== 'text') return false
  return content.length > 0
}

async function loadParts(messages: readonly DraftMessage[], scope: CallScope): Promise<readonly PartMessage[]> {
  const loaded: PartMessage[] = []
  for (const [index, { role, content }] of messages.entries()) {
    const parts: CallPart[] = []
    for (const [at, part] of content.entries()) {
      if (role === 'assistant' && part.type === 'file') continue
      const converted = convertPart(part, `messages[${index}].content[${at}]`)
      if (converted) parts.push(converted instanceof Promise ? await scope.race(converted) : converted)
    }
    if (parts.length > 0) loaded.push(Object.freeze({ role, content: Object.freeze(parts) }))
  }
  return loaded
}

function convertPart(part: DraftPart, where: string): CallPart | Promise<CallPart> | undefined {
  switch (part.type) {
    case 'image':
      return loadMedia(part.image, part, where)
    case 'file':
      return loadMedia(part.data, part, where)
    case 'source':
    case 'tool-approval':
      return undefined
    default:
      return part
  }
}

async function loadMedia(source: FileSource, part: ImagePart | FilePart, where: string): Promise<MediaPart> {
  const fallback = part.type === 'image' ? 'image' : 'document'
  if (source instanceof URL || isReference(source)) {
    const modality = part.mediaType === undefined ? fallback : modalityOf(part.mediaType)
    return Object.freeze({ type: 'media', modality, source })
  }
  const bytes = await readBytes(source, where)
  const mediaType = part.mediaType ?? guessMediaType(source, bytes)
  if (mediaType === undefined) {
    throw new ConfigurationError(`${where}: the media type is not known`, {
      hint: `${where}: укажите mediaType, например 'application/pdf'.`,
    })
  }
  const filename = ('filename' in part ? part.filename : undefined) ?? nameOf(source) ?? defaultName(mediaType)
  const file: LoadedFile = { bytes, sha256: createHash('sha256').update(bytes).digest('hex'), mediaType, filename }
  return Object.freeze({ type: 'media', modality: modalityOf(mediaType), source: Object.freeze(file) })
}

type ReadableSource = Exclude<FileSource, URL | FileReference>

function isReference(source: FileSource): source is FileReference {
  return isObject(source) && typeof source['fileId'] === 'string'
}

async function readBytes(source: ReadableSource, where: string): Promise<Uint8Array> {
  const bytes = await readSource(source, where)
  if (bytes.length === 0) {
    throw new ConfigurationError(`${where}: the file is empty`, { hint: `${where}: файл пуст; проверьте, тот ли он.` })
  }
  return bytes
}

async function readSource(source: ReadableSource, where: string): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return checkSize(source.length, where) ?? source
  if (source instanceof Blob) return checkSize(source.size, where) ?? new Uint8Array(await source.arrayBuffer())
  try {
    const found = await stat(source.path)
    // A device says that it is empty, and never ends.
    if (!found.isFile()) throw noFile(where)
    checkSize(found.size, where)
    return await readFile(source.path)
  } catch (error) {
    if (error instanceof ConfigurationError) throw error
    const { code = 'error' } = error as NodeJS.ErrnoException
    throw new ConfigurationError(`${where}: the file cannot be read (${code})`, {
      hint: `${where}: проверьте права и путь; относительный считается от рабочей папки процесса.`,
    })
  }
}

function noFile(where: string): ConfigurationError {
  return new ConfigurationError(`${where}: the path leads to no file`, {
    hint: `${where}: путь ведёт не к файлу, а к папке или устройству.`,
  })
}

function checkSize(bytes: number, where: string): undefined {
  if (bytes <= fileLimit) return undefined
  throw new ConfigurationError(`${where}: the file has ${bytes} bytes, more than ${fileLimit}`, {
    code: 'config.file_too_large',
    hint: `${where}: файл больше 128 МБ; уменьшите его.`,
  })
}

function guessMediaType(source: ReadableSource, bytes: Uint8Array): string | undefined {
  if (source instanceof Blob && source.type !== '') return source.type.split(';')[0]
  const signed = signatures.find((one) => one.bytes.every((byte, at) => byte === undefined || bytes[at] === byte))
  if (signed) return signed.mediaType
  const extension = nameOf(source)?.split('.').at(-1)?.toLowerCase()
  return extension === undefined || !Object.hasOwn(mediaTypes, extension) ? undefined : mediaTypes[extension]
}

function nameOf(source: ReadableSource): string | undefined {
  if (source instanceof Blob) return 'name' in source && typeof source.name === 'string' ? source.name : undefined
  return source instanceof LocalFile ? basename(source.path) : undefined
}

function defaultName(mediaType: string): string {
  const found = Object.entries(mediaTypes).find(([, type]) => type === mediaType)?.[0]
  return `file.${found ?? 'bin'}`
}

function modalityOf(mediaType: string): Modality {
  const [kind] = mediaType.split('/')
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'document'
}
