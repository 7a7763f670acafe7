import { UnsupportedFeatureError } from '@shlyuz/core'
import type { ExtraOperation, Operation, Reply, Shape } from '@shlyuz/core'
import {
  askJson,
  checkExtraInput,
  checkId,
  checkTextInput,
  createClientHeaders,
  toIsoTime,
  type GigachatClientInput,
} from './gigachat-extra-request.ts'
import { describeFileType } from './gigachat-files.ts'
import { refuse } from './gigachat-settings.ts'

/** What the storage of an account says of a file. What the service does not state is absent. */
export interface GigachatFile {
  readonly fileId: string
  /** Size. */
  readonly bytes?: number
  /** ISO 8601. */
  readonly createdAt?: string
  readonly filename?: string
  /** `general`, `assistant`. */
  readonly purpose?: string
  /** `private`, `public`. */
  readonly accessPolicy?: string
  /** What models read in it: `image`, `text`. */
  readonly modalities?: readonly string[]
}

export interface GigachatUploadInput extends GigachatClientInput {
  readonly file: Uint8Array
  /** With its extension. */
  readonly filename: string
  /** The usual one; where the service has a spelling of its own (`application/pptx`), it is sent in that. */
  readonly mediaType: string
  /** @default 'general' */
  readonly purpose?: 'general' | 'assistant'
}

export interface GigachatFileInput extends GigachatClientInput {
  readonly fileId: string
}

export interface GigachatFileContent {
  readonly bytes: Uint8Array
  /** As the service states it. */
  readonly mediaType?: string
}

export interface GigachatDeletedFile {
  readonly fileId: string
  readonly deleted: boolean
  readonly accessPolicy?: string
}

interface WireFile {
  readonly id: string
  readonly bytes?: number | null
  readonly created_at?: number | null
  readonly filename?: string | null
  readonly purpose?: string | null
  readonly access_policy?: string | null
  readonly modalities?: readonly string[] | null
}

/** Source: `POST /files`, `GET /files/{id}`, 200. */
const fileShape: Shape = (z) =>
  z.looseObject({
    id: z.string().min(1),
    bytes: z.number().nullish(),
    created_at: z.number().nullish(),
    filename: z.string().nullish(),
    purpose: z.string().nullish(),
    access_policy: z.string().nullish(),
    modalities: z.array(z.string()).nullish(),
  })

/** Source: `GET /files`, 200. */
const filesShape: Shape = (z) => z.looseObject({ data: z.array(fileShape(z)) })

/** Source: `POST /files/{id}/delete`, 200. */
const deletedShape: Shape = (z) =>
  z.looseObject({ id: z.string(), deleted: z.boolean(), access_policy: z.string().nullish() })

/**
 * `POST /files`: stores a file, for `{ fileId }` in messages. Documents up to 40 MB, images up to 15, audio up to 35.
 * Files in messages are uploaded by themselves; this is for those that are to stay.
 * Source: official OpenAPI file (api.yml), tag `files-storage`; purpose `assistant`: the official Python client.
 */
const uploadFile: ExtraOperation<GigachatUploadInput, GigachatFile> = {
  operation: 'files',
  run(input) {
    const names = ['file', 'filename', 'mediaType', 'purpose', 'clientId']
    const given = checkExtraInput('uploadFile', input, names, { bytes: 'file', data: 'file', mimeType: 'mediaType' })
    const { file, filename, mediaType, purpose = 'general', clientId } = given
    if (!(file instanceof Uint8Array) || file.byteLength === 0) {
      return refuse(
        'uploadFile(): file must be a non-empty Uint8Array',
        'file: непустые байты, например await readFile(путь).',
      )
    }
    checkTextInput('uploadFile(): filename', filename)
    checkTextInput('uploadFile(): mediaType', mediaType)
    if (purpose !== 'general' && purpose !== 'assistant') {
      return refuse("uploadFile(): purpose must be 'general' or 'assistant'", "purpose: 'general' или 'assistant'.")
    }
    const known = describeFileType(mediaType)
    if (known.mostBytes !== undefined && file.byteLength > known.mostBytes) {
      throw new UnsupportedFeatureError(
        `uploadFile(): the file has ${file.byteLength} bytes; GigaChat takes up to ${known.mostBytes}`,
        { hint: `Файл больше ${known.mostBytes / 1024 / 1024} МБ: уменьшите его или разделите.` },
      )
    }
    const headers = createClientHeaders('uploadFile', clientId)
    const body = { fields: { purpose }, files: [{ name: 'file', filename, mediaType: known.mediaType, bytes: file }] }
    // A second one would leave the first behind.
    const request = { method: 'POST', path: '/files', headers, body, repeat: 'unsafe' } as const
    return { steps: askJson('files', request, fileShape, convertFile) }
  },
}

