import { expect, test } from 'vitest'
import { ResponseTooLargeError } from '../errors/response-too-large-error.ts'
import { BodyCollector } from './body-collector.ts'

const text = 'Ответ: озеро Байкал.'

test('however a body is cut, it comes out whole', () => {
  const bytes = Buffer.from(text)
  for (let size = 1; size <= bytes.length; size++) {
    const collector = new BodyCollector(1_000, 'refuse')
    for (let at = 0; at < bytes.length; at += size) expect(collector.push(bytes.subarray(at, at + size))).toBe(false)
    expect(collector.size).toBe(bytes.length)
    expect(collector.bytes().toString()).toBe(text)
  }
})

test('a body of nothing is no bytes', () => {
  expect(new BodyCollector(10, 'refuse').bytes().length).toBe(0)
})

test('what is larger than the limit is cut to it, or refused', () => {
  for (const pieces of [['0123456789ab'], ['01234', '56789', 'ab']]) {
    const cut = new BodyCollector(10, 'cut')
    const said = pieces.map((piece) => cut.push(Buffer.from(piece)))
    expect(said.at(-1)).toBe(true)
    expect(cut.bytes().toString()).toBe('0123456789')
    const refusing = new BodyCollector(10, 'refuse')
    expect(() => pieces.forEach((piece) => refusing.push(Buffer.from(piece)))).toThrow(ResponseTooLargeError)
  }
})
