import { describe, expect, it } from 'vitest'
import type {
  CallPart,
  Effect,
  Loss,
  Operation,
  Reply,
  StreamEnd,
  StreamPart,
  TextCall,
  TextResult,
} from '@shlyuz/core'
import { parseYandexgptModel } from './parse-yandexgpt-model.ts'
import { checkOpenAi, converseOpenAi } from './yandexgpt-openai-chat.ts'
import type { YandexgptCallSettings } from './yandexgpt-request.ts'

const folder = 'b1gfolder'
const settings: YandexgptCallSettings = { folderId: folder, dataLogging: false, sendFolderId: false }
const yandex = 'yandexgpt-5.1'
const open = 'qwen3-235b-a22b-fp8'

const call: TextCall = {
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Погода?' }] }],
  settings: {},
  stream: false,
  tools: [],
  toolChoice: 'auto',
  options: {},
}
const tools = [{ name: 'weather', inputSchema: { type: 'object' } }]
const history: TextCall['messages'] = [
  ...call.messages,
  {
    role: 'assistant',
    content: [{ type: 'tool-call', toolCallId: 'call-1', toolName: 'weather', input: { city: 'Казань' } }],
  },
  { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'call-1', toolName: 'weather', output: '-3' }] },
]

/** Drives an operation of one exchange by hand. */
function answer<R>(operation: Operation<R>, body: unknown): { readonly effect: Effect; readonly result: R } {
  const { value: effect } = operation.next()
  const reply: Reply = { status: 200, headers: {}, body }
  const end = operation.next(reply)
  if (!end.done) throw new Error('it wanted more than one exchange')
  return { effect: effect as Effect, result: end.value }
}

function converse(
  given: Partial<TextCall>,
  id = yandex,
  more: Partial<YandexgptCallSettings> = {},
): Operation<TextResult> {
  return converseOpenAi({ ...call, ...given }, parseYandexgptModel(id), { ...settings, ...more })
}

function completion(model: string, message: object = { content: 'Мороз' }, reason = 'stop'): object {
  return { id: '1', model, choices: [{ index: 0, message, finish_reason: reason }] }
}

function sent(operation: Operation<unknown>): unknown {
  const { value: effect } = operation.next()
  return typeof effect === 'object' && effect !== null && 'request' in effect
    ? JSON.parse((effect as { request: { body: string } }).request.body)
    : undefined
}

function losses(given: Partial<TextCall>, id = yandex): readonly Loss[] {
  return checkOpenAi({ ...call, ...given }, parseYandexgptModel(id))
}

