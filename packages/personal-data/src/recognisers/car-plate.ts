import type { Candidate } from './candidate.ts'
import { isWordCharacter } from './characters.ts'
import type { Topic } from './topic-words.ts'
import type { SourceText } from './source-text.ts'

// Only the twelve letters that Cyrillic and Latin share, in either alphabet (GOST R 50577-2018).
const letter = '[АВЕКМНОРСТУХABEKMHOPCTYX]'
const by = '[ \\u00A0\\-|/]?'
const region = `${by}(?!00)\\d{2,3}`

const car = new RegExp(`${letter}${by}(?!000)\\d{3}${by}${letter}{2}${region}`, 'iy')
/** Trailers, motorcycles and taxis: only when something says so. */
const others = new RegExp(`${letter}{2}${by}\\d{3,4}${region}|\\d{4}${by}${letter}{2}${region}`, 'iy')

const plate = new Set<Topic>(['plate'])

/** Plates of vehicles: `А123ВС77`. */
export function recogniseCarPlates(source: SourceText): readonly Candidate[] {
  const { text } = source
  const found: Candidate[] = []
  for (const { start: digits, end: digitsEnd } of source.digitRuns) {
    const length = digitsEnd - digits
    if (length < 3 || length > 7) continue
    // Letters stand before the digits, with a separator or without; a motorcycle has none there.
    for (let start = digits; start >= digits - 3 && start >= 0; start--) {
      const end = matchPlate(text, start, car) ?? matchPlate(text, start, others)
      if (end === undefined) continue
      const value = text.slice(start, end)
      const isCalled = (source.headingOf(start) ?? source.topicBefore(start, plate, 50)?.topic) === 'plate'
      // "с 100 на 200" has the letters of a plate too.
      const isWritten =
        matchPlate(text, start, car) !== undefined && (value === value.toUpperCase() || !/[ \u00A0]/.test(value))
      if (isCalled || isWritten) found.push({ start, end, type: 'CAR_PLATE', isChecked: false })
    }
  }
  return found
}

function matchPlate(text: string, start: number, pattern: RegExp): number | undefined {
  pattern.lastIndex = start
  const match = pattern.exec(text)
  if (match === null || isWordCharacter(text[start - 1])) return undefined
  const end = start + match[0].length
  return isWordCharacter(text[end]) ? undefined : end
}
