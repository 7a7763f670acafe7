import { expect, test } from 'vitest'
import { resolveOverlaps, type Candidate } from './candidate.ts'

const candidate = (start: number, end: number, type: string, isChecked = false): Candidate => ({
  start,
  end,
  type,
  isChecked,
})

test('the longest of overlapping candidates stays, and what no longer overlaps', () => {
  const found = [candidate(5, 8, 'C'), candidate(0, 3, 'A'), candidate(2, 6, 'B'), candidate(6, 8, 'D')]
  expect(resolveOverlaps(found)).toEqual([
    { start: 2, end: 6, type: 'B' },
    { start: 6, end: 8, type: 'D' },
  ])
})

test('of two as long, the one with right check digits stays', () => {
  expect(resolveOverlaps([candidate(0, 11, 'PHONE'), candidate(0, 11, 'SNILS', true)])).toEqual([
    { start: 0, end: 11, type: 'SNILS' },
  ])
})

test('what touches does not overlap', () => {
  expect(resolveOverlaps([candidate(3, 5, 'B'), candidate(0, 3, 'A')])).toHaveLength(2)
})
