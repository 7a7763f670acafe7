import { domainToUnicode } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRanges, isGlobalUnicast } from './addresses.ts'
import type { CompiledPolicy } from './compile-policy.ts'
import { compiledOf, definePolicy, type Policy } from './define-policy.ts'
import { judgeSpelledUrl } from './judge-url.ts'
import { domesticOnly } from './presets/domestic-only.ts'

function firstOf(policy: Policy): CompiledPolicy {
  return compiledOf(policy)[0] as CompiledPolicy
}

const post = { credentialOnly: false, method: 'POST', hasBody: true }
const domestic = firstOf(domesticOnly())
const premises = firstOf(
  definePolicy({
    name: 'p',
    origins: ['https://llm.corp.example:8443', 'http://127.0.0.1:8000', 'http://[fd12:3456::1]:8000'],
  }),
)

describe('one origin, many spellings', () => {
  test.each([
    ['https://gigachat.devices.sberban\u212a.ru/', 'url.ambiguous'],
    ['https://gigachat.device\u017f.sberbank.ru/', 'url.ambiguous'],
    ['https://\u24dblm.api.cloud.yandex.net/', 'url.ambiguous'],
    ['https://llm.api.cloud.yandex.\uff0enet/', 'url.host_not_allowed'],
    ['https://llm.api.cloud.yandex\uff61net/', 'url.ambiguous'],
    ['https://llm.api.cloud.yandex.net\u3002/', 'url.trailing_dot'],
    ['https://llm.\u200bapi.cloud.yandex.net/', 'url.ambiguous'],
    ['https://llm.\ufe0fapi.cloud.yandex.net/', 'url.ambiguous'],
    ['https://@llm.api.cloud.yandex.net/', 'url.userinfo'],
    ['https://:@llm.api.cloud.yandex.net/', 'url.userinfo'],
    ['https:\\\\user@llm.api.cloud.yandex.net/', 'url.userinfo'],
    ['https://evil.example\\@llm.api.cloud.yandex.net/', 'url.host_not_allowed'],
    ['https://llm.api.cloud.yandex.net\\@evil.example/', 'url.ambiguous'],
    ['https://llm.api.cloud.yandex.net:443@evil.example/', 'url.userinfo'],
    ['https://llm.api.cloud.yandex.net%40evil.example/', 'url.unparseable'],
    ['https://llm.api.cloud.yandex.net%00/', 'url.unparseable'],
    ['https://llm.api.cloud.yandex.net%2f.evil.example/', 'url.unparseable'],
    ['https://llm.api.cloud.yandex.net/@evil.example', 'ok'],
    ['https:////llm.api.cloud.yandex.net/', 'url.ambiguous'],
    ['https:/llm.api.cloud.yandex.net/', 'url.ambiguous'],
    ['h\nttps://llm.api.cloud.yandex.net/', 'url.ambiguous'],
    ['blob:https://llm.api.cloud.yandex.net/x', 'url.scheme'],
    ['data:text/plain,https://llm.api.cloud.yandex.net/', 'url.scheme'],
    ['https://1.1/', 'url.ip_literal'],
    ['https://[::ffff:84.201.181.26]/', 'url.ip_literal'],
    ['https://[fe80::1%25eth0]/', 'url.unparseable'],
    ['https://256.256.256.256/', 'url.unparseable'],
    ['https://\u2460\u2461\u2466.1/', 'url.ip_literal'],
  ])('%j is %s', (spelled, code) => expect(judgeSpelledUrl(domestic, spelled, post).code).toBe(code))

  test.each([
    ['http://llm.corp.example:8443/', 'url.port_not_allowed'],
    ['https://127.0.0.1:8000/', 'url.port_not_allowed'],
    ['http://0x7f.0.0.1:8000/', 'url.ambiguous'],
    ['http://[FD12:3456::1]:8000/', 'ok'],
    ['http://[fd12:3456:0:0:0:0:0:1]:8000/', 'url.ambiguous'],
    ['http://169.254.169.254/', 'url.host_not_allowed'],
  ])('with listed literals %j is %s', (spelled, code) =>
    expect(judgeSpelledUrl(premises, spelled, post).code).toBe(code),
  )

  test('what is no text is no address', () => {
    for (const given of [new URL('https://api.giga.chat/'), ['https://api.giga.chat/'], undefined]) {
      expect(judgeSpelledUrl(domestic, given as never, post).code).toBe('url.unparseable')
    }
  })

  test('any character put into or in place of one of a listed host is refused, unless it is a capital', () => {
    const host = 'api.giga.chat'
    const characters = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })
    fc.assert(
      fc.property(characters, fc.nat(host.length - 1), fc.boolean(), (character, at, replace) => {
        const spelled = host.slice(0, at) + character + host.slice(replace ? at + 1 : at)
        const { code } = judgeSpelledUrl(domestic, `https://${spelled}/`, post)
        const plain = spelled.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) === host
        expect(code === 'ok').toBe(plain)
      }),
      { numRuns: 3_000 },
    )
  })

  test('a capital of an IDN is the same host; its compatibility forms are not', () => {
    const policy = firstOf(definePolicy({ name: 'p', origins: ['https://llm.компания.рф'] }))
    expect(domainToUnicode('llm.xn--80aqeigdi5k.xn--p1ai')).toBe('llm.компания.рф')
    expect(judgeSpelledUrl(policy, 'https://LLM.Компания.РФ/', post).code).toBe('ok')
    expect(judgeSpelledUrl(policy, 'https://ｌlm.компания.рф/', post).code).toBe('url.ambiguous')
    expect(judgeSpelledUrl(policy, 'https://llm.ко\u00adмпания.рф/', post).code).toBe('url.ambiguous')
  })
})

describe('ranges', () => {
  const toNumber = (address: string): bigint => address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n)

  test('of IPv4 hold exactly the addresses with their prefix', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (network, address, length) => {
        const shift = BigInt(32 - length)
        const inside = toNumber(network) >> shift === toNumber(address) >> shift
        expect(createRanges([`${network}/${length}`]).has(address)).toBe(inside)
      }),
    )
  })

  test('hold no address with a zone', () => {
    expect(createRanges(['fe80::/10']).has('fe80::1')).toBe(true)
    expect(createRanges(['fe80::/10']).has('fe80::1%eth0')).toBe(false)
  })

  test.each([
    '2a02:6b8::5efe:7f00:1',
    '2a02:6b8:0:1:200:5efe:127.0.0.1',
    '2a02:6b8:0:1:0:5EFE:a00:5',
    '2a02:6b8::5efe:0:1',
    '2a02:6b8:1:1:0:5efe::',
  ])('an ISATAP address is not a global one: %s', (address) => expect(isGlobalUnicast(address)).toBe(false))

  test.each(['2a02:6b8:5efe::1', '2a02:6b8:0:5efe:1:2:3:4', '2a02:6b8::1:5efe', '2a02:6b8::5efe:1'])(
    '%s is',
    (address) => expect(isGlobalUnicast(address)).toBe(true),
  )
})
