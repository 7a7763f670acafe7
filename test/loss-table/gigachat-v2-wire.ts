import { expect } from 'vitest'
import {
  answerSchema,
  citySchema,
  note,
  png,
  prompt,
  recording,
  toolDescription,
  toolExample,
  weatherQuestion,
} from './askings.ts'
import { besideChat, expectUpload } from './gigachat-v1-wire.ts'
import { despiteWarning, type Body, type Carried, type Wire } from './wire.ts'

const weather = { name: 'weather', description: toolDescription, parameters: citySchema }
const offered = { tools: [{ functions: { specifications: [weather] } }], tool_config: { mode: 'auto' } }

function text(role: string, said: string): Body {
  return { role, content: [{ text: said }] }
}

function call(city: string): Body {
  return { function_call: { name: 'weather', arguments: { city } } }
}

function told(result: string): Body {
  return { role: 'function', content: [{ function_result: { name: 'weather', result } }] }
}

function attaching(id: unknown): Body {
  return { messages: [{ role: 'user', content: [{ text: prompt }, { files: [{ id }] }] }] }
}

function uploaded(content: Buffer): Carried {
  return { carries: (sent, plain) => expectUpload(sent, content, attaching, plain) }
}

const question = text('user', weatherQuestion)
const goesOn = text('user', 'А что надеть?')

/** `POST /v2/chat/completions`; the rest goes over v1. */
export const gigachatV2Wire: Wire = {
  'system-messages': despiteWarning({ carries: { messages: [text('system', 'Раз.\n\nДва.'), text('user', prompt)] } }),
  'max-output-tokens': { carries: { model_options: { max_tokens: 64 } } },
  temperature: { carries: { model_options: { temperature: 0.5 } } },
  'temperature-zero': despiteWarning({ carries: { model_options: { top_p: 0 } } }),
  'temperature-above-one': { carries: { model_options: { temperature: 1.5 } } },
  'top-p': { carries: { model_options: { top_p: 0.4 } } },
  seed: { leaves: {} },
  'frequency-penalty': { leaves: {} },
  'presence-penalty': { leaves: {} },
  stop: { leaves: {} },
  streaming: { carries: { stream: true } },
  'reasoning-effort': { carries: { model_options: { reasoning: { effort: 'high' } } } },
  'reasoning-off': { carries: { model_options: { reasoning: { effort: 'off' } } } },
  tools: { carries: offered },
  'tool-choice-none': { carries: { ...offered, tool_config: { mode: 'none' } } },
  'tool-choice-required': { carries: { ...offered, tool_config: { mode: 'forced', function_name: 'weather' } } },
  'tool-choice-tool': { carries: { ...offered, tool_config: { mode: 'forced', function_name: 'weather' } } },
  'parallel-tool-calls': { carries: { ...offered, model_options: { parallel_tool_calls: true } } },
  'sequential-tool-calls': { carries: { ...offered, model_options: { parallel_tool_calls: false } } },
  'tool-history': {
    carries: { messages: [question, { role: 'assistant', content: [call('Казань')] }, told('{"degrees":5}'), goesOn] },
  },
  'parallel-tool-history': {
    carries: {
      messages: [
        question,
        { role: 'assistant', content: [call('Казань'), call('Уфа')] },
        told('{"degrees":5}'),
        told('{"degrees":7}'),
        goesOn,
      ],
    },
  },
  'tool-error-results': {
    carries: {
      messages: [question, { role: 'assistant', content: [call('Казань')] }, told('{"error":"нет связи"}'), goesOn],
    },
  },
  'tool-examples': {
    carries: {
      ...offered,
      tools: [
        {
          functions: {
            specifications: [
              { ...weather, few_shot_examples: [{ request: toolExample.request, params: toolExample.input }] },
            ],
          },
        },
      ],
    },
  },
  output: {
    carries: { model_options: { response_format: { type: 'json_schema', schema: answerSchema, strict: true } } },
  },
  'output-with-tools': {
    carries: {
      messages: [question],
      ...offered,
      tools: [
        {
          functions: {
            specifications: [weather, expect.objectContaining({ name: 'output', parameters: answerSchema })],
          },
        },
      ],
    },
  },
  image: { able: uploaded(png) },
  document: uploaded(note),
  audio: { able: uploaded(recording) },
  'file-reference': { carries: attaching(expect.stringMatching(/^[\w-]{20,}$/)) },
  ...besideChat,
}
