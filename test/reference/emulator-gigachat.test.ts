// The emulator of GigaChat takes the payloads of requests as they are, and answers in the shape of the service.
import { gigachatOrigins } from '@shlyuz/emulator'
import { describe, expect, it } from 'vitest'
import {
  checkProvoked,
  checkRefused,
  checkTaken,
  startServices,
  type ProvokedCase,
  type TakenCase,
} from './emulated.ts'
import { isThere, readJson, readText } from './fixtures.ts'

const v1 = 'POST /v1/chat/completions'
const v2 = 'POST /v2/chat/completions'
const oauth = `POST ${gigachatOrigins.oauth}/api/v2/oauth`
const corporate = { gigachat: { scope: 'GIGACHAT_API_CORP' } } as const
const form = {
  'content-type': 'application/x-www-form-urlencoded',
  rquid: '00000000-0000-4000-8000-000000000000',
}

const taken: readonly TakenCase[] = [
  { path: 'gigachat/v1_chat_request_basic.json', to: v1, answer: 'gigachat/v1_chat_200.json' },
  {
    path: 'gigachat/v1_chat_request_basic.json',
    to: v1,
    answer: 'gigachat/v1_chat_200_length.json',
    script: { service: 'gigachat', text: 'Однажды', finishReason: 'length' },
  },
  {
    path: 'gigachat/v1_chat_request_basic.json',
    to: v1,
    answer: 'gigachat/v1_chat_200_blacklist.json',
    script: { service: 'gigachat', text: 'Не люблю', finishReason: 'blacklist' },
  },
  {
    path: 'gigachat/v1_chat_request_functions.json',
    to: v1,
    answer: 'gigachat/v1_chat_200_finish_error.json',
    script: { service: 'gigachat', text: '', finishReason: 'error' },
    differences: { '- choices[].message.functions_state_id': 'a scripted end is that of no call' },
  },
  {
    path: 'gigachat/v1_chat_request_basic.json',
    to: v1,
    answer: 'gigachat/v1_chat_200_reasoning.json',
    script: { service: 'gigachat', text: 'Да', reasoning: 'Подумаю' },
    differences: { '+ usage.precached_prompt_tokens': 'the payload is of 2023; later answers state it' },
  },
  { path: 'gigachat/v1_chat_stream_request.json', to: v1, answer: 'gigachat/v1_chat_stream.sse' },
  {
    path: 'gigachat/v1_chat_stream_request.json',
    to: v1,
    answer: 'gigachat/v1_chat_stream_blacklist.sse',
    script: { service: 'gigachat', text: 'Не люблю', finishReason: 'blacklist' },
  },
  {
    path: 'gigachat/v1_chat_request_json_schema.json',
    to: v1,
    answer: 'gigachat/v1_chat_200_json_schema.json',
  },
  {
    path: 'gigachat/v1_chat_request_functions.json',
    to: v1,
    answer: 'gigachat/v1_chat_200_function_call.json',
  },
  {
    path: 'gigachat/v1_chat_request_functions_forced.json',
    to: v1,
    answer: 'gigachat/v1_chat_200_function_call.json',
  },
  { path: 'gigachat/v1_chat_request_function_result.json', to: v1 },
  { path: 'gigachat/v1_chat_request_image.json', to: v1, answer: 'gigachat/v1_chat_200_image.json' },
  { path: 'gigachat/v2_chat_request_basic.json', to: v2, answer: 'gigachat/v2_chat_200.json' },
  {
    path: 'gigachat/v2_chat_request_basic.json',
    to: v2,
    answer: 'gigachat/v2_chat_200_reasoning.json',
    script: { service: 'gigachat', text: 'Да', reasoning: 'Подумаю' },
  },
  { path: 'gigachat/v2_chat_stream_request.json', to: v2, answer: 'gigachat/v2_chat_stream.sse' },
  { path: 'gigachat/v2_chat_request_json_schema.json', to: v2, answer: 'gigachat/v2_chat_200_json_schema.json' },
  { path: 'gigachat/v2_chat_request_regex.json', to: v2, answer: 'gigachat/v2_chat_200_regex.json' },
  {
    path: 'gigachat/v2_chat_request_function_forced.json',
    to: v2,
    answer: 'gigachat/v2_chat_200_function_call.json',
    // As that stand sent it; the public host gives each call an id.
    script: {
      service: 'gigachat',
      functionCalls: [{ name: 'get_order_status', arguments: { order_id: '1' }, id: null }],
    },
  },
  {
    path: 'gigachat/v2_chat_request_function_result.json',
    to: v2,
    answer: 'gigachat/v2_chat_200_after_function_result.json',
  },
  {
    path: 'gigachat/v2_chat_request_function_result_role_function.json',
    to: v2,
    answer: 'gigachat/v2_chat_200_after_function_result.json',
  },
  { path: 'gigachat/v2_chat_request_web_search.json', to: v2, answer: 'gigachat/v2_chat_200_web_search.json' },
  { path: 'gigachat/v2_chat_request_url_content_extraction.json', to: v2 },
  {
    path: 'gigachat/v2_chat_request_image_generate.json',
    to: v2,
    answer: 'gigachat/v2_chat_200_image_generate.json',
  },
  {
    path: 'gigachat/v2_chat_request_code_interpreter.json',
    to: v2,
    answer: 'gigachat/v2_chat_200_code_interpreter.json',
    options: { gigachat: { unavailableTools: [] } },
  },
  {
    path: 'gigachat/tokens_count_request.json',
    to: 'POST /v1/tokens/count',
    answer: 'gigachat/tokens_count_200.json',
  },
  { path: 'gigachat/embeddings_request.json', to: 'POST /v1/embeddings', answer: 'gigachat/embeddings_200.json' },
  {
    path: 'gigachat/ai_check_request.json',
    to: 'POST /v1/ai/check',
    answer: 'gigachat/ai_check_200.json',
    options: corporate,
  },
  { path: 'gigachat/filter_check_request.json', to: 'POST /v1/filter/check', answer: 'gigachat/filter_check_200.json' },
  {
    path: 'gigachat/batch_input.jsonl',
    to: 'POST /v1/batches?method=chat_completions',
    headers: { 'content-type': 'application/octet-stream' },
    answer: 'gigachat/batch_created_200.json',
    options: corporate,
  },
]