describe('the request', () => {
  it('names the model by its URI, the folder in its header, and forbids storing', () => {
    const options = { clientRequestId: 'our-1', extraBody: { top_k: 5 }, extraHeaders: { 'x-run': '7' } }
    const { effect } = answer(converse({ options }), completion(`gpt://${folder}/yandexgpt-5.1`))
    expect(effect).toMatchObject({
      do: 'exchange',
      read: 'json',
      request: {
        endpoint: 'openai',
        operation: 'chat',
        method: 'POST',
        path: '/chat/completions',
        headers: {
          'openai-project': folder,
          'x-data-logging-enabled': 'false',
          'x-client-request-id': 'our-1',
          'x-run': '7',
        },
        repeat: 'safe',
        accept: ['application/json'],
      },
    })
    expect(sent(converse({ options }))).toEqual({
      top_k: 5,
      model: `gpt://${folder}/yandexgpt-5.1`,
      messages: [{ role: 'user', content: 'Погода?' }],
      stream: false,
    })
  })

  it('says nothing of storing where that was allowed', () => {
    const { value: effect } = converse({}, yandex, { dataLogging: true }).next()
    expect(effect).toMatchObject({ request: { headers: { 'openai-project': folder } } })
    expect(effect).not.toMatchObject({
      request: { headers: { 'x-data-logging-enabled': expect.anything() as unknown } },
    })
  })

  it('takes the folder of the model first, and asks the environment last', () => {
    expect(sent(converse({}, 'gpt://b1gother/yandexgpt-lite/latest@tuned'))).toMatchObject({
      model: 'gpt://b1gother/yandexgpt-lite/latest@tuned',
    })
    const operation = converseOpenAi(call, parseYandexgptModel(open), { dataLogging: false, sendFolderId: false })
    expect(operation.next().value).toEqual({ do: 'read', source: { env: 'YC_FOLDER_ID' } })
    expect(operation.next('b1genv').value).toMatchObject({ request: { headers: { 'openai-project': 'b1genv' } } })
  })

  it('leaves out what the service does not support, and does not ask for the usage of a stream', () => {
    const asked = { seed: 1, maxOutputTokens: 100, temperature: 0.3, topP: 0.9, frequencyPenalty: 1 }
    expect(sent(converse({ settings: asked, stream: true }))).toEqual({
      model: `gpt://${folder}/yandexgpt-5.1`,
      messages: [{ role: 'user', content: 'Погода?' }],
      max_tokens: 100,
      temperature: 0.3,
      top_p: 0.9,
      frequency_penalty: 1,
      stream: true,
    })
  })

  it('asks only models that reason for an effort, and none of Yandex', () => {
    for (const [id, effort] of [
      ['gpt-oss-120b', 'low'],
      [open, undefined],
      ['yandexgpt-5-pro', undefined],
      ['brand-new', 'low'],
    ] as const) {
      const body = sent(converse({ settings: { reasoningEffort: 'low' } }, id)) as {
        readonly reasoning_effort?: unknown
      }
      expect(body.reasoning_effort, id).toBe(effort)
    }
    expect(sent(converse({ settings: { reasoningEffort: 'off' } }, 'qwen3.6-35b-a3b'))).toMatchObject({
      reasoning_effort: 'none',
    })
  })

  it('asks for JSON by a schema, or for any', () => {
    const output = { name: 'answer', schema: { type: 'object' } }
    expect(sent(converse({ output }))).toMatchObject({ response_format: { type: 'json_schema', json_schema: output } })
    expect(sent(converse({ options: { jsonObject: true } }))).toMatchObject({
      response_format: { type: 'json_object' },
    })
    expect(sent(converse({ output, options: { jsonObject: true } }))).toMatchObject({
      response_format: { type: 'json_schema', json_schema: output },
    })
  })

  it("calls a call by its function's name to models of Yandex, by its id to others", () => {
    expect(sent(converse({ messages: history, tools }))).toMatchObject({
      messages: [
        { role: 'user' },
        {
          role: 'assistant',
          tool_calls: [
            {
              index: 0,
              id: 'weather',
              type: 'function',
              function: { name: 'weather', arguments: '{"city":"Казань"}' },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'weather', content: '-3' },
      ],
    })
    expect(sent(converse({ messages: history, tools }, open))).toMatchObject({
      messages: [{}, { tool_calls: [{ id: 'call-1' }] }, { role: 'tool', tool_call_id: 'call-1' }],
    })
  })
})

describe('the answer', () => {
  it('is of the asked model, however the service spells it', () => {
    for (const [id, spelled, modelId] of [
      [yandex, `gpt://${folder}/yandexgpt-5.1`, yandex],
      [yandex, `gpt://${folder}/yandexgpt-5.1/latest`, yandex],
      [yandex, `gpt://${folder}/yandexgpt/rc`, yandex],
      ['yandexgpt', `gpt://${folder}/yandexgpt-5-pro`, 'yandexgpt'],
      ['yandexgpt-5-lite', `gpt://${folder}/yandexgpt-lite/latest`, 'yandexgpt-5-lite'],
      ['yandexgpt-lite@tuned', `gpt://${folder}/yandexgpt-lite/latest@tuned`, 'yandexgpt-lite@tuned'],
      [open, `gpt://${open}/latest`, open],
      ['brand-new', 'gpt://brand-new/latest', 'brand-new'],
      [open, open, open],
      // These name no model.
      [open, 'latest', undefined],
      [open, '', undefined],
      ['yandexgpt-lite@tuned', `gpt://${folder}/yandexgpt-lite/latest`, undefined],
      // These name another one.
      [yandex, `gpt://${open}/latest`, open],
      [open, `gpt://${folder}/yandexgpt-5.1`, yandex],
      [yandex, `gpt://${folder}/yandexgpt-5.1@tuned`, 'yandexgpt-5.1@tuned'],
      [yandex, `gpt://${folder}/something-else/latest`, 'something-else'],
      ['yandexgpt-lite@tuned', `gpt://${folder}/yandexgpt-lite/latest@other`, 'yandexgpt-lite@other'],
    ] as const) {
      expect(answer(converse({}, id), completion(spelled)).result.modelId, `${id} as ${spelled}`).toBe(modelId)
    }
  })

  it('is cut to its first call where one alone was asked for: the service ignores that', () => {
    const tool_calls = ['Казань', 'Пермь'].map((city, index) => ({
      index,
      id: 'weather',
      type: 'function',
      function: { name: 'weather', arguments: JSON.stringify({ city }) },
    }))
    const body = completion(`gpt://${folder}/yandexgpt-5.1`, { content: '', tool_calls }, 'tool_calls')
    const call1 = { type: 'tool-call', toolCallId: 'weather', toolName: 'weather', input: { city: 'Казань' } }
    const call2 = { ...call1, input: { city: 'Пермь' } }
    expect(answer(converse({ tools }), body).result.content).toEqual([call1, call2])
    expect(answer(converse({ tools, parallelToolCalls: false }), body).result.content).toEqual([call1])
  })

  it('that is an error is the failure in the words of the service', () => {
    const body = {
      error: { message: 'Number of input tokens must be no more than 32768, got 40000', code: 3, httpCode: 400 },
    }
    expect(() => answer(converse({}), body)).toThrow(
      expect.objectContaining({ name: 'ContextLengthError', hint: expect.stringMatching(/контекста/) as string }),
    )
    expect(() => answer(converse({}), { error: 'oops' })).toThrow(/YandexGPT reported in its answer: oops/)
    expect(() => answer(converse({}), {})).toThrow(/the answer of YandexGPT cannot be read/)
  })
})

describe('the stream', () => {
  function decode(
    id: string,
    chunks: readonly object[],
  ): { readonly parts: readonly StreamPart[]; readonly end: StreamEnd } {
    const { value: effect } = converse({ stream: true }, id).next()
    if (typeof effect !== 'object' || !('createDecoder' in effect)) throw new Error('it does not stream')
    const decoder = effect.createDecoder()
    if (decoder.framing !== 'sse') throw new Error('another framing')
    const parts: StreamPart[] = []
    for (const one of chunks) decoder.push(undefined, JSON.stringify(one), parts)
    return { parts, end: decoder.end(parts) }
  }

  function chunk(text: string, reason?: string): object {
    const choice = { index: 0, delta: { content: text }, ...(reason !== undefined && { finish_reason: reason }) }
    return { model: `gpt://${folder}/yandexgpt-5.1`, choices: [choice] }
  }

  it('takes the text beside a filter for the whole one from models of Yandex, for a piece from others', () => {
    const chunks = [chunk('Итак, '), chunk('не могу.', 'content_filter')]
    expect(decode(yandex, chunks)).toEqual({
      parts: [
        { type: 'response-metadata', modelId: yandex, rawModel: `gpt://${folder}/yandexgpt-5.1` },
        { type: 'text-delta', text: 'Итак, ' },
        { type: 'rewrite', text: 'не могу.' },
      ],
      end: { type: 'finish', finishReason: 'content-filter', rawFinishReason: 'content_filter', usage: {} },
    })
    expect(decode(open, chunks).parts.slice(1)).toEqual([
      { type: 'text-delta', text: 'Итак, ' },
      { type: 'text-delta', text: 'не могу.' },
    ])
  })

  it('ends in the error that it reports', () => {
    for (const error of ['quota limit exceed', { message: 'quota limit exceed' }, { error: 'quota limit exceed' }]) {
      expect(decode(yandex, [chunk('Итак'), { error }]).end).toMatchObject({
        type: 'failed',
        failure: { message: 'YandexGPT reported in its answer: quota limit exceed' },
      })
    }
    expect(decode(yandex, [chunk('Итак')]).end).toEqual({ type: 'cut' })
  })
})

describe('losses', () => {
  it('are none for what is supported', () => {
    const asked = { maxOutputTokens: 5, temperature: 0.5 }
    expect(losses({ settings: asked, tools, toolChoice: 'required', parallelToolCalls: false })).toEqual([])
    expect(losses({ output: { name: 'a', schema: { type: 'object' } } })).toEqual([])
  })

  it.each([
    ['seed', { seed: 1 }, 'setting-ignored'],
    ['topP', { topP: 1 }, 'setting-uncertain'],
    ['frequencyPenalty', { frequencyPenalty: 1 }, 'setting-uncertain'],
    ['presencePenalty', { presencePenalty: 1 }, 'setting-uncertain'],
    ['reasoningEffort', { reasoningEffort: 'high' }, 'setting-ignored'],
  ] as const)('warn of %s', (setting, asked, code) => {
    expect(losses({ settings: asked })).toMatchObject([{ effect: 'warn', code, setting }])
  })

  it('refuse files that the service does not take', () => {
    const image: CallPart = {
      type: 'media',
      modality: 'image',
      source: { bytes: new Uint8Array([1]), sha256: 'a', mediaType: 'image/png', filename: 'a.png' },
    }
    const remote: CallPart = { type: 'media', modality: 'image', source: new URL('https://images.example/a.png') }
    const asking = (part: CallPart): Partial<TextCall> => ({ messages: [{ role: 'user', content: [part] }] })
    expect(losses(asking(image), 'qwen3.6-35b-a3b')).toEqual([])
    expect(losses(asking(image))).toMatchObject([{ effect: 'refuse', code: 'image-unsupported' }])
    expect(losses(asking(remote), 'qwen3.6-35b-a3b')).toMatchObject([
      { effect: 'refuse', code: 'remote-file-unsupported' },
    ])
  })

  it('tell of options that the native API alone has, and of JSON that nobody asks for', () => {
    expect(losses({ options: { reasoningMode: 'enabled-hidden' } })).toMatchObject([
      { effect: 'refuse', code: 'reasoning-unsupported' },
    ])
    expect(losses({ options: { jsonObject: true } })).toMatchObject([{ effect: 'warn', code: 'json-not-mentioned' }])
    const asks: TextCall['messages'] = [{ role: 'user', content: [{ type: 'text', text: 'Ответь в json' }] }]
    expect(losses({ options: { jsonObject: true }, messages: asks })).toEqual([])
  })
})
