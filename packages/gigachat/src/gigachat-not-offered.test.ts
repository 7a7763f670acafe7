import { expect, it } from 'vitest'
import { gigachatNotOffered } from './gigachat-not-offered.ts'

it('every operation that is not offered has its reason, fit for a line of the documentation', () => {
  expect(gigachatNotOffered.length).toBeGreaterThan(5)
  for (const { operation, because } of gigachatNotOffered) {
    expect(operation).toMatch(/^\S.*[^.\s]$/)
    expect(because).toMatch(/^[a-z].*[^.\s]$/)
  }
  expect(new Set(gigachatNotOffered.map(({ operation }) => operation)).size).toBe(gigachatNotOffered.length)
})
