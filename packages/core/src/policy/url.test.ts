import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endpoints } from '../sovereignty/endpoints.ts'
import type { CompiledPolicy } from './compile-policy.ts'
import { compiledOf, definePolicy, type Policy } from './define-policy.ts'
import { judgeSpelledUrl } from './judge-url.ts'
import { domesticOnly } from './presets/domestic-only.ts'

function firstOf(policy: Policy): CompiledPolicy {
  return compiledOf(policy)[0] as CompiledPolicy
}

const plain = { credentialOnly: false, method: 'POST', hasBody: true }
const domestic = firstOf(domesticOnly())
const judge = (spelled: string, request = plain) => judgeSpelledUrl(domestic, spelled, request).code

describe('judgeSpelledUrl', () => {
  test.each([
    ['https://gigachat.devices.sberbank.ru/api/v1', 'ok'],
    ['https://gigachat.devices.sberbank.ru:443', 'ok'],
    ['HTTPS://GIGACHAT.devices.sberbank.ru/', 'ok'],
    ['https://ngw.devices.sberbank.ru/', 'url.port_not_allowed'],
    ['', 'url.unparseable'],
    ['/relative', 'url.unparseable'],
    ['http://gigachat.devices.sberbank.ru/', 'url.scheme'],
    ['file:///etc/passwd', 'url.scheme'],
    ['https://user@gigachat.devices.sberbank.ru/', 'url.userinfo'],
    ['https://gigachat.devices.sberbank.ru./', 'url.trailing_dot'],
    ['https://2130706433/', 'url.ip_literal'],
    ['https://[::1]/', 'url.ip_literal'],
    ['https://api.giga.chat.evil.example/', 'url.host_not_allowed'],
    ['https://api%2egiga.chat/', 'url.ambiguous'],
    ['https:api.giga.chat/', 'url.ambiguous'],
    ['https:\\\\api.giga.chat\\', 'url.ambiguous'],
    ['https://api.giga\u00ad.chat/', 'url.ambiguous'],
    ['https://api.giga.chat/\u0000', 'url.ambiguous'],
  ])('%j is %s', (spelled, code) => {
    expect(judge(spelled)).toBe(code)
  })

  test('a Cyrillic origin and its punycode are one', () => {
    const policy = firstOf(definePolicy({ name: 'p', origins: ['https://llm.компания.рф'] }))
    for (const spelled of ['https://llm.компания.рф/', 'https://llm.xn--80aqeigdi5k.xn--p1ai/']) {
      expect(judgeSpelledUrl(policy, spelled, plain).code).toBe('ok')
    }
  })

  test('a listed literal does not allow another one', () => {
    const policy = firstOf(definePolicy({ name: 'p', origins: ['http://127.0.0.1:8000'] }))
    expect(judgeSpelledUrl(policy, 'http://127.0.0.1:8000/', plain).code).toBe('ok')
    expect(judgeSpelledUrl(policy, 'http://127.1:8000/', plain).code).toBe('url.ambiguous')
    expect(judgeSpelledUrl(policy, 'http://127.0.0.2:8000/', plain).code).toBe('url.host_not_allowed')
    expect(judgeSpelledUrl(policy, 'http://[::ffff:127.0.0.1]:8000/', plain).code).toBe('url.host_not_allowed')
  })

  test('the metadata address serves a credential alone, by exact URL, with GET and no body', () => {
    const url = endpoints.find(({ credentialOnly }) => credentialOnly)?.credentialOnly?.url as string
    const get = { credentialOnly: true, method: 'GET', hasBody: false }
    expect(judge(url, get)).toBe('ok')
    for (const changed of [{ credentialOnly: false }, { method: 'POST' }, { hasBody: true }]) {
      expect(judge(url, { ...get, ...changed })).toBe('url.scheme')
    }
    expect(judge(`${url}?x`, get)).toBe('url.scheme')
    const elsewhere = firstOf(definePolicy({ name: 'p', origins: ['https://api.giga.chat'] }))
    expect(judgeSpelledUrl(elsewhere, url, get).code).toBe('url.scheme')
  })

  test('only a listed origin is ever allowed, however it is spelled', () => {
    const origins = new Set(domestic.origins?.map(({ origin }) => origin))
    const pieces = fc.constantFrom(
      'https:', 'http:', '//', '/', '\\', '@', ':', '443', '9443', '.', '。', '%2e', '#', '?', '\t', ' ', '[', ']',
      'api.giga.chat', 'ngw.devices.sberbank.ru', 'evil.example', 'xn--', '\u00ad', '127.0.0.1', 'a',
    ) // oxfmt-ignore
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 9 }), (parts) => {
        const { code, url } = judgeSpelledUrl(domestic, `https://${parts.join('')}`, plain)
        expect(code !== 'ok' || (url !== undefined && origins.has(url.origin) && url.username === '')).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })
})
