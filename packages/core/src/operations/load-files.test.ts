import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { CallScope } from '../transport/call-scope.ts'
import { DeadlineWheel } from '../transport/deadline-wheel.ts'
import { localFile } from '../vocabulary/local-file.ts'
import type { MediaPart, UserPart } from '../vocabulary/messages.ts'
import { checkConversation } from './check-messages.ts'
import { loadFiles } from './load-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'shlyuz-files-'))
afterAll(() => rmSync(folder, { recursive: true }))

const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3])

function file(name: string, content: string | Uint8Array): ReturnType<typeof localFile> {
  writeFileSync(join(folder, name), content)
  return localFile(join(folder, name))
}

async function load(...content: readonly UserPart[]): Promise<readonly unknown[]> {
  const scope = new CallScope({ wheel: new DeadlineWheel(), limitMs: 10_000 })
  const [message] = await loadFiles(checkConversation({ messages: [{ role: 'user', content }] }), scope)
  scope.end()
  return (message?.content ?? []).map((part) => {
    const { source, modality } = part as MediaPart
    return 'bytes' in source ? { modality, ...source, bytes: source.bytes.length } : { modality, source }
  })
}

describe('files of a conversation', () => {
  it('are the same whether they come as bytes, as a Blob or from a path', async () => {
    const loaded = await load(
      { type: 'image', image: png },
      { type: 'image', image: new Blob([png]) },
      { type: 'image', image: file('scan.png', png) },
    )
    const expected = {
      modality: 'image',
      bytes: 11,
      mediaType: 'image/png',
    }
    const digests = loaded.map((one) => (one as { sha256: string }).sha256)
    expect(new Set(digests).size).toBe(1)
    expect(digests[0]).toMatch(/^[0-9a-f]{64}$/)
    expect(loaded).toMatchObject([expected, expected, expected])
    expect(loaded.map((one) => (one as { filename: string }).filename)).toEqual(['file.png', 'file.png', 'scan.png'])
  })

  it('have the type that is given, that the Blob knows, that the first bytes or the name say', async () => {
    const loaded = await load(
      { type: 'file', data: Uint8Array.of(1), mediaType: 'application/pdf', filename: 'договор.pdf' },
      { type: 'file', data: new File(['привет'], 'notes.txt', { type: 'text/plain;charset=utf-8' }) },
      { type: 'file', data: file('voice.mp3', 'abc') },
      { type: 'file', data: file('table.xlsx', 'abc') },
      { type: 'file', data: new TextEncoder().encode('RIFF\0\0\0\0WAVEfmt ') },
      { type: 'file', data: new TextEncoder().encode('%PDF-1.7') },
    )
    expect(loaded).toMatchObject([
      { modality: 'document', mediaType: 'application/pdf', filename: 'договор.pdf' },
      { modality: 'document', mediaType: 'text/plain', filename: 'notes.txt' },
      { modality: 'audio', mediaType: 'audio/mpeg', filename: 'voice.mp3' },
      { modality: 'document', mediaType: expect.stringContaining('spreadsheetml'), filename: 'table.xlsx' },
      { modality: 'audio', mediaType: 'audio/wav', filename: 'file.wav' },
      { modality: 'document', mediaType: 'application/pdf', filename: 'file.pdf' },
    ])
  })

  it('at a provider or behind a link are passed on as they are', async () => {
    const url = new URL('https://example.org/a.png')
    const loaded = await load({ type: 'image', image: url }, { type: 'file', data: { fileId: 'f-1' } })
    expect(loaded).toEqual([
      { modality: 'image', source: url },
      { modality: 'document', source: { fileId: 'f-1' } },
    ])
  })

  it.each([
    ['of no known type', { type: 'file', data: Uint8Array.of(1, 2) } as const, 'the media type is not known'],
    ['without content', { type: 'image', image: new Uint8Array(0) } as const, 'the file is empty'],
    ['that is not there', { type: 'image', image: localFile('/nowhere/x.png') } as const, 'cannot be read (ENOENT)'],
  ])('%s are refused before anything is sent', async (_title, part, message) => {
    const error: unknown = await load(part).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'ConfigurationError', message: expect.stringContaining(message) })
    expect((error as { hint: string }).hint).toMatch(/[а-я]/)
    expect((error as Error).message).not.toContain('/nowhere')
  })

  it('a conversation that came as JSON cannot name a path of this machine', () => {
    const messages: unknown = JSON.parse('[{"role":"user","content":[{"type":"file","data":{"path":"/etc/passwd"}}]}]')
    expect(() => checkConversation({ messages })).toThrow('must be bytes')
  })

  it('what an adapter need not see is left out', async () => {
    const scope = new CallScope({ wheel: new DeadlineWheel(), limitMs: 10_000 })
    const loaded = await loadFiles(
      checkConversation({
        messages: [
          { role: 'user', content: 'Нарисуй' },
          {
            role: 'assistant',
            content: [
              { type: 'source', url: 'https://example.org' },
              { type: 'file', data: { fileId: 'f-1', provider: 'one' }, mediaType: 'image/jpeg' },
              { type: 'text', text: 'Готово' },
            ],
          },
          { role: 'user', content: 'Спасибо' },
        ],
      }),
      scope,
    )
    scope.end()
    expect(loaded.map(({ content }) => content.map(({ type }) => type))).toEqual([['text'], ['text'], ['text']])
  })
})