const streamed = { stream: true }

const weatherV2 = {
  messages: [{ role: 'user', content: [{ text: 'Какая погода в Москве?' }] }],
  tools: [
    {
      functions: {
        specifications: [
          {
            name: 'get_weather',
            description: 'Погода',
            parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
          },
        ],
      },
    },
  ],
}

/** A payload with something changed. */
function changed(path: string, change: object): object {
  return { ...(readJson(path) as object), ...change }
}

function upload(services: ReturnType<typeof startServices>, name = 'image.jpg'): ReturnType<typeof services.ask> {
  const body = new FormData()
  body.set('purpose', 'general')
  body.set('file', new Blob([Buffer.from('ffd8ffe000104a46494600', 'hex')], { type: 'image/jpeg' }), name)
  return services.ask({ to: 'POST /v1/files', body })
}

const unlikely = 'an example of the documentation; every recorded answer has a number'
const scripted = 'the emulator sends its piece of text, though empty, before the end'

const provoked: readonly ProvokedCase[] = [
  {
    path: 'gigachat/v1_chat_stream_function_call.sse',
    provoke: ({ ask }) => ask({ to: v1, body: changed('gigachat/v1_chat_request_functions.json', streamed) }),
  },
  {
    path: 'gigachat/v1_chat_stream_function_in_progress.sse',
    provoke: ({ ask }) => ask({ to: v1, body: changed('gigachat/v1_chat_request_image.json', streamed) }),
  },
  {
    path: 'gigachat/v2_chat_200_function_call_with_id.json',
    provoke: chattingV2(weatherV2),
  },
  {
    path: 'gigachat/v2_chat_stream_function_call.sse',
    provoke: chattingV2({ ...weatherV2, ...streamed }),
  },
  {
    path: 'gigachat/v2_chat_stream_tool_events.sse',
    provoke: ({ ask }) => ask({ to: v2, body: changed('gigachat/v2_chat_request_image_generate.json', streamed) }),
  },
  {
    path: 'gigachat/v2_chat_stream_finish_error.sse',
    provoke: ({ state, ask }) => {
      state.scripts.add({ service: 'gigachat', text: '', finishReason: 'error' })
      return ask({ to: v2, body: 'gigachat/v2_chat_stream_request.json' })
    },
    differences: {
      '~ first.data.created_at: number, not string': unlikely,
      '+ first.data.messages': scripted,
      '~ all[].data.created_at: number, not string': unlikely,
      '+ all[].data.messages': scripted,
      '~ last.data.created_at: number, not string': unlikely,
      '- first.data.finish_reason': scripted,
      '- first.data.usage': scripted,
    },
  },
  {
    path: 'gigachat/v2_chat_stream_response_error.sse',
    provoke: ({ state, ask }) => {
      state.faults.add({ service: 'gigachat', kind: 'error-event', status: 500 })
      return ask({ to: v2, body: 'gigachat/v2_chat_stream_request.json' })
    },
  },
  { path: 'gigachat/models_200_2026-01.json', provoke: ({ ask }) => ask({ to: 'GET /v1/models' }) },
  { path: 'gigachat/model_200.json', provoke: ({ ask }) => ask({ to: 'GET /v1/models/GigaChat' }) },
  { path: 'gigachat/balance_200.json', provoke: ({ ask }) => ask({ to: 'GET /v1/balance' }) },
  { path: 'gigachat/file_200.json', provoke: (services) => upload(services) },
  {
    path: 'gigachat/files_200.json',
    provoke: async (services) => {
      await upload(services)
      return services.ask({ to: 'GET /v1/files' })
    },
    differences: { '+ data[].modalities': 'stated of one file, so of each in the list' },
  },
  {
    path: 'gigachat/file_deleted_200.json',
    provoke: async (services) => {
      const { id } = JSON.parse((await upload(services)).text) as { readonly id: string }
      return services.ask({ to: `POST /v1/files/${id}/delete` })
    },
  },
  {
    path: 'gigachat/functions_validate_200_ok.json',
    provoke: ({ ask }) => {
      const parameters = { type: 'object', properties: { city: { type: 'string' } } }
      return ask({ to: 'POST /v1/functions/validate', body: { name: 'weather', description: 'Погода', parameters } })
    },
  },
  {
    path: 'gigachat/functions_validate_200_errors.json',
    provoke: ({ ask }) => ask({ to: 'POST /v1/functions/validate', body: { parameters: {} } }),
  },
  {
    path: 'gigachat/batches_200.json',
    options: { gigachat: { ...corporate.gigachat, batchPolls: 1 } },
    provoke: (services) => completeBatch(services),
  },
  {
    path: 'gigachat/batch_output.jsonl',
    options: { gigachat: { ...corporate.gigachat, batchPolls: 1 } },
    provoke: async (services) => {
      const { batches } = JSON.parse((await completeBatch(services)).text) as {
        readonly batches: readonly [{ readonly output_file_id: string }]
      }
      return services.ask({ to: `GET /v1/files/${batches[0].output_file_id}/content` })
    },
  },
  {
    path: 'gigachat/oauth_200.json',
    provoke: ({ ask }) => ask({ to: oauth, body: 'scope=GIGACHAT_API_PERS', headers: form }),
  },
  {
    path: 'gigachat/token_200_user_password.json',
    provoke: ({ state, ask }) => {
      const { user, password } = state.credentials.gigachat
      return ask({ to: 'POST /v1/token', headers: { authorization: `Basic ${btoa(`${user}:${password}`)}` } })
    },
  },
]

