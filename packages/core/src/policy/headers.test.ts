import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findBadHeader } from './judge-headers.ts'

describe('findBadHeader', () => {
  test('lets ordinary headers pass', () => {
    expect(findBadHeader({})).toBeUndefined()
    expect(
      findBadHeader({ authorization: 'Bearer x', RqUID: '1', 'x-note': 'caf\u00e9\tb', 'x-empty': '' }),
    ).toBeUndefined()
  })

  test.each(['host', 'Host', 'HOST'])('%s is an override, whatever it names', (name) => {
    expect(findBadHeader({ [name]: 'llm.api.cloud.yandex.net' })).toEqual({ code: 'header.host_override', name })
  })

  test.each([
    'connection', 'Transfer-Encoding', 'content-length', 'TE', 'trailer', 'upgrade', 'expect', 'keep-alive', 'Forwarded',
    'proxy-authorization', 'Proxy-Connection', 'x-forwarded-for', 'X-Forwarded-Host', ':authority', ':path',
  ])('%s may not be set', (name) => {
    expect(findBadHeader({ [name]: 'x' })).toEqual({ code: 'header.forbidden', name })
  }) // oxfmt-ignore

  test.each(['a\r\nb', 'a\nb', 'a\rb', '\u0000', '\u007f', '\u0100', 'Привет', '\u010d\u010a'])(
    'the value %j is malformed',
    (value) => {
      expect(findBadHeader({ 'x-note': value })?.code).toBe('header.invalid')
    },
  )

  test('a value that is no string is malformed', () => {
    for (const value of [undefined, null, 1, ['a'], { toString: () => 'a' }]) {
      expect(findBadHeader({ 'x-note': value as unknown as string })?.code).toBe('header.invalid')
    }
  })

  test.each(['', ' host', 'host ', 'a b', 'a:b', 'x\r\nhost', 'имя', 'x\u0000'])('the name %j is malformed', (name) => {
    const bad = findBadHeader({ [name]: 'x' })
    expect(bad?.code).toBe('header.invalid')
    expect(bad?.name).toMatch(/^[\w?-]*$/)
  })

  test('no value that passes can begin another header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const asBytes = Buffer.from(value, 'latin1')
        const breaks = asBytes.includes(10) || asBytes.includes(13) || asBytes.includes(0)
        expect(breaks && findBadHeader({ 'x-note': value }) === undefined).toBe(false)
      }),
    )
  })

  test('a bad header is found at any place', () => {
    fc.assert(
      fc.property(fc.nat(5), (place) => {
        const entries = Array.from({ length: 6 }, (_, index) => (index === place ? ['host', 'a'] : [`x-${index}`, 'a']))
        expect(findBadHeader(Object.fromEntries(entries) as Record<string, string>)?.code).toBe('header.host_override')
      }),
    )
  })
})
