import { describe, expect, it } from 'vitest'
import {
  features,
  type CallPart,
  type Feature,
  type FeatureCell,
  type FeatureRule,
  type PartMessage,
  type TextCall,
} from '@shlyuz/core'
import { checkGigachatCall } from './check-gigachat-call.ts'
import { checkV1Call, createGigachatBody } from './gigachat-chat.ts'
import { parseGigachatModel } from './gigachat-models.ts'
import { gigachatV1, gigachatV2 } from './gigachat-surfaces.ts'

function cellsOf(rule: FeatureRule): readonly FeatureCell[] {
  return 'needs' in rule ? [rule.cell, rule.otherwise] : [rule]
}

describe.each([gigachatV1, gigachatV2])('the column $title', ({ features: column }) => {
  it('has a cell for every feature, and no other', () => {
    expect(Object.keys(column).toSorted()).toEqual(features.map(({ id }) => id).toSorted())
  })

  it('says what becomes of what is not kept, in words for people', () => {
    for (const [id, rule] of Object.entries(column)) {
      for (const cell of cellsOf(rule)) {
        if (cell.keep === 'translated') expect(cell.note, id).toMatch(/^\S.{9,}/)
        if (cell.keep === 'warned') expect(cell.message, id).toMatch(/^\S.{9,}/)
        if (cell.keep === 'refused') expect(cell.hint, id).toMatch(/[а-я].*\.$/)
      }
    }
  })
})

it('differs between the versions where the wire does', () => {
  const differing = features
    .map(({ id }) => id)
    .filter((id) => JSON.stringify(gigachatV1.features[id]) !== JSON.stringify(gigachatV2.features[id]))
  expect(differing).toEqual([
    'reasoning-off',
    'parallel-tool-calls',
    'sequential-tool-calls',
    'parallel-tool-history',
    'deferred',
    'deferred-tools',
  ])
})

const user: PartMessage = { role: 'user', content: [{ type: 'text', text: 'Погода?' }] }
const weather = { name: 'weather', inputSchema: { type: 'object', properties: {} } }
const parameters = { type: 'object', properties: {} }
const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }
const toolCall = (id: string): CallPart => ({ type: 'tool-call', toolCallId: id, toolName: 'weather', input: {} })
const result = (id: string, isError = false): CallPart => {
  return { type: 'tool-result', toolCallId: id, toolName: 'weather', output: 'снег', ...(isError && { isError }) }
}
const asked = { role: 'assistant', content: '', function_call: { name: 'weather', arguments: {} } }
const told = { role: 'function', name: 'weather', content: '{"result":"снег"}' }
const question = { role: 'user', content: 'Погода?' }

function file(modality: 'image' | 'document' | 'audio' | 'video', source: URL | { fileId: string }): CallPart {
  return { type: 'media', modality, source }
}

function attached(part: CallPart): Partial<TextCall> {
  return { messages: [{ role: 'user', content: [part] }] }
}

const attachment = { messages: [{ role: 'user', content: '', attachments: ['file-1'] }] }