async function completeBatch({ ask }: ReturnType<typeof startServices>): ReturnType<typeof ask> {
  await ask({
    to: 'POST /v1/batches?method=chat_completions',
    body: 'gigachat/batch_input.jsonl',
    headers: { 'content-type': 'application/octet-stream' },
  })
  await ask({ to: 'GET /v1/batches' })
  return ask({ to: 'GET /v1/batches' })
}

function asking(to: string, body: unknown): ProvokedCase['provoke'] {
  return ({ ask }) => ask({ to, body })
}

function chatting(change: object): ProvokedCase['provoke'] {
  return asking(v1, { model: 'GigaChat-2', messages: [{ role: 'user', content: 'Привет' }], ...change })
}

function chattingV2(change: object): ProvokedCase['provoke'] {
  const messages = [{ role: 'user', content: [{ text: 'Привет' }] }]
  return asking(v2, { model: 'GigaChat-2-Max', messages, ...change })
}

function faulty(status: number, message?: string): ProvokedCase['provoke'] {
  return (services) => {
    const said = message === undefined ? {} : { message }
    services.state.faults.add({ service: 'gigachat', kind: 'status', status, ...said })
    return chatting({})(services)
  }
}

function authorising(body: string, headers: Readonly<Record<string, string>> = {}): ProvokedCase['provoke'] {
  return ({ ask }) => ask({ to: oauth, body, headers: { ...form, ...headers } })
}

