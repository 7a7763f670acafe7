import type { Ability, FeatureCell, FeatureRule, Surface } from '@shlyuz/core'

const kept: FeatureCell = { keep: 'kept' }

function translated(note: string): FeatureCell {
  return { keep: 'translated', note }
}

function ignored(message: string): FeatureCell {
  return { keep: 'warned', code: 'setting-ignored', message }
}

/** Sent, because some models heed it; the reference does not say which. */
function uncertain(name: string): FeatureCell {
  return {
    keep: 'warned',
    code: 'setting-uncertain',
    message: `${name} was sent; not every model of the OpenAI-compatible API heeds it, and those that do not say nothing`,
  }
}

function refused(message: string, hint: string): FeatureCell {
  return { keep: 'refused', message, hint }
}

function needs(ability: Ability, cell: FeatureCell, otherwise: FeatureCell): FeatureRule {
  return { needs: ability, cell, otherwise }
}

function notHere(what: string): FeatureCell {
  return refused(
    `the OpenAI-compatible API of Yandex AI Studio has no ${what}`,
    'Это есть в родном API и у моделей Яндекса: уберите api и возьмите, например, yandexgpt/yandexgpt-5.1.',
  )
}

/**
 * The OpenAI-compatible API of AI Studio: the only way to its models by other makers, to images in messages, and to
 * the newest models of Alice. The column of the loss table.
 * Source: documentation, `POST /v1/chat/completions` (2025-12), and recordings of the service's own client.
 */
export const yandexgptOpenAi: Surface = {
  id: 'yandexgpt-openai',
  title: 'YandexGPT, OpenAI-compatible API',
  endpoints: ['openai', 'iam', 'metadata'],
  features: {
    'system-messages': {
      keep: 'warned',
      code: 'system-messages-joined',
      message: 'YandexGPT gets one system message: several were joined',
    },
    'max-output-tokens': kept,
    temperature: kept,
    'temperature-zero': kept,
    // The reference states no range; where the native one of 0 to 1 holds as well, the service says so.
    'temperature-above-one': kept,
    'top-p': uncertain('topP'),
    seed: ignored('seed was not sent: the OpenAI-compatible API of YandexGPT does not support it'),
    'frequency-penalty': uncertain('frequencyPenalty'),
    'presence-penalty': uncertain('presencePenalty'),
    stop: translated('marked as not supported: the answer is cut here, and the rest of it is not read'),
    streaming: kept,
    'reasoning-effort': needs(
      'reasoning',
      kept,
      ignored('reasoningEffort was not sent: this model does not reason over the OpenAI-compatible API'),
    ),
    'reasoning-off': needs(
      'reasoning',
      translated("reasoning_effort 'none', seen to work on qwen3.6"),
      translated('nothing is sent: this model does not reason'),
    ),
    tools: needs(
      'tools',
      kept,
      refused('this model takes no tools', 'Инструменты умеют yandexgpt-5.1 и aliceai-llm: возьмите одну из них.'),
    ),
    'tool-choice-none': kept,
    'tool-choice-required': kept,
    'tool-choice-tool': kept,
    'parallel-tool-calls': kept,
    'sequential-tool-calls': translated('asked for; where several calls come all the same, the first alone is taken'),
    'tool-history': translated("to Yandex's own models the id of a call is the name of its function, as they have it"),
    'parallel-tool-history': kept,
    'tool-error-results': translated('there is no mark for it: the content says {"error": …}'),
    'tool-examples': ignored('examples of tools were not sent: the OpenAI-compatible API has no place for them'),
    output: needs('output', kept, translated('asked for by a forced tool')),
    'output-with-tools': translated('the schema becomes a tool: what the service does with both is nowhere said'),
    image: needs(
      'image',
      translated('a data URL in Base64'),
      refused(
        'this model does not see images',
        'Картинки видит qwen3.6-35b-a3b (если политика разрешает) или GigaChat-2-Max.',
      ),
    ),
    document: refused(
      'documents in messages are not supported by the OpenAI-compatible API of YandexGPT',
      'Извлеките текст документа и передайте его текстом.',
    ),
    audio: refused(
      'audio in messages is not supported by the OpenAI-compatible API of YandexGPT',
      'Аудио YandexGPT не понимает: передайте расшифровку или возьмите GigaChat-2-Max.',
    ),
    video: refused(
      'video in messages is not supported by the OpenAI-compatible API of YandexGPT',
      'Видео YandexGPT не понимает: передайте кадры картинками.',
    ),
    'remote-file': refused(
      'YandexGPT fetches no files by URL',
      'Картинку передайте байтами или путём к файлу: по ссылке сервис её не возьмёт.',
    ),
    'file-reference': refused(
      'YandexGPT takes no files by id in messages',
      'Картинку передайте байтами или путём к файлу.',
    ),
    // Embedding models are asked over the native API, whatever the surface of conversations is.
    embed: kept,
    'embed-query': translated('the model of a pair that embeds queries: text-search-query'),
    'embed-document': translated('the model of a pair that embeds documents: text-search-doc'),
    'embed-dimensions': kept,
    'count-tokens': notHere('tokenizer'),
    'count-tokens-tools': notHere('tokenizer'),
    'list-models': kept,
    'generate-image': kept,
    'image-seed': ignored('seed was not sent: the image model of Alice has none'),
    'image-aspect-ratio': translated('the nearest of the known sizes'),
    'image-instructions': translated('they follow the prompt after an empty line'),
    deferred: notHere('deferred jobs'),
    'deferred-tools': notHere('deferred jobs'),
    'deferred-cancel': notHere('deferred jobs'),
  },
}
