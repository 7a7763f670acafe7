import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '@shlyuz/core'
import { parseGigachatOptions } from './gigachat-options.ts'

it('gives nothing for nothing', () => {
  expect(parseGigachatOptions(undefined)).toEqual({})
  expect(parseGigachatOptions({ sessionId: undefined })).toEqual({})
})

it('keeps what is well-formed', () => {
  const options = {
    api: 'v2',
    v2: { builtInTools: { web_search: true }, timezone: 'Europe/Moscow' },
    builtInFunctions: ['text2image', 'get_file_content'],
    functionRanker: { enabled: true, topN: 5 },
    responseFormat: { regex: 'да|нет' },
    repetitionPenalty: 1.1,
    profanityCheck: false,
    updateInterval: 0,
    sessionId: 'session 1',
    clientId: 'user-7',
    flags: ['preprocess'],
    extraBody: { storage: { is_stateful: false }, list: [1, null, 'а'] },
    extraHeaders: { 'X-Trace-ID': 'trace' },
  }
  expect(parseGigachatOptions(options)).toEqual(options)
})

it('keeps a copy of extraBody: what was checked is what is sent', () => {
  const extraBody: Record<string, unknown> = { storage: {} }
  const parsed = parseGigachatOptions({ extraBody })
  extraBody['model'] = 'another'
  expect(parsed.extraBody).toEqual({ storage: {} })
})

describe('refuses before anything is sent', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  it.each<[string, unknown, RegExp]>([
    ['no object', 'profanity', /must be an object/],
    ['an unknown option', { profanity: true }, /unknown option 'profanity'/],
    ['a wire name', { repetition_penalty: 1 }, /use repetitionPenalty/],
    ['an option of the call itself', { maxTokens: 1 }, /use maxOutputTokens of the call itself/],
    ['repetitionPenalty 0', { repetitionPenalty: 0 }, /repetitionPenalty must be a number above 0/],
    ['repetitionPenalty NaN', { repetitionPenalty: Number.NaN }, /repetitionPenalty/],
    ['a negative updateInterval', { updateInterval: -1 }, /updateInterval/],
    ['profanityCheck as text', { profanityCheck: 'true' }, /profanityCheck must be true or false/],
    ['flags as text', { flags: 'preprocess' }, /flags must be a list/],
    ['a session with a line break', { sessionId: 'a\r\nx-evil: 1' }, /sessionId must be printable ASCII/],
    ['an empty client', { clientId: '' }, /clientId must be printable ASCII/],
    ['a Cyrillic session', { sessionId: 'сессия' }, /sessionId/],
    ['another version', { api: 'v3' }, /api must be 'v1' or 'v2'/],
    ['an unknown option of v2', { v2: { tools: [] } }, /gigachat\.v2: unknown option 'tools'/],
    ['a built-in that is none', { builtInFunctions: ['code'] }, /builtInFunctions must be a list of text2image/],
    ['a built-in twice', { builtInFunctions: ['text2image', 'text2image'] }, /each once/],
    ['a ranker that is no object', { functionRanker: true }, /functionRanker must be an object/],
    ['an unknown setting of the ranker', { functionRanker: { top_n: 1 } }, /use topN/],
    ['a ranker of no functions', { functionRanker: { topN: 0 } }, /topN must be an integer above 0/],
    ['a ranker that is half on', { functionRanker: { enabled: 1 } }, /enabled must be true or false/],
    ['an answer form without an expression', { responseFormat: {} }, /regex must be a non-empty string/],
    ['a schema as answer form', { responseFormat: { schema: {} } }, /use output of the call itself/],
    ['extraBody.functions', { extraBody: { functions: [] } }, /use tools/],
    ['extraBody.response_format', { extraBody: { response_format: {} } }, /use output/],
    ['extraBody.model', { extraBody: { model: 'qwen' } }, /may not set 'model'/],
    ['extraBody.messages', { extraBody: { messages: [] } }, /may not set 'messages'/],
    ['extraBody.stream', { extraBody: { stream: true } }, /may not set 'stream'/],
    ['extraBody.max_tokens', { extraBody: { max_tokens: 1 } }, /use maxOutputTokens/],
    ['extraBody.n', { extraBody: { n: 2 } }, /use one call for each answer/],
    ['extraBody.tools', { extraBody: { tools: [{ web_search: {} }] } }, /v2\.builtInTools/],
    ['extraBody.tool_config', { extraBody: { tool_config: {} } }, /use toolChoice/],
    ['extraBody.user_info', { extraBody: { user_info: {} } }, /use providerOptions\.gigachat\.v2\.timezone/],
    ['a header as an option', { xTraceId: 'a' }, /use extraHeaders/],
    ['an option of v2 beside it', { rankerOptions: { topN: 1 } }, /use v2\.rankerOptions/],
    ['extraBody with a cycle', { extraBody: cyclic }, /plain JSON/],
    ['extraBody with NaN', { extraBody: { n: Number.NaN } }, /plain JSON/],
    ['extraBody with a function', { extraBody: { f: () => 1 } }, /plain JSON/],
    ['extraBody that turns into another', { extraBody: { toJSON: () => ({ model: 'qwen' }) } }, /may not set 'model'/],
    ['extraBody as a list', { extraBody: [] }, /plain JSON/],
    ['extraHeaders.Authorization', { extraHeaders: { Authorization: 'Bearer x' } }, /may not set 'Authorization'/],
    ['extraHeaders with its own option', { extraHeaders: { 'x-session-id': 'a' } }, /sessionId/],
    ['a header with a line break', { extraHeaders: { 'x-a': 'b\nc' } }, /printable ASCII/],
    ['a header name with a colon', { extraHeaders: { 'x:a': 'b' } }, /malformed header name/],
    ['a header that is no text', { extraHeaders: { 'x-a': 1 } }, /printable ASCII/],
  ])('%s', (_what, options, message) => {
    let thrown: unknown
    try {
      parseGigachatOptions(options)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(ConfigurationError)
    expect((thrown as ConfigurationError).message).toMatch(message)
    expect((thrown as ConfigurationError).hint).toMatch(/[а-я]/)
    expect(JSON.stringify(thrown)).not.toContain('x-evil')
  })
})
