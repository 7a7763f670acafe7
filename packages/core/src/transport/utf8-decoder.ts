/**
 * Decodes UTF-8 that arrives cut at any byte. Whole reads that end with an ASCII byte, nearly all, take the fast
 * road; else at most three bytes of an unfinished character wait for the next read.
 */
export class Utf8Decoder {
  #rest: Buffer | undefined

  push(read: Buffer): string {
    const bytes = this.#rest ? Buffer.concat([this.#rest, read]) : read
    this.#rest = undefined
    const whole = bytes.length - unfinishedBytes(bytes)
    // Without an argument: Node looks no encoding up then.
    if (whole === bytes.length) return bytes.toString()
    // Copied: a view would keep the whole read alive.
    this.#rest = Buffer.from(bytes.subarray(whole))
    return bytes.toString('utf8', 0, whole)
  }

  /** What is left at the end of the body; an unfinished character becomes U+FFFD. */
  end(): string {
    const rest = this.#rest?.toString('utf8') ?? ''
    this.#rest = undefined
    return rest
  }
}

/** How many bytes at the end belong to a character that is not complete. */
function unfinishedBytes(bytes: Buffer): number {
  const { length } = bytes
  if (length === 0 || (bytes[length - 1] as number) < 0x80) return 0
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back] as number
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return needed > back ? back : 0
    }
    if (byte < 0x80) return 0
  }
  return 0
}
