import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StreamPart } from '@shlyuz/core'
import { FileTagReader } from './file-tag-reader.ts'

const id = '3727db23-91a3-44fa-a6b7-9f0a311d3e9e'
const cover = '0199e20f-058c-70c0-9850-6400dd41a853'

function file(fileId: string, mediaType: string): StreamPart {
  return { type: 'file', data: { fileId, provider: 'sber' }, mediaType }
}

function read(...pieces: string[]): StreamPart[] {
  const reader = new FileTagReader('sber')
  const parts: StreamPart[] = []
  for (const piece of pieces) reader.push(piece, parts)
  reader.end(parts)
  return parts
}

/** Texts that follow one another are one. */
function joined(parts: readonly StreamPart[]): StreamPart[] {
  const whole: StreamPart[] = []
  for (const part of parts) {
    const last = whole.at(-1)
    if (part.type === 'text-delta' && last?.type === 'text-delta') {
      whole[whole.length - 1] = { type: 'text-delta', text: last.text + part.text }
    } else whole.push(part)
  }
  return whole
}

it('takes an image out of the text', () => {
  expect(read(`Вот: <img src="${id}" fuse="true"/> мой рисунок.`)).toEqual([
    { type: 'text-delta', text: 'Вот: ' },
    file(id, 'image/jpeg'),
    { type: 'text-delta', text: ' мой рисунок.' },
  ])
})

it('takes a video and its cover out of the text', () => {
  expect(read(`<video cover="${cover}" src="${id}" fuse="true"/>`)).toEqual([
    file(id, 'video/mp4'),
    file(cover, 'image/jpeg'),
  ])
})

it('takes several files that stand side by side', () => {
  const tag = `<img src="${id}" fuse="true"/>`
  expect(read(tag + tag)).toEqual([file(id, 'image/jpeg'), file(id, 'image/jpeg')])
})

describe('leaves as text', () => {
  it.each([
    ['an image of a page', '<img src="cat.png" fuse="true"/>'],
    ['an image without the mark', `<img src="${id}"/>`],
    ['the mark set to something else', `<img src="${id}" fuse="false"/>`],
    ['an image without a source', '<img fuse="true"/>'],
    ['another element', '<image src="a" fuse="true"/>'],
    ['a comparison', 'a < b, a <i and <<'],
    ['a tag that never ends', `<img src="${id}" fuse="true"`],
    ['a tag that is too long', `<img src="${'a'.repeat(500)}" fuse="true"/>`],
    ['the beginning of a tag', '<vid'],
  ])('%s', (_what, text) => {
    expect(joined(read(text))).toEqual([{ type: 'text-delta', text }])
    expect(joined(read(...text))).toEqual([{ type: 'text-delta', text }])
  })
})

it('holds back only what may become a tag', () => {
  const reader = new FileTagReader('sber')
  const parts: StreamPart[] = []
  const given = ['a <', 'b', ' <im', 'g src="', 'x y', ' z'].map((piece) => {
    reader.push(piece, parts)
    return parts.splice(0).map((part) => (part.type === 'text-delta' ? part.text : part.type))
  })
  expect(given).toEqual([['a '], ['<b'], [' '], [], ['<img src="x y'], [' z']])
})

it('finds the same, however the answer is cut', () => {
  const text = `Раз <img src="${id}" fuse="true"/> <b>два</b> <video cover="${cover}" src="${id}" fuse="true"/>три <img`
  const whole = joined(read(text))
  expect(whole.filter(({ type }) => type === 'file')).toHaveLength(3)
  fc.assert(
    fc.property(fc.array(fc.nat(text.length), { maxLength: 20 }), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), text.length]
      const pieces = at.slice(1).map((to, index) => text.slice(at[index], to))
      expect(joined(read(...pieces))).toEqual(whole)
    }),
  )
})

it('loses nothing of any text', () => {
  const piece = fc.oneof(fc.string(), fc.constantFrom('<', '<img', ' src="', 'a"', ' fuse="true"', '/>', '<video'))
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const parts = read(...pieces)
      const text = parts.map((part) => (part.type === 'text-delta' ? part.text : '')).join('')
      const all = pieces.join('')
      expect(parts.some(({ type }) => type === 'file') || text === all).toBe(true)
    }),
  )
})
