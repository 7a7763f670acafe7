import { describe, expect, it } from 'vitest'
import { fitSchema } from './fit-schema.ts'

const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more })

describe('fitSchema', () => {
  it('takes what the text says: names, numbers, addresses, members of an enumeration', () => {
    const schema = object({
      name: { type: 'string' },
      age: { type: 'integer', minimum: 18 },
      email: { type: 'string', format: 'email' },
      site: { type: 'string', format: 'uri' },
      born: { type: 'string', format: 'date' },
      sentiment: { enum: ['negative', 'positive'] },
      plan: { enum: ['базовый', 'полный'] },
    })
    const text =
      'Иван Петров, 3 заказа, 42 года, род. 05.02.1984, ivan@mail.ru, https://petrov.ru. Полный тариф понравился.'
    expect(fitSchema(schema, text)).toEqual({
      name: 'Иван Петров',
      age: 42,
      email: 'ivan@mail.ru',
      site: 'https://petrov.ru',
      born: '1984-02-05',
      sentiment: 'positive',
      plan: 'полный',
    })
  })

  it('uses JSON that stands in the text, field by field', () => {
    const schema = object({ answer: { type: 'string' }, n: { type: 'integer', maximum: 10 }, list: { items: {} } })
    expect(fitSchema(schema, 'Return {"answer":"ok","n":3,"list":["a","b"]} exactly.')).toEqual({
      answer: 'ok',
      n: 3,
      list: ['a', 'b'],
    })
    expect(fitSchema(schema, 'Return {"answer":1,"n":30}.')).not.toMatchObject({ n: 30 })
  })

  it('keeps to bounds when the text says nothing', () => {
    const schema = object({
      above: { type: 'number', exclusiveMinimum: 5 },
      flagged: { type: 'number', minimum: 5, exclusiveMinimum: true },
      between: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 0.5 },
      step: { type: 'integer', minimum: 10, multipleOf: 7 },
      negative: { type: 'integer', maximum: -3 },
    })
    const value = fitSchema(schema, 'ничего') as Record<string, number>
    expect(value['above']).toBeGreaterThan(5)
    expect(value['flagged']).toBeGreaterThan(5)
    expect(value['between']).toBe(0.25)
    expect(value).toMatchObject({ step: 14, negative: -3 })
  })

  it('keeps to lengths, counts and patterns', () => {
    const schema = object({
      long: { type: 'string', minLength: 30 },
      short: { type: 'string', maxLength: 3 },
      code: { type: 'string', pattern: '^[A-Z]{2}\\d{2}$' },
      two: { type: 'array', items: { type: 'integer' }, minItems: 2, maxItems: 2, uniqueItems: true },
      pair: { type: 'array', prefixItems: [{ const: 'x' }, { type: 'boolean' }], minItems: 2, maxItems: 2 },
    })
    const value = fitSchema(schema, 'слово') as Record<string, unknown>
    expect(value['long']).toHaveLength(30)
    expect(value['short']).toHaveLength(3)
    expect(value['code']).toMatch(/^[A-Z]{2}\d{2}$/)
    expect(new Set(value['two'] as number[]).size).toBe(2)
    expect(value['pair']).toEqual(['x', false])
  })

  it('follows references, merges allOf, and takes the branch that is not null', () => {
    const schema = {
      $defs: { Town: object({ city: { type: 'string' } }, { required: ['city'] }) },
      allOf: [{ $ref: '#/$defs/Town' }, object({ days: { anyOf: [{ type: 'null' }, { type: 'integer' }] } })],
      required: ['days'],
    }
    expect(fitSchema(schema, 'Погода в Твери на три дня')).toEqual({ city: 'Тверь', days: 3 })
  })

  it('ends on recursive schemas', () => {
    const node = object(
      {
        value: { type: 'integer' },
        next: { $ref: '#/definitions/node' },
        children: { items: { $ref: '#/definitions/node' } },
      },
      { required: ['value', 'children'] },
    )
    const value = fitSchema({ $ref: '#/definitions/node', definitions: { node } }, 'дерево') as Record<string, unknown>
    expect(Object.keys(value)).toEqual(expect.arrayContaining(['value', 'children']))
    expect(JSON.stringify(value).length).toBeLessThan(100_000)
    expect(fitSchema({ $ref: '#' }, 'сам')).toBeTypeOf('string')
  })

  it('ends soon on schemas that could go on for long', () => {
    const names = Array.from({ length: 30 }, (_, index) => `p${index}`)
    const wide = object(Object.fromEntries(names.map((name) => [name, { $ref: '#' }])))
    const must = { ...wide, required: names }
    for (const schema of [wide, must, { type: 'array', minItems: 1e9 }]) {
      expect(JSON.stringify(fitSchema(schema, 'да')).length).toBeLessThan(2_000_000)
    }
  })

  it('gives what is required, and beside it only what the text speaks of', () => {
    const schema = object(
      { city: { type: 'string' }, unit: { enum: ['celsius', 'fahrenheit'] }, days: { type: 'integer' } },
      { required: ['city'] },
    )
    expect(fitSchema(schema, 'Погода в Омске')).toEqual({ city: 'Омск' })
    expect(fitSchema(schema, 'Погода в Омске на 2 дня в градусах Цельсия')).toEqual({
      city: 'Омск',
      unit: 'celsius',
      days: 2,
    })
  })

  it('fills maps, and properties that are required and not described', () => {
    expect(fitSchema({ type: 'object', additionalProperties: { type: 'integer' } }, 'Яблоки 5')).toEqual({ яблоки: 5 })
    expect(fitSchema({ type: 'object', required: ['__proto__'] }, 'да')).toEqual(
      JSON.parse('{"__proto__":"да"}') as object,
    )
  })

  it('gives the same value for the same text, and takes anything for a schema', () => {
    const schema = object({ a: {}, b: { type: ['string', 'null'] } })
    expect(fitSchema(schema, 'Привет')).toEqual(fitSchema(schema, 'Привет'))
    expect(fitSchema(true, 'Привет')).toBe('Привет')
    expect(fitSchema({ type: 'null' }, 'Привет')).toBeNull()
  })
})
