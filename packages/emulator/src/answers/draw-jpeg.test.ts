import { describe, expect, it } from 'vitest'
import { drawJpeg } from './draw-jpeg.ts'

/** What a decoder of its own finds: the size of the frame, and the means of each block's three components. */
function decode(bytes: Uint8Array) {
  const data = Buffer.from(bytes)
  expect(data.readUInt16BE(0)).toBe(0xffd8)
  const tables = new Map<number, Map<string, number>>()
  let [at, width, height, quantum, precision] = [2, 0, 0, 0, 0]
  for (let markers = 0; markers < 20; markers++) {
    const marker = data.readUInt16BE(at)
    const length = data.readUInt16BE(at + 2)
    const content = data.subarray(at + 4, at + 2 + length)
    at += 2 + length
    if (marker === 0xffdb) quantum = content.readUInt8(1)
    if (marker === 0xffc4) tables.set(content.readUInt8(0), readTable(content.subarray(1)))
    if (marker === 0xffc0) {
      precision = content.readUInt8(0)
      height = content.readUInt16BE(1)
      width = content.readUInt16BE(3)
    }
    if (marker === 0xffda) break
  }
  const end = data.length - 2
  expect(data.readUInt16BE(end)).toBe(0xffd9)
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8)
  return { width, height, precision, means: readScan(data.subarray(at, end), tables, blocks, quantum) }
}

function readTable(content: Buffer): Map<string, number> {
  const codes = new Map<string, number>()
  let [code, symbol] = [0, 16]
  for (let length = 1; length <= 16; length++) {
    for (let count = content.readUInt8(length - 1); count > 0; count--) {
      codes.set(code.toString(2).padStart(length, '0'), content.readUInt8(symbol++))
      code += 1
    }
    code *= 2
  }
  expect(symbol).toBe(content.length)
  expect([...codes.keys()].some((bits) => !bits.includes('0'))).toBe(false)
  return codes
}

function readScan(scan: Buffer, tables: Map<number, Map<string, number>>, blocks: number, quantum: number) {
  const bits: string[] = []
  for (let index = 0; index < scan.length; index++) {
    bits.push(scan.readUInt8(index).toString(2).padStart(8, '0'))
    if (scan[index] === 0xff) expect(scan[(index += 1)]).toBe(0)
  }
  const stream = bits.join('')
  let at = 0
  const readSymbol = (table: number): number => {
    for (let length = 1; length <= 16; length++) {
      const symbol = tables.get(table)?.get(stream.slice(at, at + length))
      if (symbol === undefined) continue
      at += length
      return symbol
    }
    throw new Error(`No code of table ${table} at bit ${at}`)
  }
  const readDifference = (length: number): number => {
    if (length === 0) return 0
    const read = stream.slice(at, at + length)
    at += length
    const value = Number.parseInt(read, 2)
    return read.startsWith('1') ? value : value - 2 ** length + 1
  }
  const means: number[][] = []
  const before = [0, 0, 0]
  for (let block = 0; block < blocks; block++) {
    const mean = before.map((value, component) => {
      const next = value + readDifference(readSymbol(0x00))
      expect(readSymbol(0x10)).toBe(0)
      before[component] = next
      return (next * quantum) / 8 + 128
    })
    means.push(mean)
  }
  expect(stream.length - at).toBeLessThan(8)
  expect(stream.slice(at)).toMatch(/^1*$/)
  return means
}

describe('drawn images', () => {
  it('are baseline JPEGs of a megapixel unless told otherwise, and small', () => {
    const image = drawJpeg('зимний лес, акварель')
    const { width, height, precision } = decode(image.subarray(0))
    expect({ width, height, precision }).toEqual({ width: 1024, height: 1024, precision: 8 })
    expect(image.length).toBeLessThan(20_000)
    expect(Buffer.from(image).toString('base64')).toMatch(/^\/9j\//)
  })

  it.each([
    [1, 1],
    [8, 8],
    [301, 77],
    [640, 1536],
  ])('have %i by %i pixels when asked, every block within the range of a pixel', (width, height) => {
    const image = decode(drawJpeg('летнее море', { width, height }))
    expect(image).toMatchObject({ width, height })
    expect(image.means.flat().every((value) => value >= 0 && value <= 255)).toBe(true)
  })

  it('take their colours from the prompt, the same each time', () => {
    const size = { width: 64, height: 64 }
    const colours = (prompt: string): Set<string> =>
      new Set(decode(drawJpeg(prompt, size)).means.map((mean) => mean.join(' ')))
    expect(drawJpeg('кот', size)).toEqual(drawJpeg('кот', size))
    expect(colours('кот').size).toBeGreaterThan(1)
    expect([...colours('пёс')].some((colour) => colours('кот').has(colour))).toBe(false)
  })

  it('have no side of zero, a half, or more than the format can say', () => {
    expect(() => drawJpeg('кот', { width: 0, height: 8 })).toThrow(RangeError)
    expect(() => drawJpeg('кот', { width: 8, height: 1.5 })).toThrow(RangeError)
    expect(() => drawJpeg('кот', { width: 65_536, height: 8 })).toThrow(RangeError)
  })
})
