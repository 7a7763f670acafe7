export type BudgetPeriod = 'hour' | 'day' | 'month' | 'total'

/** Far enough for a budget without an end, and still an exact number of seconds for any store. */
const foreverMs = 10 * 365 * 86_400_000

/** Names the period that a moment lies in, in UTC, and says when it ends (Unix time in ms). */
export function periodOf(period: BudgetPeriod, now: Date): { readonly id: string; readonly expiresAt: number } {
  const [year, month, day, hour] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate(), now.getUTCHours()]
  const iso = now.toISOString()
  switch (period) {
    case 'hour':
      return { id: iso.slice(0, 13), expiresAt: Date.UTC(year, month, day, hour + 1) }
    case 'day':
      return { id: iso.slice(0, 10), expiresAt: Date.UTC(year, month, day + 1) }
    case 'month':
      return { id: iso.slice(0, 7), expiresAt: Date.UTC(year, month + 1) }
    case 'total':
      return { id: 'total', expiresAt: now.getTime() + foreverMs }
  }
}
