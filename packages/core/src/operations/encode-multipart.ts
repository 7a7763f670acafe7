import { randomBytes } from 'node:crypto'
import { ConfigurationError } from '../errors/configuration-error.ts'
import type { Multipart } from '../provider.ts'

/** A form ready to be sent. */
export interface EncodedMultipart {
  readonly contentType: string
  readonly bytes: Uint8Array
}

/**
 * Encodes a form by RFC 7578. Names and file names are UTF-8, with quotes and line breaks percent-encoded as browsers
 * do it (WHATWG HTML, "multipart/form-data"). The boundary occurs in no part.
 * @throws ConfigurationError for a media type that is none
 */
export function encodeMultipart({ fields, files }: Multipart): EncodedMultipart {
  const parts: [head: string, content: Uint8Array][] = []
  for (const [name, value] of Object.entries(fields)) {
    parts.push([`content-disposition: form-data; name="${escapeName(name)}"\r\n\r\n`, Buffer.from(value)])
  }
  for (const { name, filename, mediaType, bytes } of files) {
    const disposition = `form-data; name="${escapeName(name)}"; filename="${escapeName(filename)}"`
    const head = `content-disposition: ${disposition}\r\ncontent-type: ${checkMediaType(mediaType)}\r\n\r\n`
    parts.push([head, bytes])
  }
  const boundary = chooseBoundary(parts)
  const chunks: Uint8Array[] = []
  for (const [head, content] of parts)
    chunks.push(Buffer.from(`--${boundary}\r\n${head}`), content, Buffer.from('\r\n'))
  chunks.push(Buffer.from(`--${boundary}--\r\n`))
  return { contentType: `multipart/form-data; boundary=${boundary}`, bytes: Buffer.concat(chunks) }
}

function escapeName(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

/** A media type comes from the caller, and a line break in it would begin another header. */
function checkMediaType(mediaType: string): string {
  if (/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:;[\t\u0020-\u007e]*)?$/.test(mediaType)) return mediaType
  throw new ConfigurationError('the media type of a file is malformed', {
    code: 'config.media_type',
    hint: "mediaType: тип файла вида 'application/pdf'.",
  })
}

/** 144 random bits meet no content by chance; that they do not is checked all the same. */
function chooseBoundary(parts: readonly (readonly [string, Uint8Array])[]): string {
  for (;;) {
    const boundary = `shlyuz-${randomBytes(18).toString('hex')}`
    const met = parts.some(
      ([head, content]) =>
        head.includes(boundary) ||
        Buffer.from(content.buffer, content.byteOffset, content.byteLength).includes(boundary),
    )
    if (!met) return boundary
  }
}
