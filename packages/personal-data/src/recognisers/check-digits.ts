/** The arithmetic of Russian identifiers. All take digits alone and refuse what is made of zeros. */

function weigh(digits: string, weights: readonly number[]): number {
  let sum = 0
  for (let index = 0; index < weights.length; index++) sum += (weights[index] as number) * Number(digits[index])
  return sum
}

const innWeights = [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]

const isInnDigit = (digits: string, at: number): boolean =>
  (weigh(digits, innWeights.slice(11 - at)) % 11) % 10 === Number(digits[at])

/** True of a taxpayer number of an organisation (10 digits) or a person (12). */
export function isInn(digits: string): boolean {
  if (isZero(digits)) return false
  return digits.length === 10 ? isInnDigit(digits, 9) : isInnDigit(digits, 10) && isInnDigit(digits, 11)
}

/** True of an insurance number of 11 digits. The first million of them came without a check and is refused. */
export function isSnils(digits: string): boolean {
  const sum = weigh(digits, [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101
  return Number(digits.slice(0, 9)) > 1_001_998 && sum % 100 === Number(digits.slice(9))
}

/** True of a registration number of an organisation (13 digits). */
export function isOgrn(digits: string): boolean {
  // The kind of entry, the year (the register began in 2002) and the region come first.
  return /^[15](?:0[2-9]|[1-4]\d)(?!00)/.test(digits) && remainderFits(digits, 11)
}

/** True of a registration number of a sole trader (15 digits). */
export function isOgrnip(digits: string): boolean {
  return /^3(?:0[4-9]|[1-4]\d)(?!00)/.test(digits) && remainderFits(digits, 13)
}

function remainderFits(digits: string, divisor: number): boolean {
  return (Number(digits.slice(0, -1)) % divisor) % 10 === Number(digits.at(-1))
}

/** True of digits that end in their Luhn digit: cards and policies of medical insurance. */
export function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index])
    const doubled = digit * 2
    if (index % 2 === 0) sum += digit
    else sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0 && !isZero(digits)
}

/** True of an account whose key fits the bank: of a customer, or of the bank itself with the central bank. */
export function isAccountOf(bik: string, account: string): boolean {
  const isCorrespondent = account.startsWith('301')
  const keyed = (isCorrespondent ? `0${bik.slice(4, 6)}` : bik.slice(6)) + account
  let sum = 0
  for (let index = 0; index < keyed.length; index++) {
    sum += (Number(keyed[index]) * ([7, 1, 3][index % 3] as number)) % 10
  }
  return sum % 10 === 0
}

/** True of zeros alone, which pass every check and identify nobody. */
export function isZero(digits: string): boolean {
  return /^0*$/.test(digits)
}
