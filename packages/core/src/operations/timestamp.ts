let second = Number.NaN
let spelled = ''

/** Now, as `new Date().toISOString()` spells it. That takes 2.5 µs of a call; here the second is spelled once. */
export function timestamp(now = Date.now()): string {
  const number = Math.floor(now / 1_000)
  if (number !== second) {
    second = number
    spelled = new Date(number * 1_000).toISOString().slice(0, -4)
  }
  return `${spelled}${String(now - number * 1_000).padStart(3, '0')}Z`
}
