import { describe, expect, it } from 'vitest'
import type { Effect, LoadedFile, MediaPart, Modality, Operation, PartMessage, TextCall } from '@shlyuz/core'
import { checkFiles, fetchFile, putFile, removeFile, uploadFiles } from './gigachat-files.ts'
import type { GigachatOptions } from './gigachat-options.ts'

function loaded(mediaType: string, size = 3, sha256 = 'ab12'): LoadedFile {
  return { bytes: new Uint8Array(size), sha256, mediaType, filename: 'file.bin' }
}

function media(modality: Modality, source: MediaPart['source']): MediaPart {
  return { type: 'media', modality, source }
}

function call(messages: readonly PartMessage[], options: GigachatOptions = {}): TextCall {
  return { messages, settings: {}, stream: false, tools: [], toolChoice: 'auto', options }
}

function asking(...content: MediaPart[]): PartMessage {
  return { role: 'user', content }
}

function codesOf(...messages: PartMessage[]): readonly string[] {
  return checkFiles(call(messages)).map(({ effect, code }) => `${effect} ${code}`)
}

const megabyte = 1024 * 1024
const image = media('image', loaded('image/png'))
const document = media('document', loaded('application/pdf'))

/** The effects of an operation whose every effect is answered with `reply`. */
function drive<R>(operation: Operation<R>, reply: (effect: Effect) => unknown): { effects: Effect[]; result: R } {
  const effects: Effect[] = []
  let step = operation.next()
  while (!step.done && effects.length < 10) {
    effects.push(step.value)
    step = operation.next(reply(step.value))
  }
  if (!step.done) throw new Error('too many effects')
  return { effects, result: step.value }
}

describe('before anything is uploaded', () => {
  it('good files pass', () => {
    expect(codesOf(asking(image))).toEqual([])
    expect(codesOf(asking(media('document', loaded('text/plain; charset=utf-8'))))).toEqual([])
    expect(codesOf(asking(media('audio', loaded('audio/mpeg', 35 * megabyte))))).toEqual([])
    expect(codesOf(asking(media('document', { fileId: 'known' })))).toEqual([])
  })

  it.each([
    ['image', 'image/webp'],
    ['document', 'text/html'],
    ['audio', 'audio/flac'],
    ['image', 'constructor'],
  ] as const)('a type the service does not read is refused: %s of %s', (modality, mediaType) => {
    expect(codesOf(asking(media(modality, loaded(mediaType))))).toEqual(['refuse file-type-unsupported'])
  })

  it.each([
    ['image', 'image/jpeg', 15],
    ['audio', 'audio/wav', 35],
    ['document', 'application/pdf', 40],
  ] as const)('a file over the limit is refused: %s of %s over %i MB', (modality, mediaType, limit) => {
    expect(codesOf(asking(media(modality, loaded(mediaType, limit * megabyte))))).toEqual([])
    expect(codesOf(asking(media(modality, loaded(mediaType, limit * megabyte + 1))))).toEqual(['refuse file-too-large'])
  })

  it('two images in one message are refused, eleven in the conversation too', () => {
    expect(codesOf(asking(image, image))).toEqual(['refuse too-many-images'])
    expect(codesOf(...Array.from({ length: 10 }, () => asking(image)))).toEqual([])
    expect(codesOf(...Array.from({ length: 11 }, () => asking(image)))).toEqual(['refuse too-many-images'])
  })

  it('two documents are refused: the service would read one', () => {
    expect(codesOf(asking(document), asking(media('document', { fileId: 'known' })))).toEqual([
      'refuse too-many-documents',
    ])
  })

  it('images and audio over 80 MB together are refused', () => {
    const large = media('audio', loaded('audio/mp4', 35 * megabyte))
    expect(codesOf(asking(large), asking(large))).toEqual([])
    expect(codesOf(asking(large), asking(large), asking(large))).toEqual(['refuse files-too-large'])
  })

  it('files of several kinds are warned of', () => {
    expect(codesOf(asking(image, document))).toEqual(['warn files-mixed'])
  })

  it('a refusal names the fix in Russian', () => {
    for (const loss of checkFiles(call([asking(media('image', loaded('image/webp', 16 * megabyte)))]))) {
      expect(loss).toMatchObject({ setting: 'messages', hint: expect.stringMatching(/[а-я]/) as string })
    }
  })
})

describe('uploads', () => {
  it('are asked for once a part, with the content and the client in the key', () => {
    const known = media('document', { fileId: 'known' })
    const audio = media('audio', loaded('audio/mpeg', 3, 'cd34'))
    const asked = call([asking(image), asking(audio, known)], { clientId: 'user-7' })
    const { effects, result } = drive(uploadFiles(asked), (effect) =>
      effect.do === 'upload' ? `id of ${effect.key}` : '',
    )
    expect(effects).toMatchObject([
      { do: 'upload', key: 'ab12 image/png user-7' },
      { do: 'upload', key: 'cd34 audio/mp3 user-7' },
    ])
    expect([...result]).toEqual([
      [image, 'id of ab12 image/png user-7'],
      [audio, 'id of cd34 audio/mp3 user-7'],
      [known, 'known'],
    ])
  })

  it('send the form of the documentation, and delete with POST', () => {
    const effect = uploadFiles(
      call([asking(media('document', loaded('application/epub+zip')))], { clientId: 'user-7' }),
    ).next().value as Extract<Effect, { do: 'upload' }>
    expect(effect.key).toBe('ab12 application/epub user-7')
    const put = drive(effect.put(), () => ({ status: 200, headers: {}, body: { id: 'file-1', bytes: 3 } }))
    expect(put.result).toBe('file-1')
    expect(put.effects).toMatchObject([
      {
        do: 'exchange',
        read: 'json',
        request: {
          endpoint: 'api',
          operation: 'files',
          method: 'POST',
          path: '/files',
          headers: { 'x-client-id': 'user-7' },
          body: {
            fields: { purpose: 'general' },
            files: [{ name: 'file', filename: 'file.bin', mediaType: 'application/epub', bytes: new Uint8Array(3) }],
          },
          repeat: 'unsafe',
          accept: ['application/json'],
        },
      },
    ])
    const removed = drive(effect.remove('file-1'), () => ({ status: 200, headers: {}, body: '{}' }))
    expect(removed.effects).toEqual([
      {
        do: 'exchange',
        read: 'text',
        request: {
          endpoint: 'api',
          operation: 'files',
          method: 'POST',
          path: '/files/file-1/delete',
          headers: { 'x-client-id': 'user-7' },
          repeat: 'safe',
          accept: [],
        },
      },
    ])
  })
})

it('downloads with the client a file belongs to, and keeps ids within their place in the path', () => {
  const { effects, result } = drive(fetchFile('../a', { clientId: 'user-7' }), () => ({
    status: 200,
    headers: {},
    body: new Uint8Array([1]),
  }))
  expect(result).toEqual(new Uint8Array([1]))
  expect(effects).toMatchObject([
    { read: 'bytes', request: { method: 'GET', path: '/files/..%2Fa/content', headers: { 'x-client-id': 'user-7' } } },
  ])
  expect(removeFile('a/b', {}).next().value).toMatchObject({ request: { path: '/files/a%2Fb/delete' } })
  expect(putFile(loaded('text/plain'), {}).next().value).toMatchObject({ request: { headers: {} } })
})
