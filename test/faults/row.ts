import { afterEach, beforeEach, describe, vi } from 'vitest'
import { titleOf, type RowNumber } from './rows.ts'

/** The tests of one row of the matrix. Back-off draws its waits by chance: here it draws none, unless asked to. */
export function row(number: RowNumber, define: () => void, { backOff = false } = {}): void {
  describe(titleOf(number), () => {
    if (!backOff) {
      beforeEach(() => {
        vi.spyOn(Math, 'random').mockReturnValue(0)
      })
      afterEach(() => {
        vi.restoreAllMocks()
      })
    }
    define()
  })
}
