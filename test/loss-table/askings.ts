import type { Client, Feature, JobRequest, Message, TextOptions, ToolSet, UserPart, Warning } from '@shlyuz/core'
import type { Column } from './columns.ts'

/** What a probe asks: the options of a text call without its model. */
export type TextAsking = Omit<TextOptions<readonly []>, 'model'>

/** How a feature is asked for through the client. */
export type Asking =
  /** A text call: `check` is asked for the same. */
  | {
      readonly text: TextAsking | ((column: Column, client: Client) => Promise<TextAsking>)
      readonly stream?: boolean
      /** What the service answers, where that matters. */
      readonly answer?: string
      /** What shows in the result that the feature was kept. */
      readonly shows?: (result: TextOutcome) => boolean
    }
  /** Another verb. `prepare` comes before what is counted as the asking. */
  | {
      readonly kind: 'chat' | 'embedding' | 'image'
      readonly prepare?: (client: Client, model: string) => Promise<unknown>
      readonly run: (client: Client, model: string, prepared: unknown) => Promise<VerbOutcome>
    }

export interface TextOutcome {
  readonly text: string
  readonly warnings: readonly Warning[]
  readonly output?: unknown
}

export interface VerbOutcome {
  readonly warnings: readonly Warning[]
  /** What shows in the result that the verb did its work. */
  readonly done: boolean
}

export const prompt = 'Привет'
export const weatherQuestion = 'Какая погода в Казани?'

export const citySchema = {
  type: 'object',
  properties: { city: { type: 'string', description: 'Город' } },
  required: ['city'],
} as const

export const answerSchema = {
  type: 'object',
  properties: { answer: { type: 'string' } },
  required: ['answer'],
} as const

export const toolDescription = 'Погода в городе'
export const tools: ToolSet = { weather: { description: toolDescription, inputSchema: citySchema } }

export const toolExample = { request: 'Тепло ли в Уфе?', input: { city: 'Уфа' } }

/** A file that is a picture of one point. */
export const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
)
export const note = Buffer.from('Договор поставки № 7')
/** The head of a recording. */
export const recording = Buffer.from([0x49, 0x44, 0x33, 0x04, 0, 0, 0, 0, 0, 0, 0xff, 0xfb, 0x90, 0])
export const remoteFile = 'https://files.example/cat.png'

function toolHistory(results: readonly { readonly output: unknown; readonly isError?: boolean }[]): TextAsking {
  const cities = ['Казань', 'Уфа']
  const messages: Message[] = [
    { role: 'user', content: weatherQuestion },
    {
      role: 'assistant',
      content: results.map((_, at) => ({
        type: 'tool-call',
        toolCallId: `call-${at}`,
        toolName: 'weather',
        input: { city: cities[at] },
      })),
    },
    {
      role: 'tool',
      content: results.map((result, at) => ({
        type: 'tool-result',
        toolCallId: `call-${at}`,
        toolName: 'weather',
        ...result,
      })),
    },
    { role: 'user', content: 'А что надеть?' },
  ]
  return { messages }
}

function attached(part: UserPart): TextAsking {
  return { messages: [{ role: 'user', content: [{ type: 'text', text: prompt }, part] }] }
}

function settings(asked: Partial<TextAsking>): Asking {
  return { text: { prompt, ...asked } }
}

const withTools: TextAsking = { prompt, tools }

async function embed(client: Client, model: string, wish: object, dimensions?: number): Promise<VerbOutcome> {
  const { embedding, warnings } = await client.embed({ model, value: 'Река', ...wish })
  return { warnings, done: embedding.length > 0 && (dimensions === undefined || embedding.length === dimensions) }
}

async function draw(client: Client, model: string, wish: object): Promise<VerbOutcome> {
  const { bytes, mediaType, warnings } = await client.generateImage({ model, prompt: 'Кот', ...wish })
  return { warnings, done: bytes.length > 0 && mediaType.startsWith('image/') }
}

const requests: readonly JobRequest[] = [{ prompt }]

async function submit(client: Client, model: string, wish: { readonly tools?: ToolSet }): Promise<VerbOutcome> {
  const job = await client.submitText({ model, requests, ...wish })
  const { items } = await job.result({ pollMs: 1, longestWaitMs: 10 })
  return { warnings: job.warnings, done: items.length === 1 && items.every(({ status }) => status === 'done') }
}

