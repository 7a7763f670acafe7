import { describe, expect, it } from 'vitest'
import type { TextCall, ToolSpec } from '@shlyuz/core'
import {
  checkGigachatFunctions,
  checkToolChoice,
  convertToGigachatFunctions,
  createFunctionFields,
} from './convert-to-gigachat-functions.ts'

const weather: ToolSpec = {
  name: 'weather',
  description: 'Погода в городе',
  inputSchema: {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: { city: { $ref: '#/$defs/city' }, options: { type: 'object' }, days: { type: ['integer', 'null'] } },
    required: ['city'],
    $defs: { city: { type: 'string' } },
  },
  examples: [{ request: 'Погода в Омске', input: { city: 'Омск' } }],
  outputSchema: { type: 'object', properties: { degrees: { type: 'number' } } },
}
const clock: ToolSpec = { name: 'clock', inputSchema: { type: 'object' } }

const weatherFunction = {
  name: 'weather',
  description: 'Погода в городе',
  parameters: {
    type: 'object',
    properties: {
      city: { type: 'string' },
      options: { type: 'object', properties: {} },
      days: { type: 'integer' },
    },
    required: ['city'],
  },
  few_shot_examples: [{ request: 'Погода в Омске', params: { city: 'Омск' } }],
  return_parameters: { type: 'object', properties: { degrees: { type: 'number' } } },
}
const clockFunction = { name: 'clock', parameters: { type: 'object', properties: {} } }

function call(tools: readonly ToolSpec[], toolChoice: TextCall['toolChoice'] = 'auto'): TextCall {
  return { messages: [], settings: {}, stream: false, tools, toolChoice, options: {} }
}

it('describes tools in the schema dialect of the service', () => {
  expect(convertToGigachatFunctions([weather, clock])).toEqual([weatherFunction, clockFunction])
})

describe('function_call', () => {
  it.each<[string, TextCall['toolChoice'], unknown]>([
    ['auto', 'auto', 'auto'],
    ['none', 'none', 'none'],
    ['one tool', { tool: 'clock' }, { name: 'clock' }],
  ])('is stated for %s', (_what, choice, expected) => {
    expect(createFunctionFields(call([weather, clock], choice), {})).toEqual({
      functions: [weatherFunction, clockFunction],
      function_call: expected,
    })
  })

  it('forces the only tool when one is required', () => {
    expect(createFunctionFields(call([clock], 'required'), {})).toEqual({
      functions: [clockFunction],
      function_call: { name: 'clock' },
    })
    expect(checkToolChoice(call([clock], 'required'))).toEqual([])
  })

  it('cannot require one of several tools', () => {
    expect(checkToolChoice(call([weather, clock], 'required'))).toMatchObject([
      { effect: 'refuse', code: 'tool-choice-required-unsupported', setting: 'toolChoice' },
    ])
  })

  it('lets built-in functions run, alone and beside tools', () => {
    const options = { builtInFunctions: ['text2image'] } as const
    expect(createFunctionFields(call([]), options)).toEqual({
      functions: [{ name: 'text2image' }],
      function_call: 'auto',
    })
    expect(createFunctionFields(call([clock]), options)).toEqual({
      functions: [clockFunction, { name: 'text2image' }],
      function_call: 'auto',
    })
    expect(createFunctionFields(call([], 'none'), options)).toMatchObject({ function_call: 'none' })
  })

  it('is absent without functions', () => {
    expect(createFunctionFields(call([], 'required'), {})).toEqual({})
  })
})

describe('what is lost', () => {
  it('is told: null of a union', () => {
    expect(checkGigachatFunctions([weather, clock])).toMatchObject([
      { effect: 'warn', code: 'schema-null-dropped', setting: 'tools.weather' },
    ])
  })

  it.each([
    ['a union', { type: 'object', properties: { a: { anyOf: [{ type: 'string' }, { type: 'number' }] } } }],
    ['a schema that contains itself', { type: 'object', properties: { a: { $ref: '#' } } }],
  ])('is too much for %s', (_what, inputSchema) => {
    expect(checkGigachatFunctions([{ name: 'tree', inputSchema }])).toMatchObject([
      { effect: 'refuse', code: 'schema-unsupported', setting: 'tools.tree' },
    ])
  })

  it('is the whole tool when its name is that of a built-in function', () => {
    expect(checkGigachatFunctions([{ ...clock, name: 'text2image' }])).toMatchObject([
      { effect: 'refuse', code: 'tool-name-reserved', setting: 'tools.text2image' },
    ])
  })
})
