import type { FeatureCell, Surface } from '@shlyuz/core'

const kept: FeatureCell = { keep: 'kept' }

function ignored(name: string): FeatureCell {
  return {
    keep: 'warned',
    code: 'setting-ignored',
    message: `${name} was not sent: the native completion of YandexGPT has none`,
  }
}

function textOnly(what: string, type: string): FeatureCell {
  return {
    keep: 'refused',
    code: 'content-unsupported',
    message: `the native completion of YandexGPT takes no ${what} in messages`,
    hint: `Уберите из messages ${type}: родной API YandexGPT принимает только текст. Картинки видит qwen3.6-35b-a3b (если политика разрешает).`,
  }
}

/**
 * The native API: completion, its asynchronous twin, tokenizer, embeddings, YandexART. The column of the loss table.
 * Sources: `POST /foundationModels/v1/completion`, `completionAsync`, `tokenizeCompletion`, `textEmbedding`,
 * `imageGenerationAsync`, and the protos under yandex/cloud/ai/foundation_models/v1.
 */
export const yandexgptNative: Surface = {
  id: 'yandexgpt-native',
  title: 'YandexGPT, native API',
  endpoints: ['api', 'iam', 'metadata'],
  features: {
    'system-messages': {
      keep: 'warned',
      code: 'system-messages-joined',
      message: 'YandexGPT gets one system message: several were joined',
    },
    'max-output-tokens': kept,
    temperature: kept,
    'temperature-zero': kept,
    'temperature-above-one': {
      keep: 'refused',
      code: 'setting-out-of-range',
      message: 'YandexGPT takes a temperature from 0 to 1',
      hint: 'temperature: для YandexGPT от 0 до 1.',
    },
    'top-p': ignored('topP'),
    seed: ignored('seed'),
    'frequency-penalty': ignored('frequencyPenalty'),
    'presence-penalty': ignored('presencePenalty'),
    stop: { keep: 'translated', note: 'the wire has none: the answer is cut here, and the rest of it is not read' },
    streaming: kept,
    'reasoning-effort': {
      needs: 'reasoning',
      cell: { keep: 'translated', note: 'there is one degree: low, medium and high are all ENABLED_HIDDEN' },
      otherwise: {
        keep: 'refused',
        code: 'reasoning-unsupported',
        message: 'this model has no hidden reasoning',
        hint: 'Скрытое рассуждение есть только у yandexgpt-5-pro: возьмите её или уберите reasoningEffort.',
      },
    },
    'reasoning-off': { keep: 'translated', note: 'reasoningOptions.mode DISABLED' },
    tools: kept,
    'tool-choice-none': kept,
    'tool-choice-required': kept,
    'tool-choice-tool': kept,
    'parallel-tool-calls': kept,
    'sequential-tool-calls': kept,
    'tool-history': {
      keep: 'translated',
      note: 'there are no call ids: results stand in the order of their calls, under the name of the function',
    },
    'parallel-tool-history': kept,
    'tool-error-results': { keep: 'translated', note: 'there is no mark for it: the content says {"error": …}' },
    'tool-examples': {
      keep: 'warned',
      code: 'setting-ignored',
      message: 'examples of tools were not sent: the native completion of YandexGPT has none',
    },
    output: {
      needs: 'output',
      cell: kept,
      otherwise: { keep: 'translated', note: 'asked for by a forced tool' },
    },
    'output-with-tools': {
      keep: 'translated',
      note: 'the schema becomes a tool: what the service does with tools beside jsonSchema is nowhere said',
    },
    image: textOnly('images', 'картинки'),
    document: textOnly('documents', 'документы'),
    audio: textOnly('audio', 'аудио'),
    video: textOnly('video', 'видео'),
    'remote-file': textOnly('files by URL', 'ссылки на файлы'),
    'file-reference': textOnly('files by id', 'файлы по идентификатору'),
    embed: kept,
    'embed-query': { keep: 'translated', note: 'the model of a pair that embeds queries: text-search-query' },
    'embed-document': { keep: 'translated', note: 'the model of a pair that embeds documents: text-search-doc' },
    'embed-dimensions': kept,
    'count-tokens': kept,
    'count-tokens-tools': kept,
    'list-models': { keep: 'translated', note: 'the list of the OpenAI-compatible API' },
    'generate-image': { keep: 'translated', note: 'an operation that is asked until it is done' },
    'image-seed': kept,
    'image-aspect-ratio': kept,
    'image-instructions': { keep: 'translated', note: 'a second message of equal weight' },
    deferred: { keep: 'translated', note: 'completionAsync: an operation for each request' },
    'deferred-tools': kept,
    'deferred-cancel': kept,
  },
}
