import type { KeyObject } from 'node:crypto'
import { chainStart, checkSeal, hashLine, parseLine, type ChainEnd, type Link } from './chain.ts'

export type BadReason =
  | 'edited'
  | 'removed'
  | 'inserted or reordered'
  | 'bad signature'
  | 'unsigned'
  | 'not JSON'
  | 'truncated'

/** A line, by its file and its number in it, from 1. Of one that is missing: where it should be. */
export interface Place {
  readonly file: string
  readonly line: number
}

export interface Finding extends Place {
  readonly reason: BadReason
}

/** What is known beside the lines themselves. */
interface Evidence {
  /** The last line that was surely on disk, by the head file. */
  readonly head?: (ChainEnd & { readonly file: string }) | undefined
  readonly publicKey?: KeyObject | undefined
}

/**
 * Follows the chain line by line, over several files, and stops at the first line that does not fit. Only the last line
 * has no later one to vouch for it: there the head file does.
 */
export class ChainReader {
  /** The first line that does not fit. */
  finding: Finding | undefined
  end: ChainEnd = chainStart
  /** By the start line of the last file. */
  fileNumber: number | undefined
  /** Of the lines that fit. */
  readonly notes = { recovered: 0, gaps: 0, dropped: 0, signed: 0 }
  readonly #evidence: Evidence
  #file = ''
  #line = 0
  #last: { readonly place: Place; readonly link: Link } | undefined
  /** A missing line may yet turn up behind those that stand in its place. */
  #seqAfterHole: number | undefined

  constructor(evidence: Evidence = {}) {
    this.#evidence = evidence
  }

  /** What follows is in this file. `number` is the one in its start line, where it is known. */
  beginFile(file: string, number?: number): void {
    const expected = this.fileNumber === undefined ? number : this.fileNumber + 1
    if (number !== undefined && expected !== number) this.#find('removed', { file, line: 1 })
    this.#file = file
    this.#line = 0
    this.fileNumber = expected
  }

  read(line: Uint8Array): void {
    this.#line++
    const link = parseLine(line)
    if (this.finding) return this.#lookForMissing(link)
    if (!link) return this.#find('not JSON')
    if (link === 'malformed') return this.#find('edited')
    if (this.#line === 1 && !this.#begin(link)) return
    const misfit = this.#compare(link, line)
    if (misfit) return this.#find(misfit.reason, misfit.place)
    this.#accept(link, line)
  }

  /** At the end of all files. */
  finish(): void {
    const { head } = this.#evidence
    if (!head || this.finding || head.seq <= this.end.seq) return
    // The hash of the last line under another number: the head was edited.
    if (head.hash === this.end.hash) this.#find('edited', { file: head.file, line: 1 })
    else this.#find('truncated', this.#next())
  }

  /** The first line of a file says which it is, and of the oldest file where the chain goes on from. */
  #begin(link: Link): boolean {
    const { type, file } = link.members
    const isStart = type === 'start' && Number.isSafeInteger(file)
    const isFirst = this.#last === undefined
    if (!isStart && isFirst) {
      // A file without its start line cannot say what came before.
      const isWhole = link.seq === 1 && link.prev === null
      this.#find(isWhole ? 'edited' : 'removed')
      this.#seqAfterHole = link.seq
      return false
    }
    if (!isStart) return true
    const fits = link.prev === this.end.hash && link.seq === this.end.seq + 1
    if (this.fileNumber !== undefined && this.fileNumber !== file && (isFirst || fits)) {
      this.#find('edited')
      return false
    }
    this.fileNumber = file as number
    if (isFirst && this.fileNumber > 1) {
      this.end = { seq: link.seq - 1, hash: link.prev }
      this.#checkHead(this.#place())
    }
    return this.finding === undefined
  }

  #compare(link: Link, line: Uint8Array): { readonly reason: BadReason; readonly place?: Place } | undefined {
    const last = this.#last
    const isNext = link.seq === this.end.seq + 1
    if (link.prev === this.end.hash) return isNext ? this.#checkSeal(line) : { reason: 'edited' }
    if (isNext) {
      // Either the line before was changed, which changes all of its hash, or a part of the hash that is written here.
      const isHere = !last || this.end.hash === null || isNearly(link.prev, this.end.hash)
      return isHere ? { reason: 'edited' } : { reason: 'edited', place: last.place }
    }
    if (link.seq > this.end.seq) {
      this.#seqAfterHole = link.seq
      const isAtEndOfLastFile = this.#line === 1 && link.members['type'] === 'start'
      return { reason: 'removed', ...(isAtEndOfLastFile && { place: this.#next() }) }
    }
    const isRival = last?.link.seq === link.seq && last.link.prev === link.prev && hashLine(line) !== this.end.hash
    return { reason: 'inserted or reordered', ...(isRival && last && { place: last.place }) }
  }

  #checkSeal(line: Uint8Array): { readonly reason: BadReason } | undefined {
    const { publicKey } = this.#evidence
    const seal = publicKey ? checkSeal(line, publicKey) : 'good'
    return seal === 'good' ? undefined : { reason: seal }
  }

  #accept(link: Link, line: Uint8Array): void {
    this.end = { seq: link.seq, hash: hashLine(line) }
    this.#last = { place: this.#place(), link }
    this.#checkHead(this.#last.place)
    const { type, dropped, sig } = link.members
    if (type === 'recovered') this.notes.recovered++
    if (type === 'gap') this.notes.gaps++
    if (type === 'gap' && typeof dropped === 'number') this.notes.dropped += dropped
    if (sig !== undefined) this.notes.signed++
  }

  #checkHead(place: Place): void {
    const { head } = this.#evidence
    if (!head || head.seq !== this.end.seq || head.hash === this.end.hash) return
    const isHead = this.end.hash !== null && isNearly(head.hash, this.end.hash)
    this.#find('edited', isHead ? { file: head.file, line: 1 } : place)
  }

  #lookForMissing(link: Link | 'malformed' | undefined): void {
    if (this.#seqAfterHole === undefined || link === undefined || link === 'malformed' || !this.finding) return
    if (link.seq < this.#seqAfterHole) {
      this.finding = { ...this.finding, reason: 'inserted or reordered' }
      this.#seqAfterHole = undefined
    }
  }

  #find(reason: BadReason, { file, line }: Place = this.#place()): void {
    this.finding ??= { file, line, reason }
  }

  #place(): Place {
    return { file: this.#file, line: this.#line }
  }

  /** Where the next line should be: behind the last one that fits. */
  #next(): Place {
    const { file, line } = this.#last?.place ?? { file: this.#file, line: 0 }
    return { file, line: line + 1 }
  }
}

/** A hash with a few characters changed, or no hash at all: two hashes agree in four of 64 digits by chance. */
function isNearly(given: string | null, hash: string): boolean {
  if (given?.length !== hash.length || !given.startsWith('sha256:')) return true
  let same = 0
  for (let at = 'sha256:'.length; at < hash.length; at++) if (given[at] === hash[at]) same++
  return same >= 32
}
