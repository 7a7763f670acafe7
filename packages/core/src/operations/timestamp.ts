let second = Number.NaN
let spelledSecond = ''
let millisecond = Number.NaN
let spelled = ''

/** Now, as `new Date().toISOString()` spells it. That takes 2.5 µs of a call; here each time is spelled once. */
export function timestamp(now = Date.now()): string {
  if (now === millisecond) return spelled
  const number = Math.floor(now / 1_000)
  if (number !== second) {
    second = number
    spelledSecond = new Date(number * 1_000).toISOString().slice(0, -4)
  }
  millisecond = now
  spelled = `${spelledSecond}${String(now - number * 1_000).padStart(3, '0')}Z`
  return spelled
}
