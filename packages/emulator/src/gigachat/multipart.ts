/** One part of a `multipart/form-data` body. */
export interface FormPart {
  readonly name: string
  /** Stated for files. */
  readonly filename?: string
  /** Stated for files. */
  readonly contentType?: string
  readonly content: Uint8Array
}

const lineEnd = '\r\n'

/**
 * The parts of a `multipart/form-data` body (RFC 7578), read from its bytes.
 *
 * @returns `undefined` when the content type is another, or the body is not well formed or not complete
 */
export function readMultipart(contentType: string | null, body: Uint8Array): FormPart[] | undefined {
  const boundary = readBoundary(contentType)
  if (boundary === undefined) return undefined
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const parts: FormPart[] = []
  let at = bytes.indexOf(`--${boundary}`)
  if (at !== 0 && (at < 0 || bytes.subarray(at - 2, at).toString() !== lineEnd)) return undefined
  for (;;) {
    at += boundary.length + 2
    const sign = bytes.subarray(at, at + 2).toString('latin1')
    if (sign === '--') return parts
    if (sign !== lineEnd) return undefined
    const end = bytes.indexOf(`${lineEnd}--${boundary}`, at)
    if (end < 0) return undefined
    const part = readPart(bytes.subarray(at + 2, end))
    if (part === undefined) return undefined
    parts.push(part)
    at = end + 2
  }
}

function readBoundary(contentType: string | null): string | undefined {
  const found = /^multipart\/form-data\s*;.*?\bboundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType ?? '')
  return found?.[1] ?? found?.[2]
}

function readPart(bytes: Buffer): FormPart | undefined {
  const head = bytes.indexOf(`${lineEnd}${lineEnd}`)
  if (head < 0) return undefined
  const headers = new Map(
    bytes
      .subarray(0, head)
      .toString()
      .split(lineEnd)
      .map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const
      }),
  )
  const disposition = headers.get('content-disposition') ?? ''
  const name = /^form-data\b.*?;\s*name="([^"]*)"/i.exec(disposition)?.[1]
  if (name === undefined) return undefined
  const encoded = /;\s*filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1]
  const plain = /;\s*filename="((?:\\.|[^"\\])*)"/i.exec(disposition)?.[1]
  const filename = encoded === undefined ? plain?.replace(/%22|\\"/g, '"') : decodeURIComponent(encoded)
  const contentType = headers.get('content-type')
  return {
    name,
    ...(filename === undefined ? {} : { filename }),
    ...(contentType === undefined ? {} : { contentType }),
    content: bytes.subarray(head + 4),
  }
}