/** Each feature of a text call: what asks for it, and what v1 is sent then beside model and messages. */
const askings: Partial<Record<Feature, { readonly call: Partial<TextCall>; readonly sent: object }>> = {
  'system-messages': {
    call: {
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'Раз.' }] },
        { role: 'system', content: [{ type: 'text', text: 'Два.' }] },
        user,
      ],
    },
    sent: { messages: [{ role: 'system', content: 'Раз.\n\nДва.' }, question] },
  },
  'max-output-tokens': { call: { settings: { maxOutputTokens: 5 } }, sent: { max_tokens: 5 } },
  temperature: { call: { settings: { temperature: 0.5 } }, sent: { temperature: 0.5 } },
  'temperature-zero': { call: { settings: { temperature: 0 } }, sent: { top_p: 0 } },
  'temperature-above-one': { call: { settings: { temperature: 1.5 } }, sent: { temperature: 1.5 } },
  'top-p': { call: { settings: { topP: 0.5 } }, sent: { top_p: 0.5 } },
  seed: { call: { settings: { seed: 1 } }, sent: {} },
  'frequency-penalty': { call: { settings: { frequencyPenalty: 1 } }, sent: {} },
  'presence-penalty': { call: { settings: { presencePenalty: 1 } }, sent: {} },
  streaming: { call: { stream: true }, sent: { stream: true } },
  'reasoning-effort': { call: { settings: { reasoningEffort: 'high' } }, sent: { reasoning_effort: 'high' } },
  'reasoning-off': { call: { settings: { reasoningEffort: 'off' } }, sent: {} },
  tools: {
    call: { tools: [weather] },
    sent: { functions: [{ name: 'weather', parameters }], function_call: 'auto' },
  },
  'tool-choice-none': {
    call: { tools: [weather], toolChoice: 'none' },
    sent: { functions: [{ name: 'weather', parameters }], function_call: 'none' },
  },
  'tool-choice-required': {
    call: { tools: [weather], toolChoice: 'required' },
    sent: { functions: [{ name: 'weather', parameters }], function_call: { name: 'weather' } },
  },
  'tool-choice-tool': {
    call: { tools: [weather], toolChoice: { tool: 'weather' } },
    sent: { functions: [{ name: 'weather', parameters }], function_call: { name: 'weather' } },
  },
  'parallel-tool-calls': {
    call: { tools: [weather], parallelToolCalls: true },
    sent: { functions: [{ name: 'weather', parameters }], function_call: 'auto' },
  },
  'sequential-tool-calls': {
    call: { tools: [weather], parallelToolCalls: false },
    sent: { functions: [{ name: 'weather', parameters }], function_call: 'auto' },
  },
  'tool-history': {
    call: {
      messages: [user, { role: 'assistant', content: [toolCall('a')] }, { role: 'tool', content: [result('a')] }],
    },
    sent: { messages: [question, asked, told] },
  },
  'parallel-tool-history': {
    call: {
      messages: [
        user,
        { role: 'assistant', content: [toolCall('a'), toolCall('b')] },
        { role: 'tool', content: [result('a'), result('b')] },
      ],
    },
    sent: { messages: [question, asked, told, asked, told] },
  },
  'tool-error-results': {
    call: {
      messages: [user, { role: 'assistant', content: [toolCall('a')] }, { role: 'tool', content: [result('a', true)] }],
    },
    sent: { messages: [question, asked, { ...told, content: '{"error":"снег"}' }] },
  },
  'tool-examples': {
    call: { tools: [{ ...weather, examples: [{ request: 'Погода?', input: {} }] }] },
    sent: {
      functions: [{ name: 'weather', parameters, few_shot_examples: [{ request: 'Погода?', params: {} }] }],
      function_call: 'auto',
    },
  },
  output: {
    call: { output: { name: 'output', schema } },
    sent: { response_format: { type: 'json_schema', schema, strict: true } },
  },
  image: { call: attached(file('image', { fileId: 'file-1' })), sent: attachment },
  document: { call: attached(file('document', { fileId: 'file-1' })), sent: attachment },
  audio: { call: attached(file('audio', { fileId: 'file-1' })), sent: attachment },
  'file-reference': { call: attached(file('document', { fileId: 'file-1' })), sent: attachment },
  video: { call: attached(file('video', { fileId: 'file-1' })), sent: {} },
  'remote-file': { call: attached(file('image', new URL('https://example.com/a.png'))), sent: {} },
}

describe('v1 keeps its column: what is asked by', () => {
  const cases = Object.entries(askings).map(([feature, asking]) => ({ feature: feature as Feature, ...asking }))

  it.each(cases)('$feature', ({ feature, call: more, sent }) => {
    const model = parseGigachatModel('GigaChat-2-Max')
    const call: TextCall = {
      messages: [user],
      settings: {},
      stream: false,
      tools: [],
      toolChoice: 'auto',
      options: {},
      ...more,
    }
    const rule = gigachatV1.features[feature]
    const cell = 'needs' in rule ? rule.cell : rule
    const losses = checkGigachatCall(call, model, gigachatV1, checkV1Call)
    if (cell.keep === 'refused') {
      expect(losses).toMatchObject([{ effect: 'refuse', message: cell.message }])
      return
    }
    expect(losses).toEqual(
      cell.keep === 'warned'
        ? [expect.objectContaining({ effect: 'warn', code: cell.code, message: cell.message }) as object]
        : [],
    )
    const ids = new Map(
      call.messages.flatMap(({ content }) =>
        content.flatMap((part) =>
          part.type === 'media' && 'fileId' in part.source ? [[part, part.source.fileId]] : [],
        ),
      ) as (readonly [CallPart, string])[],
    )
    const body = JSON.parse(JSON.stringify(createGigachatBody(call, model, ids))) as unknown
    expect(body).toEqual({ model: 'GigaChat-2-Max', messages: [question], ...sent })
  })

  it('a feature of a text call: none is forgotten', () => {
    // Kept by the client itself, or asked by other verbs, which have tests of their own.
    const elsewhere = /^(?:stop|output-with-tools|embed|count-tokens|list-models|generate-image|image-|deferred)/
    const left = features.map(({ id }) => id).filter((id) => !(id in askings) && !elsewhere.test(id))
    expect(left).toEqual([])
  })
})
