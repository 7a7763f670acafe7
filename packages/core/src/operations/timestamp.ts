let second = { number: Number.NaN, spelled: '' }

/** Now, as `new Date().toISOString()` spells it. That takes 2.5 µs of a call; here the second is spelled once. */
export function timestamp(now = Date.now()): string {
  const number = Math.floor(now / 1_000)
  if (number !== second.number) second = { number, spelled: new Date(number * 1_000).toISOString().slice(0, -4) }
  return `${second.spelled}${String(now - number * 1_000).padStart(3, '0')}Z`
}
