import type { FilePart, StreamPart } from '@shlyuz/core'

/** The longest tag that is looked for, in characters: two ids of 36 and four attributes are below 200. */
const longestTag = 400

/** `<img src="id" fuse="true"/>`, `<video cover="id" src="id" fuse="true"/>`: ids have letters, digits and hyphens. */
const wholeTag = /^<(img|video)((?:\s+[a-z]+="[\w-]*")+)\s*\/?>/
/** Any beginning of one. */
const begunTag = /^<(?:img|video)(?:\s+[a-z]+="[\w-]*")*(?:\s*\/?|\s+[a-z]+(?:=(?:"[\w-]*)?)?)$/

/**
 * Takes the files that built-in functions made out of an answer: they stand in its text as tags marked
 * `fuse="true"`. Text passes as it comes; only what may still become a tag is held back. Other tags are text.
 * Source: `POST /v1/chat/completions`, answers of text2image.
 */
export class FileTagReader {
  readonly #providerName: string
  #held = ''

  constructor(providerName: string) {
    this.#providerName = providerName
  }

  push(text: string, out: StreamPart[]): void {
    const all = this.#held + text
    this.#held = ''
    let from = 0
    for (let at = all.indexOf('<'); at >= 0; at = all.indexOf('<', at + 1)) {
      const rest = all.slice(at, at + longestTag)
      const [tag, name, attributes] = wholeTag.exec(rest) ?? []
      const files = tag === undefined ? [] : this.#readTag(name as 'img' | 'video', attributes!)
      if (files.length > 0) {
        pushText(all.slice(from, at), out)
        out.push(...files)
        from = at + tag!.length
        at = from - 1
      } else if (at + rest.length === all.length && rest.length < longestTag && mayBecomeTag(rest)) {
        pushText(all.slice(from, at), out)
        this.#held = rest
        return
      }
    }
    pushText(all.slice(from), out)
  }

  /** The answer is over: what was held back was text. */
  end(out: StreamPart[]): void {
    pushText(this.#held, out)
    this.#held = ''
  }

  #readTag(name: 'img' | 'video', attributes: string): readonly FilePart[] {
    const values = new Map([...attributes.matchAll(/([a-z]+)="([\w-]*)"/g)].map(([, key, value]) => [key, value]))
    const source = values.get('src')
    const cover = values.get('cover')
    if (values.get('fuse') !== 'true' || !source) return []
    if (name === 'img') return [this.#file(source, 'image/jpeg')]
    return [this.#file(source, 'video/mp4'), ...(cover ? [this.#file(cover, 'image/jpeg')] : [])]
  }

  #file(fileId: string, mediaType: string): FilePart {
    return { type: 'file', data: { fileId, provider: this.#providerName }, mediaType }
  }
}

function mayBecomeTag(text: string): boolean {
  return '<img'.startsWith(text) || '<video'.startsWith(text) || begunTag.test(text)
}

function pushText(text: string, out: StreamPart[]): void {
  if (text !== '') out.push({ type: 'text-delta', text })
}
