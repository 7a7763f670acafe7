import { hashText } from '../random.ts'

/** Width and height of an image in pixels, each from 1 to 65,535. */
export interface ImageSize {
  readonly width: number
  readonly height: number
}

/**
 * A JPEG that any decoder reads, of the size asked for: a pattern of two colours, both made from the prompt. The same
 * prompt and size give the same bytes.
 *
 * The simplest form of the baseline process (ITU-T T.81): three components without subsampling, one table of each kind,
 * and blocks of eight by eight pixels in one colour. Such a block is its mean alone (DC) and no waves (AC), so an
 * image of a megapixel has some 12 kB.
 *
 * @throws RangeError when a side is not a whole number from 1 to 65,535
 */
export function drawJpeg(prompt: string, size: ImageSize = { width: 1024, height: 1024 }): Uint8Array {
  const { width, height } = size
  for (const side of [width, height]) {
    if (!Number.isInteger(side) || side < 1 || side > 65_535)
      throw new RangeError(`drawJpeg: no side of ${side} pixels`)
  }
  return Buffer.concat([
    segment(0xd8),
    segment(0xe0, [...Buffer.from('JFIF\0'), 1, 1, 0, ...uint16(1), ...uint16(1), 0, 0]),
    segment(0xdb, [0, ...Array.from({ length: 64 }, () => quantum)]),
    segment(0xc0, [8, ...uint16(height), ...uint16(width), 3, ...components.flatMap((id) => [id, 0x11, 0])]),
    segment(0xc4, [0x00, ...meanTable.counts, ...meanTable.symbols]),
    segment(0xc4, [0x10, ...waveTable.counts, ...waveTable.symbols]),
    segment(0xda, [3, ...components.flatMap((id) => [id, 0x00]), 0, 63, 0]),
    encodeBlocks(createPattern(prompt), size),
    segment(0xd9),
  ])
}

/** With this step of quantisation the DC number of a block is the mean of its pixels, less 128. */
const quantum = 8

/** Brightness, blue and red, as JFIF numbers them. */
const components = [1, 2, 3] as const

/** A Huffman table: how many codes there are of each length from 1 to 16 bits, and what they stand for in order. */
interface CodeTable {
  readonly counts: readonly number[]
  readonly symbols: readonly number[]
}

/**
 * How many bits the difference to the mean of the block before needs. Most blocks repeat it, so 0 has the shortest
 * code. A code of all ones is not allowed, hence the one of five bits.
 */
const meanTable: CodeTable = {
  counts: [1, 0, 0, 7, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  symbols: [0, 1, 2, 3, 4, 5, 6, 7, 8],
}

/** Waves: the one symbol "no more of them". */
const waveTable: CodeTable = { counts: [1, ...Array.from({ length: 15 }, () => 0)], symbols: [0] }

/** A colour as the means of its three components, less 128. */
type Colour = readonly [brightness: number, blue: number, red: number]

/** Which colour stands where. Positions are from 0 up to 1. */
type Pattern = (across: number, down: number) => Colour

const cells = 8

/** A mirrored pattern of eight by eight cells, darker towards the bottom in four steps. */
function createPattern(prompt: string): Pattern {
  const hue = hashText(`hue ${prompt}`) % 360
  const otherHue = (hue + 90 + (hashText(`other ${prompt}`) % 180)) % 360
  const rows = Array.from({ length: cells }, (_, row) => hashText(`row ${row} ${prompt}`))
  return (across, down) => {
    const row = Math.floor(down * cells)
    const fromEdge = Math.floor(Math.min(across, 1 - across) * cells)
    const isFilled = (((rows[row] ?? 0) >> fromEdge) & 1) === 1
    return fromHue(isFilled ? hue : otherHue, (isFilled ? 0.75 : 0.95) - 0.1 * Math.floor(down * 4))
  }
}

/** A strong colour of a hue in degrees, as JFIF turns red, green and blue into its components. */
function fromHue(hue: number, brightness: number): Colour {
  const channel = (offset: number): number => {
    const place = (offset + hue / 60) % 6
    return 255 * brightness * (1 - 0.7 * Math.max(0, Math.min(place, 4 - place, 1)))
  }
  const [red, green, blue] = [channel(5), channel(3), channel(1)]
  return [
    Math.round(0.299 * red + 0.587 * green + 0.114 * blue) - 128,
    Math.round(-0.168_736 * red - 0.331_264 * green + 0.5 * blue),
    Math.round(0.5 * red - 0.418_688 * green - 0.081_312 * blue),
  ]
}

/** The scan: for each block, from left to right and down, its three components. */
function encodeBlocks(pattern: Pattern, { width, height }: ImageSize): Uint8Array {
  const bits = new BitWriter()
  const means = codesOf(meanTable)
  const noWaves = codesOf(waveTable)[0] ?? missing()
  const [columns, rows] = [Math.ceil(width / 8), Math.ceil(height / 8)]
  const before = [0, 0, 0]
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const colour = pattern(column / columns, row / rows)
      for (const [component, mean] of colour.entries()) {
        const difference = mean - (before[component] ?? 0)
        before[component] = mean
        const length = 32 - Math.clz32(Math.abs(difference))
        const code = means[length] ?? missing()
        bits.write(code.value, code.length)
        // A negative difference is written as the value one less, cut to the same bits: they then begin with 0.
        bits.write(difference < 0 ? difference - 1 : difference, length)
        bits.write(noWaves.value, noWaves.length)
      }
    }
  }
  return bits.end()
}

interface Code {
  readonly value: number
  readonly length: number
}

/** The code of each symbol: codes of a length count upwards, and one bit longer means twice as much. */
function codesOf({ counts, symbols }: CodeTable): Code[] {
  const codes: Code[] = []
  let value = 0
  let next = 0
  for (const [index, count] of counts.entries()) {
    for (let number = 0; number < count; number++) {
      codes[symbols[next++] ?? missing()] = { value: value++, length: index + 1 }
    }
    value <<= 1
  }
  return codes
}

/** Joins bits to bytes; behind a byte FF comes a 00, so that no marker appears in the scan. */
class BitWriter {
  readonly #bytes: number[] = []
  #held = 0
  #count = 0

  /** Writes the lowest `length` bits, the highest of them first. */
  write(value: number, length: number): void {
    for (let bit = length - 1; bit >= 0; bit--) {
      this.#held = (this.#held << 1) | ((value >> bit) & 1)
      this.#count += 1
      if (this.#count === 8) this.#flush()
    }
  }

  /** The bytes, the last one filled up with ones. */
  end(): Uint8Array {
    while (this.#count > 0) this.write(1, 1)
    return Uint8Array.from(this.#bytes)
  }

  #flush(): void {
    this.#bytes.push(this.#held)
    if (this.#held === 0xff) this.#bytes.push(0)
    this.#held = 0
    this.#count = 0
  }
}

/** A marker, with its length and content if it has any. */
function segment(marker: number, content?: readonly number[]): Uint8Array {
  if (content === undefined) return Uint8Array.of(0xff, marker)
  return Uint8Array.from([0xff, marker, ...uint16(content.length + 2), ...content])
}

function uint16(value: number): [high: number, low: number] {
  return [value >> 8, value & 0xff]
}

function missing(): never {
  throw new Error('drawJpeg: a value lies outside its code table')
}
