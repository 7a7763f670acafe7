import { expect, test } from 'vitest'
import { createCallId } from './create-call-id.ts'

test('ids have the form of a UUID, and none comes twice', () => {
  const ids = Array.from({ length: 1_000 }, createCallId)
  for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  expect(new Set(ids).size).toBe(ids.length)
})
