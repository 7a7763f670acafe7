import { describe, expect, test } from 'vitest'
import type { Decision, Obligation } from '../policy/decision.ts'
import { definePolicy } from '../policy/define-policy.ts'
import { createGuard } from '../policy/guard.ts'
import { masker, type MaskSession } from '../policy/masker.ts'
import type { TextDraft } from './create-text-call.ts'
import { demandedHeaders, demandsMask, factsAfter, factsBefore, inspectDraft } from './inspect-call.ts'

/** Every digit is personal data. */
function open(): MaskSession {
  const counts: Record<string, number> = {}
  return {
    mask: (text) =>
      text.replaceAll(/\d/g, () => {
        counts['DIGIT'] = (counts['DIGIT'] ?? 0) + 1
        return '#'
      }),
    restore: (text) => text,
    createRestorer: () => ({ push: (piece) => piece, end: () => '' }),
    counts,
    values: () => ({}),
  }
}

const find = (text: string) =>
  [...text.matchAll(/\d/g)].map(({ index }) => ({ start: index, end: index + 1, type: 'DIGIT' }))
const digits = masker({ name: 'digits', version: '1', find, open })

const draft = {
  messages: [{ role: 'user', content: [{ type: 'text', text: 'От 1 до 3' }] }],
  tools: new Map(),
  output: undefined,
} as unknown as TextDraft

function decide(verdict: Decision['verdict'], ...obligations: readonly Obligation[]): Decision {
  return { verdict, obligations } as unknown as Decision
}

describe('inspectDraft', () => {
  test('makes nothing where no policy looks for personal data', () => {
    expect(inspectDraft(createGuard([definePolicy({ name: 'plain' })]), draft)).toBeUndefined()
  })

  test('makes a masked copy, counts, and leaves the draft as it is', () => {
    const guard = createGuard([definePolicy({ name: 'digits', data: { personal: 'mask', masker: digits } })])
    const inspected = inspectDraft(guard, draft)
    expect(inspected?.masked.messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'От # до #' }] }])
    expect(inspected?.counts).toEqual({ DIGIT: 2 })
    expect(draft.messages[0]?.content).toEqual([{ type: 'text', text: 'От 1 до 3' }])
    // What the session masks later is no part of what was found.
    inspected?.session.mask('7')
    expect(inspected?.counts).toEqual({ DIGIT: 2 })
  })

  test('tells the policy what is there, and then what stays', () => {
    const guard = createGuard([definePolicy({ name: 'digits', data: { personal: 'mask', masker: digits } })])
    const inspected = inspectDraft(guard, draft)
    if (!inspected) throw new Error('nothing was inspected')
    const options = { extraBody: { a: '7' } }
    expect(factsBefore(inspected, options)).toEqual({ personal: { DIGIT: 3 } })
    expect(factsAfter(inspected, options)).toEqual({ personal: { DIGIT: 1 }, masked: { DIGIT: 2 } })
    expect(factsAfter(inspected, undefined)).toEqual({ personal: {}, masked: { DIGIT: 2 } })
  })
})

test('masking is demanded by an obligation of what is allowed, and by nothing else', () => {
  expect(demandsMask(decide('allow', { kind: 'log', level: 'meta' }, { kind: 'mask' }))).toBe(true)
  expect(demandsMask(decide('deny', { kind: 'mask' }))).toBe(false)
  expect(demandsMask(decide('allow', { kind: 'local-model' }))).toBe(false)
})

test('demanded headers are gathered in small letters, and are none where none is demanded', () => {
  const one = { kind: 'header', name: 'X-Purpose', value: 'claims' } as const
  const two = { kind: 'header', name: 'x-system', value: 'crm' } as const
  expect(demandedHeaders(decide('allow', one, { kind: 'mask' }, two))).toEqual({
    'x-purpose': 'claims',
    'x-system': 'crm',
  })
  expect(demandedHeaders(decide('allow', { kind: 'mask' }))).toBeUndefined()
})
