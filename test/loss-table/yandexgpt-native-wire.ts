import { expect } from 'vitest'
import { answerSchema, citySchema, prompt, toolDescription, weatherQuestion } from './askings.ts'
import type { Sent } from './columns.ts'
import { despiteWarning, type Body, type Carried, type Wire } from './wire.ts'

const folder = 'b1gemulator000000000'

const weather = { function: { name: 'weather', description: toolDescription, parameters: citySchema } }
const offered = { tools: [weather] }
const outputTool = { function: expect.objectContaining({ name: 'output', parameters: answerSchema }) as object }

const question = { role: 'user', text: weatherQuestion }
const goesOn = { role: 'user', text: 'А что надеть?' }

function calls(...cities: readonly string[]): Body {
  const toolCalls = cities.map((city) => ({ functionCall: { name: 'weather', arguments: { city } } }))
  return { role: 'assistant', toolCallList: { toolCalls } }
}

function results(...contents: readonly string[]): Body {
  const toolResults = contents.map((content) => ({ functionResult: { name: 'weather', content } }))
  return { role: 'user', toolResultList: { toolResults } }
}

/** The method of the native API, and its body. */
function posts(path: string, body: Body): Carried {
  return {
    carries(sent) {
      expect(sent.map((one) => `${one.method} ${one.path}`)).toEqual([`POST /foundationModels/v1/${path}`])
      expect(sent[0]?.body).toEqual(body)
    },
  }
}

function embeds(model: string, more: Body = {}): Carried {
  return posts('textEmbedding', { modelUri: `emb://${folder}/${model}/latest`, text: 'Река', ...more })
}

/** Embeddings go over the native API, whatever the conversations do. */
export const nativeEmbeddings: Wire = {
  embed: embeds('text-embeddings-v2-doc'),
  'embed-query': embeds('text-embeddings-v2-query'),
  'embed-document': embeds('text-embeddings-v2-doc'),
  'embed-dimensions': embeds('text-embeddings-v2-doc', { dim: '128' }),
}

function plainBody(more: Body = {}): Body {
  return {
    modelUri: `gpt://${folder}/yandexgpt-5.1`,
    completionOptions: { stream: false },
    messages: [{ role: 'user', text: prompt }],
    ...more,
  }
}

/** An order, and looks at its operation until it is done. */
function operation(path: string, body: Body, looks: RegExp = /^GET \/operations\/\w+$/): Carried {
  return {
    carries(sent) {
      const [order, ...rest] = sent as [Sent, ...Sent[]]
      expect(`${order.method} ${order.path}`).toBe(`POST /foundationModels/v1/${path}`)
      expect(order.body).toEqual(body)
      expect(rest.length).toBeGreaterThan(0)
      for (const look of rest) expect(`${look.method} ${look.path}`).toMatch(looks)
    },
  }
}

function draws(options: Body, ...further: readonly string[]): Carried {
  return operation('imageGenerationAsync', {
    modelUri: `art://${folder}/yandex-art`,
    generationOptions: { mimeType: 'image/jpeg', ...options },
    messages: ['Кот', ...further].map((text) => ({ text, weight: 1 })),
  })
}

/** `POST /foundationModels/v1/…`. */
export const yandexgptNativeWire: Wire = {
  'system-messages': despiteWarning({
    carries: {
      messages: [
        { role: 'system', text: 'Раз.\n\nДва.' },
        { role: 'user', text: prompt },
      ],
    },
  }),
  'max-output-tokens': { carries: { completionOptions: { maxTokens: '64' } } },
  temperature: { carries: { completionOptions: { temperature: 0.5 } } },
  'temperature-zero': { carries: { completionOptions: { temperature: 0 } } },
  'top-p': { leaves: {} },
  seed: { leaves: {} },
  'frequency-penalty': { leaves: {} },
  'presence-penalty': { leaves: {} },
  stop: { leaves: {} },
  streaming: { carries: { completionOptions: { stream: true } } },
  'reasoning-effort': { able: { carries: { completionOptions: { reasoningOptions: { mode: 'ENABLED_HIDDEN' } } } } },
  'reasoning-off': { carries: { completionOptions: { reasoningOptions: { mode: 'DISABLED' } } } },
  tools: { carries: offered },
  'tool-choice-none': { carries: { ...offered, toolChoice: { mode: 'NONE' } } },
  'tool-choice-required': { carries: { ...offered, toolChoice: { mode: 'REQUIRED' } } },
  'tool-choice-tool': { carries: { ...offered, toolChoice: { functionName: 'weather' } } },
  'parallel-tool-calls': { carries: { ...offered, parallelToolCalls: true } },
  'sequential-tool-calls': { carries: { ...offered, parallelToolCalls: false } },
  'tool-history': { carries: { messages: [question, calls('Казань'), results('{"degrees":5}'), goesOn] } },
  'parallel-tool-history': {
    carries: { messages: [question, calls('Казань', 'Уфа'), results('{"degrees":5}', '{"degrees":7}'), goesOn] },
  },
  'tool-error-results': {
    carries: { messages: [question, calls('Казань'), results('{"error":"нет связи"}'), goesOn] },
  },
  'tool-examples': { leaves: offered },
  output: {
    able: { carries: { jsonSchema: { schema: answerSchema } } },
    unable: { carries: { tools: [outputTool], toolChoice: { functionName: 'output' } } },
  },
  'output-with-tools': { carries: { messages: [question], tools: [weather, outputTool] } },
  ...nativeEmbeddings,
  'count-tokens': posts('tokenizeCompletion', plainBody()),
  'count-tokens-tools': posts('tokenizeCompletion', plainBody(offered)),
  'list-models': { carries: (sent) => expect(sent).toMatchObject([{ method: 'GET', path: '/v1/models' }]) },
  'generate-image': draws({}),
  'image-seed': draws({ seed: '7' }),
  'image-aspect-ratio': draws({ aspectRatio: { widthRatio: '16', heightRatio: '9' } }),
  'image-instructions': draws({}, 'Акварель'),
  deferred: operation('completionAsync', plainBody()),
  'deferred-tools': operation('completionAsync', plainBody(offered)),
  'deferred-cancel': {
    carries(sent) {
      expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual([
        expect.stringMatching(/^GET \/operations\/\w+:cancel$/),
        expect.stringMatching(/^GET \/operations\/\w+$/),
      ])
    },
  },
}
