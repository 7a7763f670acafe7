import type { ContentPart } from '../vocabulary/messages.ts'
import type { StreamPart } from '../vocabulary/stream-parts.ts'
import { GrowingText } from './growing-text.ts'

/** Joins the parts of a stream to the content of the whole answer, in their order. */
export class ContentBuilder {
  readonly #parts: ContentPart[] = []
  #text = new GrowingText()
  /** What the part that is still growing holds; of a text only where it began in {@link text}: it is kept once. */
  #reasoning: GrowingText | undefined
  #textFrom = 0
  #growing: 'text' | 'reasoning' | undefined
  #started = false

  /** True when something was given out that cannot be taken back. */
  get started(): boolean {
    return this.#started
  }

  /** The text so far. */
  get text(): string {
    return this.#text.toString()
  }

  get textLength(): number {
    return this.#text.length
  }

  push(part: StreamPart): void {
    switch (part.type) {
      case 'text-delta':
        if (this.#growing !== 'text') this.#begin('text')
        return this.#text.append(part.text)
      case 'reasoning-delta':
        if (this.#growing !== 'reasoning') this.#begin('reasoning')
        return (this.#reasoning ??= new GrowingText()).append(part.text)
      case 'rewrite':
        return this.#rewrite(part.text)
      case 'tool-call':
      case 'file':
      case 'source':
        this.#started = true
        this.#close()
        this.#parts.push(part)
        return
      default:
        return
    }
  }

  /** The content so far. */
  content(): readonly ContentPart[] {
    this.#close()
    return this.#parts.slice()
  }

  /** Of an answer that was cut. Text that was given and taken back leaves an empty one: nothing was not given. */
  partial(): readonly ContentPart[] {
    const content = this.content()
    return content.length === 0 && this.#started ? [{ type: 'text', text: '' }] : content
  }

  #begin(type: 'text' | 'reasoning'): void {
    this.#started = true
    this.#close()
    this.#growing = type
    this.#textFrom = this.#text.length
  }

  #close(): void {
    const type = this.#growing
    if (type === undefined) return
    const text = type === 'text' ? this.text.slice(this.#textFrom) : String(this.#reasoning ?? '')
    this.#reasoning = undefined
    this.#growing = undefined
    if (text !== '') this.#parts.push({ type, text })
  }

  #rewrite(text: string): void {
    this.#close()
    const others = this.#parts.filter(({ type }) => type !== 'text')
    this.#parts.length = 0
    this.#parts.push(...others)
    this.#text = new GrowingText()
    this.#begin('text')
    this.#text.append(text)
  }
}
