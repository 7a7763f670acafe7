import type { ByteDecoder, ProviderFailure, StreamEnd, StreamFinish, StreamPart, Usage } from '@shlyuz/core'
import { convertYandexgptUsage } from './convert-yandexgpt-usage.ts'
import { mapYandexgptFinishReason } from './map-yandexgpt-finish-reason.ts'
import { readYandexgptFailure } from './yandexgpt-errors.ts'
import { isObject } from './yandexgpt-settings.ts'

/** Bytes of one line: 30,000 tokens are some 400 KB, so this is far above any answer. */
const lineLimit = 64 * 1024 * 1024

/**
 * Decodes the native stream: one JSON document a line, each with the whole text so far, the last with a final
 * status. Gives deltas. Source: `POST /foundationModels/v1/completion` with `stream: true` (JSON over a
 * server-streaming method: no `data:` prefix, no end mark but the status).
 */
export class YandexgptStreamDecoder implements ByteDecoder {
  readonly framing = 'bytes'
  /** True after the final status or a failure. */
  done = false
  #rest: Uint8Array[] = []
  #restLength = 0
  /** The text of the last line, and how much of it was given out. */
  #text = ''
  #given = 0
  #usage: Usage = {}
  #finish: StreamFinish | undefined
  #failure: ProviderFailure | undefined
  #announced = false

  push(bytes: Uint8Array, out: StreamPart[]): void {
    let from = 0
    while (!this.done) {
      const end = bytes.indexOf(10, from)
      if (end < 0) break
      const line = this.#takeLine(bytes.subarray(from, end))
      from = end + 1
      this.#readLine(line, out)
    }
    if (this.done || from === bytes.length) return
    // Copied: a view would keep the whole read of the socket alive.
    this.#rest.push(Buffer.from(bytes.subarray(from)))
    this.#restLength += bytes.length - from
    if (this.#restLength > lineLimit) this.#fail('a line is too long')
  }

  end(out: StreamPart[]): StreamEnd {
    // The last line may come without its line end, and is whole all the same if it can be parsed.
    if (!this.done && this.#restLength > 0) {
      const line = this.#takeLine(new Uint8Array())
      if (parseObject(line)) this.#readLine(line, out)
    }
    if (this.#failure) return { type: 'failed', failure: this.#failure }
    return this.#finish ?? { type: 'cut' }
  }

  #takeLine(tail: Uint8Array): string {
    const whole = this.#rest.length === 0 ? tail : Buffer.concat([...this.#rest, tail])
    this.#rest = []
    this.#restLength = 0
    return Buffer.from(whole.buffer, whole.byteOffset, whole.length).toString('utf8')
  }

  #readLine(line: string, out: StreamPart[]): void {
    if (line.trim() === '') return
    const answer = parseObject(line)
    if (!answer) return this.#fail('a line is not a JSON object')
    const failure = readYandexgptFailure(answer)
    if (failure) {
      this.#failure = failure
      this.done = true
      return
    }
    const result = isObject(answer['result']) ? answer['result'] : undefined
    const alternative: unknown = Array.isArray(result?.['alternatives']) ? result['alternatives'][0] : undefined
    if (!result || !isObject(alternative)) return this.#fail('a line has no alternatives')
    if (!this.#announced) {
      this.#announced = true
      // The service states a version, no model: `not stated` for the policy.
      out.push({ type: 'response-metadata' })
    }
    if (result['usage'] !== undefined) this.#usage = convertYandexgptUsage(result['usage'])
    const finishReason = mapYandexgptFinishReason(alternative['status'])
    const text = isObject(alternative['message']) ? (alternative['message']['text'] ?? '') : ''
    if (typeof text !== 'string') return this.#fail('text is not a string')
    this.#readText(text, finishReason !== undefined, out)
    if (finishReason === undefined) return
    this.#finish = {
      type: 'finish',
      finishReason,
      rawFinishReason: String(alternative['status']),
      usage: this.#usage,
    }
    this.done = true
  }

  /** The new end of the text is the delta; a text that does not continue the last one is a rewrite. */
  #readText(text: string, isLast: boolean, out: StreamPart[]): void {
    if (text === '' && this.#text === '') return
    const continues = text.length >= this.#text.length && text.slice(0, this.#text.length) === this.#text
    this.#text = text
    if (!continues) {
      this.#given = text.length
      out.push({ type: 'rewrite', text })
      return
    }
    // Half a surrogate pair waits for its other half.
    const last = text.charCodeAt(text.length - 1)
    const until = !isLast && last >= 0xd800 && last <= 0xdbff ? text.length - 1 : text.length
    if (until <= this.#given) return
    out.push({ type: 'text-delta', text: text.slice(this.#given, until) })
    this.#given = until
  }

  #fail(what: string): void {
    this.#failure = {
      kind: 'protocol',
      message: `YandexGPT's stream cannot be read: ${what}`,
      hint: 'Поток испорчен по дороге: проверьте прокси между вами и сервисом; повтор может помочь.',
      isRetryable: false,
    }
    this.done = true
  }
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
