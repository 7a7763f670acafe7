import { expect } from 'vitest'
import {
  answerSchema,
  citySchema,
  png,
  note,
  prompt,
  recording,
  toolDescription,
  toolExample,
  weatherQuestion,
} from './askings.ts'
import type { Sent } from './columns.ts'
import { despiteWarning, leaves, type Body, type Carried, type Wire } from './wire.ts'

const weather = { name: 'weather', description: toolDescription, parameters: citySchema }
const offered = { functions: [weather], function_call: 'auto' }

function asked(city: string): Body {
  return { role: 'assistant', content: '', function_call: { name: 'weather', arguments: { city } } }
}

function told(content: string): Body {
  return { role: 'function', name: 'weather', content }
}

const question = { role: 'user', content: weatherQuestion }
const goesOn = { role: 'user', content: 'А что надеть?' }

/** The file goes first, then the message names it by its id. */
export function expectUpload(sent: readonly Sent[], content: Buffer, attach: (id: unknown) => Body, plain: Body): void {
  expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /v1/files',
    expect.stringMatching(/^POST .*\/chat\/completions$/),
  ])
  const [upload, chat] = sent as [Sent, Sent]
  expect(upload.body).toContain(content.toString(content === png || content === recording ? 'latin1' : 'utf8'))
  expect(chat.body).toEqual({ ...plain, ...attach(expect.stringMatching(/^[\w-]{20,}$/)) })
}

function uploaded(content: Buffer): Carried {
  const attach = (id: unknown): Body => ({ messages: [{ role: 'user', content: prompt, attachments: [id] }] })
  return { carries: (sent, plain) => expectUpload(sent, content, attach, plain) }
}

/** What both versions send beside the chat. */
export const besideChat: Wire = {
  deferred: batch({}),
  'deferred-tools': batch(offered),
  embed: embeds('Река'),
  'embed-query': embeds('Дан вопрос, необходимо найти абзац текста с ответом\nвопрос: Река'),
  'embed-document': leaves(embeds('Река')),
  'count-tokens': counts(),
  'count-tokens-tools': leaves(counts()),
  'list-models': { carries: (sent) => expect(sent).toMatchObject([{ method: 'GET', path: '/v1/models' }]) },
  'generate-image': draws([{ role: 'user', content: 'Кот' }]),
  'image-seed': leaves(draws([{ role: 'user', content: 'Кот' }])),
  'image-aspect-ratio': leaves(draws([{ role: 'user', content: 'Кот' }])),
  'image-instructions': draws([
    { role: 'system', content: 'Акварель' },
    { role: 'user', content: 'Кот' },
  ]),
}

/** A batch of one line, a request of v1 on either surface; looks at it, and the file with its answers. */
function batch(more: Body): Carried {
  const request = { model: 'GigaChat-2-Max', messages: [{ role: 'user', content: prompt }], ...more }
  return {
    carries(sent) {
      const [order, ...rest] = sent as [Sent, ...Sent[]]
      expect(`${order.method} ${order.path}`).toBe('POST /v1/batches')
      expect(order.body).toEqual({ id: 'call-1', request })
      const ways = rest.map(({ method, path }) => `${method} ${path.replace(/[\w-]{30,}/, '<id>')}`)
      expect(ways.at(-1)).toBe('GET /v1/files/<id>/content')
      expect(new Set(ways.slice(0, -1))).toEqual(new Set(['GET /v1/batches']))
    },
  }
}

function embeds(text: string): Carried {
  return {
    carries(sent) {
      expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /v1/embeddings'])
      expect(sent[0]?.body).toEqual({ model: 'EmbeddingsGigaR', input: [text] })
    },
  }
}

function counts(): Carried {
  return {
    carries(sent) {
      expect(sent.map(({ path }) => path)).toEqual(['/v1/tokens/count'])
      expect(sent[0]?.body).toEqual({ model: 'GigaChat-2-Max', input: [prompt] })
    },
  }
}

function draws(messages: readonly Body[]): Carried {
  return {
    carries(sent) {
      expect(sent.map(({ method, path }) => `${method} ${path.replace(/[\w-]{30,}/, '<id>')}`)).toEqual([
        'POST /v1/chat/completions',
        'GET /v1/files/<id>/content',
        'POST /v1/files/<id>/delete',
      ])
      expect(sent[0]?.body).toEqual({ model: 'GigaChat-2-Max', messages, function_call: { name: 'text2image' } })
    },
  }
}

/** `POST /v1/chat/completions`. */
export const gigachatV1Wire: Wire = {
  'system-messages': despiteWarning({
    carries: {
      messages: [
        { role: 'system', content: 'Раз.\n\nДва.' },
        { role: 'user', content: prompt },
      ],
    },
  }),
  'max-output-tokens': { carries: { max_tokens: 64 } },
  temperature: { carries: { temperature: 0.5 } },
  'temperature-zero': despiteWarning({ carries: { top_p: 0 } }),
  'temperature-above-one': { carries: { temperature: 1.5 } },
  'top-p': { carries: { top_p: 0.4 } },
  seed: { leaves: {} },
  'frequency-penalty': { leaves: {} },
  'presence-penalty': { leaves: {} },
  stop: { leaves: {} },
  streaming: { carries: { stream: true } },
  'reasoning-effort': { carries: { reasoning_effort: 'high' } },
  'reasoning-off': { leaves: {} },
  tools: { carries: offered },
  'tool-choice-none': { carries: { ...offered, function_call: 'none' } },
  'tool-choice-required': { carries: { ...offered, function_call: { name: 'weather' } } },
  'tool-choice-tool': { carries: { ...offered, function_call: { name: 'weather' } } },
  'parallel-tool-calls': { leaves: offered },
  'sequential-tool-calls': { leaves: offered },
  'tool-history': { carries: { messages: [question, asked('Казань'), told('{"degrees":5}'), goesOn] } },
  'parallel-tool-history': {
    carries: {
      messages: [question, asked('Казань'), told('{"degrees":5}'), asked('Уфа'), told('{"degrees":7}'), goesOn],
    },
  },
  'tool-error-results': { carries: { messages: [question, asked('Казань'), told('{"error":"нет связи"}'), goesOn] } },
  'tool-examples': {
    carries: {
      ...offered,
      functions: [{ ...weather, few_shot_examples: [{ request: toolExample.request, params: toolExample.input }] }],
    },
  },
  output: { carries: { response_format: { type: 'json_schema', schema: answerSchema, strict: true } } },
  'output-with-tools': {
    carries: {
      messages: [question],
      functions: [weather, expect.objectContaining({ name: 'output', parameters: answerSchema })],
      function_call: 'auto',
    },
  },
  image: { able: uploaded(png) },
  document: uploaded(note),
  audio: { able: uploaded(recording) },
  'file-reference': {
    carries: { messages: [{ role: 'user', content: prompt, attachments: [expect.stringMatching(/^[\w-]{20,}$/)] }] },
  },
  ...besideChat,
}
