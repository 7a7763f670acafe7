import { expect, it } from 'vitest'
import type { JsonSchema, TextCall, ToolChoice } from '@shlyuz/core'
import { checkYandexgptSchemas, convertToYandexgptTools } from './convert-to-yandexgpt-tools.ts'

const city: JsonSchema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }

function call(more: Partial<TextCall> = {}): TextCall {
  return { messages: [], settings: {}, stream: false, tools: [], toolChoice: 'auto', options: {}, ...more }
}

it('says nothing without tools, whatever the choice', () => {
  expect(convertToYandexgptTools(call({ toolChoice: 'required', parallelToolCalls: false }))).toEqual({})
})

it('declares functions in the words of the wire', () => {
  const tools = [
    { name: 'weather', description: 'Погода в городе', inputSchema: city, strict: true },
    { name: 'time', inputSchema: { type: 'object' } },
  ]
  expect(convertToYandexgptTools(call({ tools, parallelToolCalls: false }))).toEqual({
    tools: [
      { function: { name: 'weather', description: 'Погода в городе', parameters: city, strict: true } },
      { function: { name: 'time', parameters: { type: 'object' } } },
    ],
    parallelToolCalls: false,
  })
})

it.each<[ToolChoice, unknown]>([
  ['auto', undefined],
  ['none', { mode: 'NONE' }],
  ['required', { mode: 'REQUIRED' }],
  [{ tool: 'weather' }, { functionName: 'weather' }],
])('turns the choice %j into %j', (toolChoice, expected) => {
  const tools = [{ name: 'weather', inputSchema: city }]
  expect(convertToYandexgptTools(call({ tools, toolChoice })).toolChoice).toEqual(expected)
})

it('sends the schema of the output, references put in place and unions kept', () => {
  const schema: JsonSchema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: { from: { $ref: '#/$defs/day' }, to: { anyOf: [{ $ref: '#/$defs/day' }, { type: 'null' }] } },
    $defs: { day: { type: 'integer', minimum: 1 } },
  }
  const asked = call({ output: { name: 'days', schema } })
  expect(convertToYandexgptTools(asked)).toEqual({
    jsonSchema: {
      schema: {
        type: 'object',
        properties: {
          from: { type: 'integer', minimum: 1 },
          to: { anyOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }] },
        },
      },
    },
  })
  expect(checkYandexgptSchemas(asked)).toEqual([])
})

it('refuses schemas that contain themselves, and names the place', () => {
  const tree: JsonSchema = { type: 'object', properties: { children: { type: 'array', items: { $ref: '#' } } } }
  const losses = checkYandexgptSchemas(
    call({ tools: [{ name: 'grow', inputSchema: tree }], output: { name: 'tree', schema: tree } }),
  )
  expect(losses.map(({ effect, code, setting }) => [effect, code, setting])).toEqual([
    ['refuse', 'schema-unsupported', 'tools.grow'],
    ['refuse', 'schema-unsupported', 'output'],
  ])
})
