import { describe, expect, test } from 'vitest'
import type { WireRequest } from '../provider.ts'
import { strikeEcho } from './strike-echo.ts'

const secret = 'номер договора 17-ААБ от третьего числа'

describe('strikeEcho', () => {
  test.each<[string, WireRequest['body']]>([
    ['a conversation', JSON.stringify({ model: 'm', messages: [{ role: 'user', content: secret }] })],
    ['a list of texts', JSON.stringify({ input: ['другое', secret] })],
    ['one text', JSON.stringify({ modelUri: 'emb://x/y', text: secret })],
    ['a prompt', JSON.stringify({ model: 'm', prompt: secret })],
    [
      'lines of requests in bytes',
      Buffer.from(
        `{"id":"1","request":{"messages":[{"content":"а"}]}}\n{"id":"2","request":{"messages":[{"content":"${secret}"}]}}\n`,
      ),
    ],
    [
      'a text file of a form',
      { fields: {}, files: [{ name: 'file', filename: 'a.txt', mediaType: 'text/plain', bytes: Buffer.from(secret) }] },
    ],
    [
      'the name of a file',
      { fields: {}, files: [{ name: 'file', filename: secret, mediaType: 'image/png', bytes: Buffer.from('x') }] },
    ],
  ])('what a service repeats of %s is struck out', (_what, body) => {
    expect(strikeEcho(`invalid value '${secret}' here`, body)).toBe("invalid value '…' here")
  })

  test.each<[string, WireRequest['body']]>([
    ['no body', undefined],
    ['the name of a model', JSON.stringify({ model: 'GigaModel-2-Max' })],
    ['a field of a form', { fields: { purpose: 'GigaModel-2-Max' }, files: [] }],
    ['bytes that are no text', new Uint8Array([0xff, 0xd8, 0xff, 0x00])],
    ['a form of a token exchange', 'scope=GigaModel-2-Max'],
    ['damaged JSON', '{"messages":["GigaModel-2-Max"'],
  ])('a message stays as it is beside %s', (_what, body) => {
    expect(strikeEcho('no such model: GigaModel-2-Max', body)).toBe('no such model: GigaModel-2-Max')
  })

  test.each<[string, string]>([
    ['escaped as JSON', JSON.stringify('пин:\n47\n"да"').slice(1, -1)],
    ['escaped twice', JSON.stringify(JSON.stringify('пин:\n47\n"да"')).slice(3, -3)],
    ['in ASCII alone', String.raw`\u043f\u0438\u043d:\n47\n\"\u0434\u0430\"`],
  ])('short lines are found %s', (_how, echo) => {
    const body = JSON.stringify({ messages: [{ content: 'пин:\n47\n"да"' }] })
    expect(strikeEcho(`bad: ${echo}!`, body)).toBe('bad: …!')
  })

  test('a short text leaves no pieces of a long one that holds it', () => {
    const body = JSON.stringify({ input: ['дого', 'мой договор'] })
    expect(strikeEcho('bad: мой договор', body)).toBe('bad: …')
  })

  test('half a megabyte of text does not keep it long', () => {
    const body = JSON.stringify({ messages: [{ content: 'слово и дело '.repeat(40_000) }] })
    const start = performance.now()
    strikeEcho('ошибка '.repeat(2_000), body)
    expect(performance.now() - start).toBeLessThan(5_000)
  })
})
