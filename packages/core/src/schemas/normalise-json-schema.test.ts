import { describe, expect, it } from 'vitest'
import type { JsonSchema } from '../vocabulary/schemas.ts'
import { normaliseJsonSchema } from './normalise-json-schema.ts'

const strict = {
  service: 'the service',
  inlineReferences: true,
  mergeAllOf: true,
  noUnions: true,
  requireProperties: true,
} as const

function normalise(schema: JsonSchema) {
  return normaliseJsonSchema(schema, strict, 'tools.weather')
}

describe('a schema for a service with few words', () => {
  it('puts references in place of themselves and drops the definitions', () => {
    const { schema, losses } = normalise({
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      properties: { from: { $ref: '#/$defs/place' }, to: { $ref: '#/$defs/place', description: 'Куда' } },
      $defs: { place: { type: 'object', properties: { city: { type: 'string' } } } },
    })
    expect(schema).toEqual({
      type: 'object',
      properties: {
        from: { type: 'object', properties: { city: { type: 'string' } } },
        to: { type: 'object', properties: { city: { type: 'string' } }, description: 'Куда' },
      },
    })
    expect(losses).toEqual([])
  })

  it('refuses a schema that contains itself', () => {
    const { losses } = normalise({
      type: 'object',
      properties: { child: { $ref: '#' } },
    })
    expect(losses.map(({ effect, code }) => [effect, code])).toEqual([['refuse', 'schema-unsupported']])
    expect(losses[0]?.message).toContain('tools.weather.child')
  })

  it('refuses a reference that leads nowhere, or out of the schema', () => {
    for (const $ref of ['#/$defs/none', 'https://example.org/schema.json', '#/__proto__/polluted']) {
      expect(normalise({ type: 'object', properties: { a: { $ref } } }).losses).toMatchObject([{ effect: 'refuse' }])
    }
  })

  it('gives every object its properties, at every level', () => {
    const { schema } = normalise({ type: 'object', properties: { data: { type: 'object' } } })
    expect(schema).toEqual({ type: 'object', properties: { data: { type: 'object', properties: {} } } })
  })

  it.each([
    { title: 'anyOf', schema: { anyOf: [{ type: 'string', minLength: 1 }, { type: 'null' }] } },
    { title: 'oneOf', schema: { oneOf: [{ type: 'null' }, { type: 'string', minLength: 1 }] } },
    { title: 'a list of types', schema: { type: ['string', 'null'], minLength: 1 } },
  ])('leaves null out of a union written as $title, and says so', ({ schema: union }) => {
    const { schema, losses } = normalise({ type: 'object', properties: { a: union } })
    expect(schema).toEqual({ type: 'object', properties: { a: { type: 'string', minLength: 1 } } })
    expect(losses).toEqual([
      {
        effect: 'warn',
        code: 'schema-null-dropped',
        setting: 'tools.weather',
        message: 'tools.weather.a may be null; the service has no unions, so null was left out of the schema',
      },
    ])
  })

  it('leaves null out of the values of an enumeration', () => {
    const { schema } = normalise({ type: 'object', properties: { a: { type: ['string', 'null'], enum: ['x', null] } } })
    expect(schema).toEqual({ type: 'object', properties: { a: { type: 'string', enum: ['x'] } } })
  })

  it('refuses a union of two things', () => {
    for (const a of [{ anyOf: [{ type: 'string' }, { type: 'number' }] }, { type: ['string', 'number'] }]) {
      const { losses } = normalise({ type: 'object', properties: { a } })
      expect(losses).toMatchObject([{ effect: 'refuse', code: 'schema-unsupported', setting: 'tools.weather' }])
      expect(losses[0]?.hint).toMatch(/[а-я]/)
    }
  })

  it('merges what must hold together', () => {
    const { schema, losses } = normalise({
      allOf: [
        { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        { type: 'object', properties: { b: { type: 'number' } }, required: ['b'] },
      ],
    })
    expect(schema).toEqual({
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'number' } },
      required: ['a', 'b'],
    })
    expect(losses).toEqual([])
  })

  it('takes a property for a property, whatever its name', () => {
    const { schema, losses } = normalise({
      type: 'object',
      properties: { anyOf: { type: 'string' }, $ref: { type: 'string' }, properties: { type: 'string' } },
    })
    expect(schema).toEqual({
      type: 'object',
      properties: { anyOf: { type: 'string' }, $ref: { type: 'string' }, properties: { type: 'string' } },
    })
    expect(losses).toEqual([])
  })
})

it('without rules a schema stays as it is', () => {
  const schema = {
    type: 'object',
    properties: { a: { anyOf: [{ type: 'string' }, { $ref: '#/$defs/b' }] } },
    $defs: { b: { type: 'null' } },
  }
  expect(normaliseJsonSchema(schema, { service: 'the service' }, 'output')).toEqual({ schema, losses: [] })
})
