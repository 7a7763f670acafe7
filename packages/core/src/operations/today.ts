import { timestamp } from './timestamp.ts'

/** The day by UTC, `YYYY-MM-DD`: by it the price line of a call is chosen. */
export function today(): string {
  return timestamp().slice(0, 10)
}