const ids = ['x-request-id', 'x-session-id']
const question = { role: 'user', content: 'Погода?' }
const call = { role: 'assistant', content: '', function_call: { name: 'weather', arguments: {} } }

const refused: readonly ProvokedCase[] = [
  { path: 'gigachat/error_400_invalid_json.json', provoke: asking(v1, '{') },
  {
    path: 'gigachat/error_400_response_format_unknown.json',
    provoke: chatting({ response_format: { type: 'json_object' } }),
  },
  {
    path: 'gigachat/error_400_response_format_empty_schema.json',
    provoke: chatting({ response_format: { type: 'json_schema', schema: {} } }),
  },
  {
    path: 'gigachat/error_401_token_expired.json',
    provoke: (services) => {
      services.state.gigachat.expireTokens()
      return chatting({})(services)
    },
  },
  {
    path: 'gigachat/error_401_unauthorized.json',
    provoke: ({ ask }) => ask({ to: 'GET /v1/models', headers: { authorization: '' } }),
  },
  { path: 'gigachat/error_402_payment_required.json', provoke: chatting({}), options: { gigachat: { paid: false } } },
  {
    path: 'gigachat/error_403_permission_denied.json',
    provoke: asking('POST /v1/ai/check', 'gigachat/ai_check_request.json'),
  },
  { path: 'gigachat/error_404_no_such_model.json', provoke: chatting({ model: 'GigaChat-0' }) },
  { path: 'gigachat/error_404_unknown_tool.json', provoke: chattingV2({ tools: [{ url_extraction: {} }] }) },
  {
    path: 'gigachat/error_404_batch.json',
    provoke: asking('GET /v1/batches?batch_id=01999999-0000-7000-8000-000000000001', undefined),
    options: corporate,
  },
  {
    path: 'gigachat/error_413_payload_too_large.json',
    provoke: chatting({ messages: [{ role: 'user', content: 'слово '.repeat(100) }] }),
    options: { gigachat: { contextTokens: 20 } },
  },
  {
    path: 'gigachat/error_422_function_call_missing.json',
    provoke: chatting({ messages: [question, { role: 'function', name: 'weather', content: '{}' }] }),
  },
  { path: 'gigachat/error_422_function_result_missing.json', provoke: chatting({ messages: [question, call] }) },
  {
    path: 'gigachat/error_422_function_name.json',
    provoke: chatting({ functions: [{ name: 'Плохое_Имя', parameters: { type: 'object', properties: {} } }] }),
  },
  // Every model of the emulator has functions.
  {
    path: 'gigachat/error_422_no_functions.json',
    provoke: faulty(422, 'Requested model does not support functions'),
  },
  { path: 'gigachat/error_422_range.json', provoke: chatting({ repetition_penalty: 0 }) },
  {
    path: 'gigachat/error_422_schema_properties.json',
    provoke: chatting({
      functions: [{ name: 'save', parameters: { type: 'object', properties: { data: { type: 'object' } } } }],
    }),
  },
  {
    path: 'gigachat/error_422_system_first.json',
    provoke: chatting({ messages: [question, { role: 'system', content: 'Кратко' }] }),
  },
  { path: 'gigachat/error_422_tool_unavailable.json', provoke: chattingV2({ tools: [{ code_interpreter: {} }] }) },
  {
    path: 'gigachat/error_429_too_many_requests.json',
    provoke: (services) => {
      services.state.gigachat.openStream()
      return chatting({})(services)
    },
  },
  { path: 'gigachat/error_500_internal.json', provoke: faulty(500) },
  { path: 'gigachat/oauth_400_code1_scope_invalid.json', provoke: authorising('scope=GIGACHAT') },
  { path: 'gigachat/oauth_400_code5_scope_empty.json', provoke: authorising('scope=') },
  { path: 'gigachat/oauth_400_code7_scope_mismatch.json', provoke: authorising('scope=GIGACHAT_API_CORP') },
  {
    path: 'gigachat/oauth_401_code4_bad_header.json',
    provoke: authorising('scope=GIGACHAT_API_PERS', { authorization: 'Basic ***' }),
  },
  {
    path: 'gigachat/oauth_401_code6_bad_credentials.json',
    provoke: authorising('scope=GIGACHAT_API_PERS', { authorization: `Basic ${btoa('other:secret')}` }),
  },
]

