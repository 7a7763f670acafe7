import { expect } from 'vitest'
import {
  answerSchema,
  citySchema,
  png,
  prompt,
  recording,
  remoteFile,
  toolDescription,
  weatherQuestion,
} from './askings.ts'
import { despiteWarning, leaves, type Body, type Carried, type Wire } from './wire.ts'

const weather = {
  type: 'function',
  function: { name: 'weather', description: toolDescription, parameters: citySchema },
}
const outputTool = {
  type: 'function',
  function: expect.objectContaining({ name: 'output', parameters: answerSchema }) as object,
}

/** What is asked of tools, in the words of the OpenAI API. */
export const openAiTools = {
  tools: { tools: [weather], tool_choice: 'auto' },
  withOutput: {
    messages: [{ role: 'user', content: weatherQuestion }],
    tools: [weather, outputTool],
    tool_choice: 'auto',
  },
  outputAlone: { tools: [outputTool], tool_choice: { type: 'function', function: { name: 'output' } } },
} as const

/** The choice of a tool, and how many at once: the same on both surfaces that speak this language. */
export const openAiToolWire: Wire = {
  'tool-choice-none': { carries: { ...openAiTools.tools, tool_choice: 'none' } },
  'tool-choice-required': { carries: { ...openAiTools.tools, tool_choice: 'required' } },
  'tool-choice-tool': {
    carries: { ...openAiTools.tools, tool_choice: { type: 'function', function: { name: 'weather' } } },
  },
  'parallel-tool-calls': { carries: { ...openAiTools.tools, parallel_tool_calls: true } },
  'sequential-tool-calls': { carries: { ...openAiTools.tools, parallel_tool_calls: false } },
  'tool-examples': { leaves: openAiTools.tools },
  'output-with-tools': { carries: openAiTools.withOutput },
}

/** The settings that have the same word on both. */
export const openAiSettingWire: Wire = {
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
  'temperature-zero': { carries: { temperature: 0 } },
  'temperature-above-one': { carries: { temperature: 1.5 } },
  stop: { leaves: {} },
}

/** An image as a data URL. */
export const openAiImage: Carried = {
  carries: {
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: prompt },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${png.toString('base64')}` } },
        ],
      },
    ],
  },
}

/** Settings that services of this language heed or not. */
export const openAiSampling = {
  'top-p': { carries: { top_p: 0.4 } },
  'frequency-penalty': { carries: { frequency_penalty: 0.3 } },
  'presence-penalty': { carries: { presence_penalty: 0.2 } },
} satisfies Wire

/** A conversation with calls of tools. `ids`: how calls are named. */
export function openAiHistory(
  ids: readonly string[],
  contents: readonly string[],
  turn: Body,
  index: boolean,
): Carried {
  const cities = ['Казань', 'Уфа']
  return {
    carries: {
      messages: [
        { role: 'user', content: weatherQuestion },
        {
          role: 'assistant',
          ...turn,
          tool_calls: ids.map((id, at) => ({
            ...(index && { index: at }),
            id,
            type: 'function',
            function: { name: 'weather', arguments: JSON.stringify({ city: cities[at] }) },
          })),
        },
        ...contents.map((content, at) => ({ role: 'tool', tool_call_id: ids[at], content })),
        { role: 'user', content: 'А что надеть?' },
      ],
    },
  }
}

function embeds(more: Body = {}): Carried {
  return {
    carries(sent) {
      expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /v1/embeddings'])
      expect(sent[0]?.body).toEqual({ model: 'vectors', input: ['Река'], encoding_format: 'float', ...more })
    },
  }
}

const nulls = { content: null }

/** Any endpoint with the OpenAI API. */
export const openaiCompatibleWire: Wire = {
  ...openAiSettingWire,
  ...openAiSampling,
  seed: { carries: { seed: 7 } },
  streaming: { carries: { stream: true, stream_options: { include_usage: true } } },
  'reasoning-effort': { able: { carries: { reasoning_effort: 'high' } }, unable: { leaves: {} } },
  'reasoning-off': { able: { carries: { reasoning_effort: 'none' } }, unable: { leaves: {} } },
  tools: { able: { carries: openAiTools.tools } },
  ...openAiToolWire,
  'tool-history': openAiHistory(['call-0'], ['{"degrees":5}'], nulls, false),
  'parallel-tool-history': openAiHistory(['call-0', 'call-1'], ['{"degrees":5}', '{"degrees":7}'], nulls, false),
  'tool-error-results': openAiHistory(['call-0'], ['{"error":"нет связи"}'], nulls, false),
  output: {
    able: {
      carries: {
        response_format: { type: 'json_schema', json_schema: { name: 'output', schema: answerSchema, strict: true } },
      },
    },
    unable: { carries: openAiTools.outputAlone },
  },
  image: { able: openAiImage },
  'remote-file': {
    carries: {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: prompt },
            { type: 'image_url', image_url: { url: remoteFile } },
          ],
        },
      ],
    },
  },
  audio: {
    able: {
      carries: {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: prompt },
              { type: 'input_audio', input_audio: { data: recording.toString('base64'), format: 'mp3' } },
            ],
          },
        ],
      },
    },
  },
  embed: embeds(),
  'embed-query': leaves(embeds()),
  'embed-document': leaves(embeds()),
  'embed-dimensions': embeds({ dimensions: 128 }),
  'list-models': { carries: (sent) => expect(sent).toMatchObject([{ method: 'GET', path: '/v1/models' }]) },
}
