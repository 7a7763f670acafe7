import { describe, expect, test } from 'vitest'
import { createDeniedError } from '../policy/create-denied-error.ts'
import { definePolicy } from '../policy/define-policy.ts'
import { createGuard } from '../policy/guard.ts'
import { masker } from '../policy/masker.ts'
import type { WireRequest } from '../provider.ts'
import type { BodyLook, CallContext } from './call-context.ts'
import { lookIntoBody } from './look-into-body.ts'

const words = masker({
  name: 'words',
  version: '1',
  find: (text) =>
    [...text.matchAll(/Иван|112/g)].map(({ index, 0: { length } }) => ({
      start: index,
      end: index + length,
      type: 'WORD',
    })),
  open: () => {
    throw new Error('nothing is masked here')
  },
})

const guard = createGuard([definePolicy({ name: 'words', data: { personal: 'report', masker: words } })])

function look(request: Partial<WireRequest>, refuses: BodyLook['refuses'] = 'mask') {
  const record = { personal: undefined }
  const context = { guard, record, look: { masker: words, refuses } } as unknown as CallContext
  const whole: WireRequest = {
    endpoint: 'api',
    operation: 'classify',
    method: 'POST',
    path: '/classify',
    repeat: 'safe',
    accept: [],
    ...request,
  }
  const denial = lookIntoBody(context, whole)
  return { denial, record, again: () => lookIntoBody(context, whole) }
}

describe('a request whose texts core does not know apart', () => {
  test.each<[string, Partial<WireRequest>]>([
    ['its body', { body: '{"text":"Иван"}' }],
    ['a name in its body', { body: '{"Иван":1}' }],
    ['a number in its body', { body: '{"list":[112]}' }],
    ['an escape in its body', { body: String.raw`{"text":"\u0418ван"}` }],
    ['a body that is no JSON', { body: 'who=Иван' }],
    ['its query', { query: { who: 'Иван' } }],
    ['its path', { path: `/people/${encodeURIComponent('Иван')}/card` }],
    ['a path that is not well-formed', { path: '/people/%E0%A4%A/Иван' }],
    ['a header', { headers: { 'x-client-id': '112' } }],
  ])('is refused for personal data in %s', (_where, request) => {
    const { denial, record } = look(request)
    expect(denial).toMatchObject({ verdict: 'deny', code: 'policy.obligation_unmet' })
    expect(look(request, 'deny').denial).toMatchObject({ code: 'data.personal' })
    expect(look(request, false).denial).toBeUndefined()
    expect(record.personal).toEqual({ WORD: 1 })
    if (denial) expect(createDeniedError(denial).message).not.toMatch(/Иван|112/)
  })

  test.each<[string, NonNullable<WireRequest['body']>]>([
    ['bytes', new TextEncoder().encode('{}')],
    ['a form with files', { fields: {}, files: [] }],
  ])('is refused for %s, which nobody can look into', (_what, body) => {
    expect(look({ body }).denial).toMatchObject({ code: 'policy.obligation_unmet' })
    expect(look({ body }, 'deny').denial).toMatchObject({ code: 'data.personal' })
    expect(look({ body }, false).denial).toBeUndefined()
  })

  test('goes when there is none', () => {
    const { denial, record } = look({ body: '{"text":"привет"}', query: { a: 'b' }, headers: { 'x-a': '1' } })
    expect(denial).toBeUndefined()
    expect(record.personal).toEqual({})
  })

  test('is counted once, however often it is tried', () => {
    const { record, again } = look({ body: '{"text":"Иван"}' }, false)
    again()
    expect(record.personal).toEqual({ WORD: 1 })
  })

  test('is not looked into when it is for a token, or nobody wants that', () => {
    expect(look({ operation: 'token', body: 'scope=112' }).denial).toBeUndefined()
    expect(lookIntoBody({ guard } as unknown as CallContext, { body: '112' } as WireRequest)).toBeUndefined()
  })
})