/** `GET /files`: the files of the account, and of the client where one is named. Source: official OpenAPI file. */
const listFiles: ExtraOperation<GigachatClientInput | undefined, readonly GigachatFile[]> = {
  operation: 'files',
  run(input) {
    const { clientId } = checkExtraInput('listFiles', input, ['clientId'])
    const request = { method: 'GET', path: '/files', headers: createClientHeaders('listFiles', clientId) } as const
    const read = ({ data }: { readonly data: readonly WireFile[] }): readonly GigachatFile[] => data.map(convertFile)
    return { steps: askJson('files', request, filesShape, read) }
  },
}

/** `GET /files/{id}`. Source: official OpenAPI file. */
const getFile: ExtraOperation<GigachatFileInput, GigachatFile> = {
  operation: 'files',
  run(input) {
    const { path, headers } = readFileInput('getFile', input)
    return { steps: askJson('files', { method: 'GET', path, headers }, fileShape, convertFile) }
  },
}

/** `GET /files/{id}/content`: only with the client id the file came to be with. Source: official OpenAPI file. */
const downloadFile: ExtraOperation<GigachatFileInput, GigachatFileContent> = {
  operation: 'files',
  run(input) {
    const { path, headers } = readFileInput('downloadFile', input)
    return { steps: download(`${path}/content`, headers) }
  },
}

/** `POST /files/{id}/delete`: the service has no DELETE. Source: official OpenAPI file. */
const deleteFile: ExtraOperation<GigachatFileInput, GigachatDeletedFile> = {
  operation: 'files',
  run(input) {
    const { path, headers } = readFileInput('deleteFile', input)
    const request = { method: 'POST', path: `${path}/delete`, headers } as const
    return { steps: askJson('files', request, deletedShape, convertDeleted) }
  },
}

/** Files of the account. */
export const gigachatFileExtras = { uploadFile, listFiles, getFile, downloadFile, deleteFile } as const

function readFileInput(
  operation: string,
  input: unknown,
): { readonly path: string; readonly headers: Readonly<Record<string, string>> } {
  const { fileId, clientId } = checkExtraInput(operation, input, ['fileId', 'clientId'], {
    id: 'fileId',
    file: 'fileId',
  })
  checkId(`${operation}(): fileId`, fileId)
  return { path: `/files/${fileId}`, headers: createClientHeaders(operation, clientId) }
}

function* download(path: string, headers: Readonly<Record<string, string>>): Operation<GigachatFileContent> {
  const { body, headers: answered } = (yield {
    do: 'exchange',
    request: { endpoint: 'api', operation: 'files', method: 'GET', path, headers, repeat: 'safe', accept: [] },
    read: 'bytes',
  }) as Reply
  const mediaType = answered['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  return { bytes: body as Uint8Array, ...(mediaType && { mediaType }) }
}

function convertFile(file: WireFile): GigachatFile {
  const { id, bytes, created_at: created, filename, purpose, access_policy: accessPolicy, modalities } = file
  const createdAt = toIsoTime(created)
  return {
    fileId: id,
    ...(typeof bytes === 'number' && { bytes }),
    ...(createdAt !== undefined && { createdAt }),
    ...(typeof filename === 'string' && { filename }),
    ...(typeof purpose === 'string' && { purpose }),
    ...(typeof accessPolicy === 'string' && { accessPolicy }),
    ...(modalities && { modalities }),
  }
}

function convertDeleted(answer: {
  readonly id: string
  readonly deleted: boolean
  readonly access_policy?: string | null
}): GigachatDeletedFile {
  const { id, deleted, access_policy: accessPolicy } = answer
  return { fileId: id, deleted, ...(typeof accessPolicy === 'string' && { accessPolicy }) }
}
