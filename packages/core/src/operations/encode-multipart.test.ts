import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../errors/configuration-error.ts'
import type { Multipart } from '../provider.ts'
import { encodeMultipart } from './encode-multipart.ts'

function textOf(form: Multipart): { readonly text: string; readonly boundary: string } {
  const { contentType, bytes } = encodeMultipart(form)
  const boundary = contentType.slice('multipart/form-data; boundary='.length)
  return { text: Buffer.from(bytes).toString('utf8'), boundary }
}

const file = { name: 'file', filename: 'a.txt', mediaType: 'text/plain', bytes: Buffer.from('содержимое') }

describe('encodeMultipart', () => {
  test('writes fields, then files, byte for byte', () => {
    const { text, boundary } = textOf({ fields: { purpose: 'general' }, files: [file] })
    expect(text.replaceAll(boundary, 'B')).toBe(
      [
        '--B',
        'content-disposition: form-data; name="purpose"',
        '',
        'general',
        '--B',
        'content-disposition: form-data; name="file"; filename="a.txt"',
        'content-type: text/plain',
        '',
        'содержимое',
        '--B--',
        '',
      ].join('\r\n'),
    )
  })

  test.each([
    ['quotes', 'a"b.txt', 'a%22b.txt'],
    ['line breaks', 'a\r\nx-evil: 1\n.txt', 'a%0D%0Ax-evil: 1%0A.txt'],
    ['Cyrillic letters', 'договор.pdf', 'договор.pdf'],
    ['a backslash and a semicolon', 'a\\b;c.txt', 'a\\b;c.txt'],
  ])('a name with %s stays one name', (_what, filename, expected) => {
    const { text } = textOf({ fields: { [filename]: 'x' }, files: [{ ...file, filename }] })
    expect(text).toContain(`form-data; name="${expected}"\r\n`)
    expect(text).toContain(`name="file"; filename="${expected}"\r\n`)
  })

  test.each(['text/plain\r\nx-evil: 1', 'text', '', 'text/plain, text/html', 'текст/plain'])(
    'the media type %j is refused',
    (mediaType) => {
      expect(() => encodeMultipart({ fields: {}, files: [{ ...file, mediaType }] })).toThrow(ConfigurationError)
    },
  )

  test('a media type may have parameters', () => {
    expect(textOf({ fields: {}, files: [{ ...file, mediaType: 'text/plain; charset=utf-8' }] }).text).toContain(
      'content-type: text/plain; charset=utf-8\r\n',
    )
  })

  test('every form has a boundary of its own, which occurs as a boundary alone', () => {
    const seen = new Set<string>()
    for (let round = 0; round < 50; round++) {
      const { text, boundary } = textOf({ fields: { a: '--shlyuz-', b: '\r\n--' }, files: [file] })
      expect(text.split(boundary)).toHaveLength(5)
      seen.add(boundary)
    }
    expect(seen.size).toBe(50)
  })

  test('bytes that are a view of a larger buffer are written as the view', () => {
    const bytes = new Uint8Array(Buffer.from('xx0123xx')).subarray(2, 6)
    expect(textOf({ fields: {}, files: [{ ...file, bytes }] }).text).toContain('\r\n\r\n0123\r\n--')
  })
})
