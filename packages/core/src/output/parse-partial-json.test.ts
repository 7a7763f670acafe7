import { describe, expect, it } from 'vitest'
import { parsePartialJson } from './parse-partial-json.ts'

describe('the beginning of a JSON text', () => {
  it.each([
    ['', undefined],
    ['  ', undefined],
    ['Вот ответ: {"a', undefined],
    ['{', {}],
    ['{"te', {}],
    ['{"text"', {}],
    ['{"text":', {}],
    ['{"text": "Наз', { text: 'Наз' }],
    ['{"text": "строка\\', { text: 'строка' }],
    ['{"text": "знак \\u04', { text: 'знак ' }],
    ['{"a": 1, "b": tr', { a: 1 }],
    ['{"a": [1, 2, {"c": "d', { a: [1, 2, { c: 'd' }] }],
    ['{"a": {"b": "}"}', { a: { b: '}' } }],
    ['[1, 2', [1, 2]],
    ['{"a": 1}', { a: 1 }],
    ['{"a": 1} и ещё слова', { a: 1 }],
  ])('%j is read as %j', (text, value) => {
    expect(parsePartialJson(text)).toEqual(value)
  })

  it('never gives half a character', () => {
    expect(parsePartialJson('{"a": "🚀'.slice(0, -1))).toEqual({ a: '' })
  })

  it('gives nothing that changes a prototype', () => {
    expect(parsePartialJson('{"__proto__": {"polluted": true')).toBeUndefined()
  })

  it('every beginning of a text can be read, and grows towards it', () => {
    const whole = { тема: 'Реки', список: [1, 'два', { три: null }], вложено: { да: true, 'с "кавычками"': '\\' } }
    const text = JSON.stringify(whole, null, 1)
    for (let length = 1; length <= text.length; length++) {
      expect(() => parsePartialJson(text.slice(0, length))).not.toThrow()
      expect(parsePartialJson(text.slice(0, length))).toBeDefined()
    }
    expect(parsePartialJson(text)).toEqual(whole)
  })
})
