import { expect, test } from 'vitest'
import { timestamp } from './timestamp.ts'

test('it spells any moment as a Date does, also the next second and the one before', () => {
  const moments = [
    0, 7, 999, 1_000, 1_764_316_800_000, 1_764_316_799_999, 1_764_316_800_045, 1_764_316_800_045, 1_764_316_799_999,
  ]
  for (const moment of moments) expect(timestamp(moment)).toBe(new Date(moment).toISOString())
})

test('without a moment it spells now', () => {
  const before = Date.now()
  const spelled = Date.parse(timestamp())
  expect(spelled).toBeGreaterThanOrEqual(before)
  expect(spelled).toBeLessThanOrEqual(Date.now())
})
