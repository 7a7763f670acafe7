import { expect } from 'vitest'
import { answerSchema } from './askings.ts'
import {
  openAiHistory,
  openAiImage,
  openAiSampling,
  openAiSettingWire,
  openAiTools,
  openAiToolWire,
} from './openai-compatible-wire.ts'
import { despiteWarning, leaves, type Body, type Carried, type Wire } from './wire.ts'
import { nativeEmbeddings } from './yandexgpt-native-wire.ts'

function draws(more: Body): Carried {
  return {
    carries(sent) {
      expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /v1/images/generations'])
      expect(sent[0]?.body).toEqual({
        model: 'art://b1gemulator000000000/aliceai-image-art-3.0',
        prompt: 'Кот',
        size: '1024x1024',
        ...more,
      })
    },
  }
}

/** The OpenAI-compatible API of AI Studio. */
export const yandexgptOpenAiWire: Wire = {
  ...openAiSettingWire,
  'top-p': despiteWarning(openAiSampling['top-p']),
  'frequency-penalty': despiteWarning(openAiSampling['frequency-penalty']),
  'presence-penalty': despiteWarning(openAiSampling['presence-penalty']),
  seed: { leaves: {} },
  streaming: { carries: { stream: true } },
  'reasoning-effort': { able: { carries: { reasoning_effort: 'high' } }, unable: { leaves: {} } },
  'reasoning-off': { able: { carries: { reasoning_effort: 'none' } }, unable: { leaves: {} } },
  tools: { able: { carries: openAiTools.tools } },
  ...openAiToolWire,
  'tool-history': openAiHistory(['weather'], ['{"degrees":5}'], {}, true),
  'parallel-tool-history': openAiHistory(['weather', 'weather'], ['{"degrees":5}', '{"degrees":7}'], {}, true),
  'tool-error-results': openAiHistory(['weather'], ['{"error":"нет связи"}'], {}, true),
  output: {
    able: {
      carries: { response_format: { type: 'json_schema', json_schema: { name: 'output', schema: answerSchema } } },
    },
    unable: { carries: openAiTools.outputAlone },
  },
  image: { able: openAiImage },
  ...nativeEmbeddings,
  'list-models': { carries: (sent) => expect(sent).toMatchObject([{ method: 'GET', path: '/v1/models' }]) },
  'generate-image': draws({}),
  'image-seed': leaves(draws({})),
  'image-aspect-ratio': draws({ size: '1536x1024' }),
  'image-instructions': draws({ prompt: 'Кот\n\nАкварель' }),
}
