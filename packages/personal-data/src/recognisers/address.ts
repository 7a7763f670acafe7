import { isKnownCapitalised } from '../dictionaries/capitalised-words.ts'
import { isCity } from '../dictionaries/cities.ts'
import {
  addressPart,
  bareStreet,
  blockKind,
  blockName,
  calledHouse,
  countedBehind,
  house,
  joint,
  nameBefore,
  nameBehind,
  room,
  settlementKind,
  smallNameBehind,
  street,
  streetKind,
  tail,
  unknownTown,
} from './address-patterns.ts'
import type { Candidate } from './candidate.ts'
import { isPatronymic, trustFirstName } from './name-parts.ts'
import type { SourceText } from './source-text.ts'

/** Postal addresses down to the house. A street or a town alone is everybody's. */
export function recogniseAddresses(source: SourceText): readonly Candidate[] {
  if (source.digitRuns.length === 0) return []
  const found: Candidate[] = []
  let taken = 0
  for (const { 0: kind, index } of source.lower.matchAll(street)) {
    if (index < taken) continue
    const span = readAddress(source, index, index + kind.length, kind)
    if (span === undefined || span.start < taken) continue
    found.push({ ...span, type: 'ADDRESS', isChecked: false })
    taken = span.end
  }
  return [...found, ...readBareStreets(source)]
}

/** `Москва, Арбат, д. 10`: a known town and a called house tell what stands between. */
function readBareStreets(source: SourceText): readonly Candidate[] {
  const { text, lower } = source
  const found: Candidate[] = []
  for (const { index } of lower.matchAll(/,? (?:д|дом)\.? ?\d/g)) {
    const name = bareStreet.exec(text.slice(Math.max(0, index - 40), index))?.[0]
    const end = name ? readHouse(source, index, true) : undefined
    if (name === undefined || end === undefined) continue
    const start = extendLeft(text, index - name.length, false)
    const isPlaced = start < index - name.length || lower.endsWith('на ', start)
    if (isPlaced) found.push({ start, end: extendRight(source, end), type: 'ADDRESS', isChecked: false })
  }
  return found
}

function readAddress(
  source: SourceText,
  kindStart: number,
  kindEnd: number,
  kind: string,
): { readonly start: number; readonly end: number } | undefined {
  const { text } = source
  const isSettlement = settlementKind.test(kind) && !streetKind.test(kind)
  const named = isSettlement ? null : nameBefore.exec(text.slice(Math.max(0, kindStart - 60), kindStart))
  // `5-я линия`, but not `горячая линия`.
  const before = kind.startsWith('лини') && !/\d/.test(named?.[0] ?? '') ? null : named
  const kindEndBare = kindStart + kind.trimEnd().length
  const readings: [number, number][] = []
  if (before) readings.push([kindStart - before[0].length, kindEndBare])
  const behind =
    matchAt(nameBehind, text, kindEnd) ??
    (blockKind.test(kind) ? matchAt(blockName, text, kindEnd) : undefined) ??
    matchAt(smallNameBehind, text, kindEnd)
  if (behind) readings.push([kindStart, kindEnd + behind.length])
  for (const [start, streetEnd] of readings) {
    const end = readHouse(source, streetEnd, isSettlement)
    if (end !== undefined) return { start: extendLeft(text, start), end: extendRight(source, end) }
  }
  return undefined
}

function matchAt(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset
  return pattern.exec(text)?.[0]
}

function readHouse({ lower }: SourceText, offset: number, isCalled: boolean): number | undefined {
  const number = matchAt(isCalled ? calledHouse : house, lower, offset)
  if (number === undefined) return undefined
  const end = offset + number.length
  const isPlain = !/[а-я№]/.test(number)
  return isPlain && matchAt(countedBehind, lower, end) !== undefined ? undefined : end
}

function extendRight({ text, lower }: SourceText, offset: number): number {
  let end = offset
  for (let count = 0; count < 6; count++) {
    const next = matchAt(room, lower, end)
    if (next === undefined) break
    end += next.length
  }
  for (let count = 0; count < 3; count++) {
    tail.lastIndex = end
    const [next, name] = tail.exec(text) ?? []
    if (next === undefined || name === undefined || !isPart(name)) break
    end += next.length
  }
  return end
}

/** Takes in what the address begins with: index, country, region, district, town. */
function extendLeft(text: string, offset: number, takesUnknown = true): number {
  let start = offset
  for (let count = 0; count < 6; count++) {
    const before = text.slice(Math.max(0, start - 60), start)
    const gap = joint.exec(before)
    if (gap === null) break
    const rest = before.slice(0, gap.index)
    const found = readPartBefore(rest) ?? (count === 0 && takesUnknown ? readTownBefore(rest, gap[0]) : undefined)
    if (found === undefined) break
    start -= gap[0].length + found.length
  }
  return start
}

/** Any town will do before a comma and a street, but no person. */
function readTownBefore(before: string, gap: string): string | undefined {
  const name = unknownTown.exec(before)?.[0]
  if (name === undefined || !gap.startsWith(',')) return undefined
  const lower = name.toLowerCase().replaceAll('ё', 'е')
  const isElse = isKnownCapitalised(lower) || isPatronymic(lower) || trustFirstName(lower) !== undefined
  return isElse ? undefined : name
}

/** The longest part of an address of at most five words at the end of the text. */
function readPartBefore(before: string): string | undefined {
  let found: string | undefined
  let from = before.length
  for (let words = 0; words < 5 && from > 0; words++) {
    while (from > 0 && !' \u00A0,;:\n"(|.'.includes(before[from - 1] as string)) from--
    const candidate = before.slice(from)
    if (isPart(candidate)) found = candidate
    const separator = before[from - 1]
    if (separator !== ' ' && separator !== '\u00A0' && separator !== '.') break
    from--
    if (separator === '.' && before[from - 1] === ' ') break
  }
  return found
}

function isPart(text: string): boolean {
  return isCity(text) || addressPart.test(text)
}
