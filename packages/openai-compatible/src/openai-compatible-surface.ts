import type { Ability, FeatureCell, FeatureRule, Surface } from '@shlyuz/core'

const kept: FeatureCell = { keep: 'kept' }

function translated(note: string): FeatureCell {
  return { keep: 'translated', note }
}

function ignored(message: string): FeatureCell {
  return { keep: 'warned', code: 'setting-ignored', message }
}

function refused(message: string, hint: string): FeatureCell {
  return { keep: 'refused', message, hint }
}

/** Kept by models that can; what a model cannot is told by its card in `openaiCompatible({ models })`. */
function needs(ability: Ability, otherwise: FeatureCell, cell: FeatureCell = kept): FeatureRule {
  return { needs: ability, cell, otherwise }
}

const noTools = refused(
  'the card of this model lists no tools',
  "Карточка модели в models не называет 'tools': добавьте, если сервер и модель их умеют, или возьмите другую модель.",
)
const noCounter = refused('OpenAI-compatible servers have no counter of tokens', 'Возьмите usage ответа.')
const noImages = refused('OpenAI-compatible servers make no images', 'Картинки рисуют адаптеры других сервисов.')
const noJobs = refused('OpenAI-compatible servers have no deferred jobs', 'Вызывайте generateText.')

/**
 * The column of the loss table for any OpenAI-compatible endpoint. What is kept goes over the wire; whether the server
 * and its model heed it is theirs to say, so give cards with `abilities` for models that cannot do it all.
 * Source: the OpenAI API reference, "Chat" and "Embeddings".
 */
export const openaiCompatibleSurface: Surface = {
  id: 'openai-compatible',
  title: 'OpenAI-compatible endpoint',
  features: {
    'system-messages': {
      keep: 'warned',
      code: 'system-messages-joined',
      message: 'the endpoint gets one system message: they were joined',
    },
    'max-output-tokens': kept,
    temperature: kept,
    'temperature-zero': kept,
    'temperature-above-one': kept,
    'top-p': kept,
    seed: kept,
    'frequency-penalty': kept,
    'presence-penalty': kept,
    stop: translated('the answer is cut by the client, so that it is the same on every server'),
    streaming: kept,
    'reasoning-effort': needs('reasoning', ignored('reasoningEffort was not sent: the model does not reason')),
    'reasoning-off': needs(
      'reasoning',
      translated('nothing is sent: the model does not reason'),
      translated("sent as reasoning_effort 'none'; servers with another switch take it from extraBody"),
    ),
    tools: needs('tools', noTools),
    'tool-choice-none': kept,
    'tool-choice-required': kept,
    'tool-choice-tool': kept,
    'parallel-tool-calls': kept,
    'sequential-tool-calls': translated('asked for; of several calls given all the same, the first alone is taken'),
    'tool-history': kept,
    'parallel-tool-history': kept,
    'tool-error-results': translated('a result of the form { "error": … }: the API has no mark for failures'),
    'tool-examples': ignored('examples of tools were not sent: the API has no place for them'),
    output: needs('output', translated('asked for by a forced tool')),
    // Servers of open models guide the whole answer by the schema, and then no tool can be called.
    'output-with-tools': translated(
      'asked for by a forced tool: a schema for the answer would keep tools from being called',
    ),
    image: needs(
      'image',
      refused(
        'the card of this model lists no images',
        "Модель не понимает картинки; если понимает — abilities: ['image'].",
      ),
    ),
    document: refused(
      'OpenAI-compatible servers read no documents',
      'Извлеките текст документа и передайте его текстом.',
    ),
    audio: needs(
      'audio',
      refused(
        'the card of this model lists no audio',
        "Модель не понимает аудио; если понимает — abilities: ['audio'].",
      ),
    ),
    video: refused('OpenAI-compatible servers read no video', 'Передайте кадры картинками или звуковую дорожку.'),
    'remote-file': kept,
    'file-reference': refused(
      'OpenAI-compatible servers hold no files for messages',
      'Передайте сам файл: байты или путь.',
    ),
    embed: kept,
    'embed-query': ignored('kind was not sent: the API has none; some models want a prefix in the text'),
    'embed-document': ignored('kind was not sent: the API has none; some models want a prefix in the text'),
    'embed-dimensions': kept,
    'count-tokens': noCounter,
    'count-tokens-tools': noCounter,
    'list-models': kept,
    'generate-image': noImages,
    'image-seed': noImages,
    'image-aspect-ratio': noImages,
    'image-instructions': noImages,
    deferred: noJobs,
    'deferred-tools': noJobs,
    'deferred-cancel': noJobs,
  },
}
