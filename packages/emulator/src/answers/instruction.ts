/** What the prompt asks of a summary. */
export interface Instruction {
  /** How many sentences or points, when it says so. */
  readonly count?: number
  /** `brief`: fewer sentences than usual. */
  readonly isBrief: boolean
  /** As a list of points. */
  readonly asPoints: boolean
}

const numerals: readonly (readonly [RegExp, number])[] = [
  [/^(?:од(?:ин|на|но|ном|ной|ним)|one)$/iu, 1],
  [/^(?:два|две|двух|двумя|two)$/iu, 2],
  [/^(?:три|трёх|трех|тремя|three)$/iu, 3],
  [/^(?:четыре|четырёх|четырех|four)$/iu, 4],
  [/^(?:пять|пяти|five)$/iu, 5],
  [/^(?:шесть|шести|six)$/iu, 6],
  [/^(?:семь|семи|seven)$/iu, 7],
]

const counted =
  /([\p{L}\d]+)(?:[-–]\p{L}+)?\s+(?:(?:коротк|главн|основн|ключев|short|key|main)\p{L}*\s+)?(?:предложени|тезис|пункт|фраз|sentence|point|bullet)/iu
const brief = /кратк|коротк|в двух словах|сжат|\bbrief|\bshort|concise/iu
const points = /тезис|пункт|списк|перечисли|\bbullet|\blist\b|\bpoints\b/iu
const asksForSummary =
  /кратк|коротк|переска|суммир|резюм|обобщ|излож|выдел|главн|основн|тезис|пункт|списк|предложени|сократ|о чём|о чем|\bsumm|\bbrief|\bbullet|\btl;?dr|\bkey points/iu

/** Reads what is asked from the words of the instruction. */
export function readInstruction(text: string): Instruction {
  const count = readCount(text)
  return { isBrief: brief.test(text), asPoints: points.test(text), ...(count === undefined ? {} : { count }) }
}

/** True for a line that tells what to do with a text rather than being part of it. */
export function isInstruction(line: string): boolean {
  return line.length <= 240 && (asksForSummary.test(line) || line.trimEnd().endsWith(':'))
}

function readCount(text: string): number | undefined {
  const word = counted.exec(text)?.[1]
  if (word === undefined) return undefined
  const count = /^\d+$/.test(word) ? Number(word) : numerals.find(([form]) => form.test(word))?.[1]
  return count !== undefined && count > 0 && count <= 20 ? count : undefined
}