describe.skipIf(!isThere)('the emulator of GigaChat', () => {
  describe('takes', () => {
    checkTaken(taken)

    it('gigachat/v1_chat_request_attachments.json, with a file that is there', async () => {
      const services = startServices()
      const { id } = JSON.parse((await upload(services)).text) as { readonly id: string }
      const path = 'gigachat/v1_chat_request_attachments.json'
      const body = readText(path).replace(/"[\da-f]{8}-[\da-f-]+"/, JSON.stringify(id))
      expect((await services.ask({ to: v1, body })).status).toBe(200)
      // A file of another account is not there.
      expect((await services.ask({ to: v1, body: path })).status).toBe(404)
    })
  })

  describe('answers in the shape of', () => {
    checkProvoked(provoked)
  })

  // Those that the service sets; the rest is of the balancers before it, which differ between the recordings.
  it.each<[string, ProvokedCase['provoke'], readonly string[]]>([
    ['gigachat/v1_chat_200_headers.json', chatting({}), ids],
    ['gigachat/v1_chat_stream_headers.json', chatting(streamed), ids],
    ['gigachat/v2_chat_200_headers.json', chattingV2({}), ids],
    ['gigachat/oauth_200_headers.json', authorising('scope=GIGACHAT_API_PERS'), []],
  ])('answers with the headers of %s', async (path, provoke, names) => {
    const recorded = new Headers(
      Object.entries(readJson(path) as object).map(([name, value]) => [name, [value].flat().join(', ')]),
    )
    const { headers } = await provoke(startServices())
    expect(headers.get('content-type')).toBe(recorded.get('content-type'))
    for (const name of ids) {
      expect(headers.has(name), name).toBe(names.includes(name))
      expect(recorded.has(name), name).toBe(names.includes(name))
    }
  })

  describe('refuses as the service does', () => {
    checkRefused(refused)

    it('gigachat/error_502_bad_gateway.html', async () => {
      const services = startServices()
      services.state.faults.add({ service: 'gigachat', kind: 'html-502' })
      const { status, headers, text } = await chatting({})(services)
      expect(status).toBe(502)
      expect(headers.get('content-type')).toMatch(/^text\/html/)
      expect(text.replaceAll(/\s+/g, '')).toBe(readText('gigachat/error_502_bad_gateway.html').replaceAll(/\s+/g, ''))
    })
  })
})