/** How each feature is asked for: none is missing, or this does not compile. */
export const askings: Readonly<Record<Feature, Asking>> = {
  'system-messages': {
    text: {
      messages: [
        { role: 'system', content: 'Раз.' },
        { role: 'system', content: 'Два.' },
        { role: 'user', content: prompt },
      ],
    },
  },
  'max-output-tokens': settings({ maxOutputTokens: 64 }),
  temperature: settings({ temperature: 0.5 }),
  'temperature-zero': settings({ temperature: 0 }),
  'temperature-above-one': settings({ temperature: 1.5 }),
  'top-p': settings({ topP: 0.4 }),
  seed: settings({ seed: 7 }),
  'frequency-penalty': settings({ frequencyPenalty: 0.3 }),
  'presence-penalty': settings({ presencePenalty: 0.2 }),
  stop: {
    text: { prompt, stop: 'КОНЕЦ' },
    answer: 'Начало КОНЕЦ и лишнее',
    shows: ({ text }) => text === 'Начало ',
  },
  streaming: {
    text: { prompt },
    stream: true,
    answer: 'По частям',
    shows: ({ text }) => text === 'По частям',
  },
  'reasoning-effort': settings({ reasoningEffort: 'high' }),
  'reasoning-off': settings({ reasoningEffort: 'off' }),
  tools: { text: withTools },
  'tool-choice-none': settings({ tools, toolChoice: 'none' }),
  'tool-choice-required': settings({ tools, toolChoice: 'required' }),
  'tool-choice-tool': settings({ tools, toolChoice: { tool: 'weather' } }),
  'parallel-tool-calls': settings({ tools, parallelToolCalls: true }),
  'sequential-tool-calls': settings({ tools, parallelToolCalls: false }),
  'tool-history': { text: toolHistory([{ output: { degrees: 5 } }]) },
  'parallel-tool-history': { text: toolHistory([{ output: { degrees: 5 } }, { output: { degrees: 7 } }]) },
  'tool-error-results': { text: toolHistory([{ output: 'нет связи', isError: true }]) },
  'tool-examples': settings({
    tools: { weather: { description: toolDescription, inputSchema: citySchema, examples: [toolExample] } },
  }),
  output: {
    text: { prompt, output: answerSchema },
    shows: ({ output }) => typeof (output as { answer?: unknown } | undefined)?.answer === 'string',
  },
  'output-with-tools': { text: { prompt: weatherQuestion, tools, output: answerSchema } },
  image: { text: attached({ type: 'image', image: png }) },
  document: { text: attached({ type: 'file', data: note, mediaType: 'text/plain', filename: 'note.txt' }) },
  audio: { text: attached({ type: 'file', data: recording, mediaType: 'audio/mpeg', filename: 'call.mp3' }) },
  video: { text: attached({ type: 'file', data: recording, mediaType: 'video/mp4', filename: 'film.mp4' }) },
  'remote-file': { text: attached({ type: 'image', image: new URL(remoteFile) }) },
  'file-reference': {
    text: async (column, client) => attached({ type: 'image', image: { fileId: await column.storedFile(client) } }),
  },
  embed: { kind: 'embedding', run: (client, model) => embed(client, model, {}) },
  'embed-query': { kind: 'embedding', run: (client, model) => embed(client, model, { kind: 'query' }) },
  'embed-document': { kind: 'embedding', run: (client, model) => embed(client, model, { kind: 'document' }) },
  'embed-dimensions': { kind: 'embedding', run: (client, model) => embed(client, model, { dimensions: 128 }, 128) },
  'count-tokens': {
    kind: 'chat',
    async run(client, model) {
      const { tokens, warnings } = await client.countTokens({ model, prompt })
      return { warnings, done: tokens > 0 }
    },
  },
  'count-tokens-tools': {
    kind: 'chat',
    async run(client, model) {
      const { tokens, warnings } = await client.countTokens({ model, prompt, tools })
      return { warnings, done: tokens > 0 }
    },
  },
  'list-models': {
    kind: 'chat',
    async run(client, model) {
      const models = await client.listModels({ provider: model.slice(0, model.indexOf('/')) })
      return { warnings: [], done: models.some(({ live }) => live) }
    },
  },
  'generate-image': { kind: 'image', run: (client, model) => draw(client, model, {}) },
  'image-seed': { kind: 'image', run: (client, model) => draw(client, model, { seed: 7 }) },
  'image-aspect-ratio': { kind: 'image', run: (client, model) => draw(client, model, { aspectRatio: '16:9' }) },
  'image-instructions': { kind: 'image', run: (client, model) => draw(client, model, { instructions: 'Акварель' }) },
  deferred: { kind: 'chat', run: (client, model) => submit(client, model, {}) },
  'deferred-tools': { kind: 'chat', run: (client, model) => submit(client, model, { tools }) },
  'deferred-cancel': {
    kind: 'chat',
    prepare: (client, model) => client.submitText({ model, requests }),
    async run(_client, _model, prepared) {
      const job = prepared as Awaited<ReturnType<Client['submitText']>>
      await job.cancel()
      return { warnings: [], done: (await job.status()).status === 'cancelled' }
    },
  },
}
