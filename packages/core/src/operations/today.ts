/** The day by UTC, `YYYY-MM-DD`: by it the price line of a call is chosen. */
export function today(): string {
  return new Date().toISOString().slice(0, 10)
}
