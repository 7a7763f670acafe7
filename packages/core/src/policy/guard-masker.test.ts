import { describe, expect, test } from 'vitest'
import { masker, type MaskSession } from './masker.ts'

const text = 'Иван'
const open = (given: Partial<MaskSession>) =>
  masker({
    name: 'own',
    version: '1',
    find: () => [],
    open: () => ({
      mask: (plain) => plain,
      restore: (plain) => plain,
      createRestorer: () => ({ push: (piece) => piece, end: () => '' }),
      counts: {},
      values: () => ({}),
      ...given,
    }),
  }).open()
const fail = (): never => {
  throw new Error(text)
}

describe('a session of a masker that fails', () => {
  test.each<[string, Partial<MaskSession>, (session: MaskSession) => unknown]>([
    ['mask throws', { mask: fail }, (session) => session.mask(text)],
    ['mask gives no text', { mask: () => undefined as never }, (session) => session.mask(text)],
    ['restore throws', { restore: fail }, (session) => session.restore(text, 'text')],
    ['createRestorer gives none', { createRestorer: () => ({}) as never }, (session) => session.createRestorer('text')],
    [
      'push throws',
      { createRestorer: () => ({ push: fail, end: fail }) },
      (session) => session.createRestorer('text').push(text),
    ],
    [
      'end throws',
      { createRestorer: () => ({ push: fail, end: fail }) },
      (session) => session.createRestorer('text').end(),
    ],
    ['counts hold a value', { counts: { [text]: 1 } }, (session) => session.counts],
    ['values are none', { values: () => ({ a: 1 }) as never }, (session) => session.values()],
  ])('%s: config.masker, without the text', (_what, given, work) => {
    const error = (() => {
      try {
        return work(open(given))
      } catch (thrown) {
        return thrown
      }
    })()
    expect(error).toMatchObject({ code: 'config.masker', message: expect.not.stringContaining(text) })
    expect((error as Error).cause).toBeUndefined()
  })
})

test('a session that works is passed through', () => {
  const session = open({ counts: { PERSON: 2 }, values: () => ({ '⟦PERSON_1⟧': text }), mask: () => '⟦PERSON_1⟧' })
  expect(session.mask(text)).toBe('⟦PERSON_1⟧')
  expect(session.counts).toEqual({ PERSON: 2 })
  expect(session.values()).toEqual({ '⟦PERSON_1⟧': text })
  expect(session.createRestorer('json').push('a')).toBe('a')
})
