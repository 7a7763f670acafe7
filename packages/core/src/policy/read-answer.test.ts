import { describe, expect, test } from 'vitest'
import { readAnswer } from './read-answer.ts'

const invalid = { effect: 'forbid', code: 'policy.invalid', facts: {} }
const header = { kind: 'header', name: 'x-purpose', value: 'test' }

describe('readAnswer', () => {
  test.each([
    ['permit', 'ok'],
    ['abstain', 'ok'],
    ['forbid', 'policy.forbidden'],
  ] as const)('takes the word %s, alone and in a ruling', (effect, code) => {
    expect(readAnswer(effect)).toEqual({ effect, code, facts: {} })
    expect(readAnswer({ effect })).toEqual({ effect, code, facts: {} })
  })

  test('keeps facts and every kind of obligation, frozen', () => {
    const ruling = {
      effect: 'permit',
      facts: { hour: 23, night: true, system: 'crm' },
      obligations: [{ kind: 'mask' }, { kind: 'log', level: 'strict' }, header, { kind: 'local-model' }],
    }
    const answer = readAnswer(ruling)
    expect(answer).toEqual({ ...ruling, code: 'ok' })
    expect(Object.isFrozen(answer.facts) && Object.isFrozen(answer.obligations)).toBe(true)
    ruling.facts.system = 'other'
    ruling.obligations.pop()
    expect(answer.facts['system']).toBe('crm')
    expect(answer.obligations).toHaveLength(4)
  })

  test('a forbid demands nothing', () => {
    expect(readAnswer({ effect: 'forbid', obligations: [header] })).toEqual({
      effect: 'forbid',
      code: 'policy.forbidden',
      facts: {},
    })
  })

  test('an effect is read once', () => {
    let reads = 0
    const answer = readAnswer({
      get effect() {
        return reads++ === 0 ? 'forbid' : 'permit'
      },
    })
    expect(answer.effect).toBe('forbid')
  })

  const many = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`fact${index}`, 1]))
  test.each<[string, unknown]>([
    ['no effect', {}],
    ['an inherited effect', Object.create({ effect: 'permit' })],
    ['another word', { effect: 'allow' }],
    ['an unknown key', { effect: 'permit', code: 'ok' }],
    ['a deep fact', { effect: 'permit', facts: { deep: {} } }],
    ['a list of facts', { effect: 'permit', facts: ['a'] }],
    ['a fact that is no number', { effect: 'permit', facts: { hour: NaN } }],
    ['a long fact', { effect: 'permit', facts: { text: 'x'.repeat(201) } }],
    ['a fact of a long name', { effect: 'permit', facts: { ['x'.repeat(65)]: 1 } }],
    ['many facts', { effect: 'permit', facts: many }],
    ['obligations that are no list', { effect: 'permit', obligations: header }],
    ['an unknown obligation', { effect: 'permit', obligations: [{ kind: 'constructor' }] }],
    ['an obligation with more', { effect: 'permit', obligations: [{ kind: 'mask', types: 'all' }] }],
    ['an obligation with less', { effect: 'permit', obligations: [{ kind: 'log' }] }],
    ['an unknown level', { effect: 'permit', obligations: [{ kind: 'log', level: 'some' }] }],
    ['a header of ours', { effect: 'permit', obligations: [{ ...header, name: 'Content-Type' }] }],
    ['a forbidden header', { effect: 'permit', obligations: [{ ...header, name: 'Host' }] }],
    ['a header with a line break', { effect: 'permit', obligations: [{ ...header, value: 'a\r\nb' }] }],
    ['a function', () => 'permit'],
  ])('%s is no answer', (_what, answer) => {
    expect(readAnswer(answer)).toEqual(invalid)
  })
})
