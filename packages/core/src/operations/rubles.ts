const scale = 1_000_000

/** Micro-rubles of a decimal string: whole, up to 9 billion rubles. Finer parts are rounded up: never too little. */
export function parseRubles(amount: string): number {
  const [whole = '0', fraction = ''] = amount.split('.')
  const micros = Number(whole) * scale + Number(fraction.padEnd(6, '0').slice(0, 6))
  return /[1-9]/.test(fraction.slice(6)) ? micros + 1 : micros
}

/** A decimal string of rubles. */
export function formatRubles(micros: number): string {
  const whole = Math.floor(micros / scale)
  const fraction = Math.round(micros % scale)
    .toString()
    .padStart(6, '0')
    .replace(/0+$/, '')
  return fraction === '' ? `${whole}` : `${whole}.${fraction}`
}
