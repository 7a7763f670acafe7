import type { FeatureCell, FeatureRule, Surface } from '@shlyuz/core'

/** The columns of the loss table for GigaChat: both versions of its chat, and what is beside the chat. */

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

const uploaded = translated('uploaded first, then attached by its id')

/** Media the second generation reads from Pro on, audio from Max on. Source: the documentation of its models. */
const image: FeatureRule = {
  needs: 'image',
  cell: uploaded,
  otherwise: refused(
    'this GigaChat model does not read images',
    'Картинки понимают GigaChat-2-Pro и GigaChat-2-Max: возьмите одну из них.',
  ),
}

const audio: FeatureRule = {
  needs: 'audio',
  cell: uploaded,
  otherwise: refused('this GigaChat model does not listen to audio', 'Аудио понимает GigaChat-2-Max: возьмите её.'),
}

const common = {
  'system-messages': {
    keep: 'warned',
    code: 'system-messages-joined',
    message: 'GigaChat takes one system message: they were joined',
  },
  'max-output-tokens': kept,
  temperature: kept,
  // 0 is outside of the schema's range; the most likely word alone is what it means.
  'temperature-zero': {
    keep: 'warned',
    code: 'setting-translated',
    message: 'GigaChat has no temperature 0: sent as top_p 0',
  },
  'temperature-above-one': kept,
  'top-p': kept,
  seed: ignored('seed was not sent: GigaChat has none'),
  'frequency-penalty': ignored(
    'frequencyPenalty was not sent: GigaChat has none; see providerOptions.gigachat.repetitionPenalty',
  ),
  'presence-penalty': ignored(
    'presencePenalty was not sent: GigaChat has none; see providerOptions.gigachat.repetitionPenalty',
  ),
  stop: translated('the answer is cut by the client: GigaChat knows no stop strings'),
  streaming: kept,
  'reasoning-effort': kept,
  tools: kept,
  'tool-choice-none': kept,
  // Whether it can be kept depends on the number of tools: see `checkToolChoice`.
  'tool-choice-required': translated('with one tool: that tool is forced; with several the call is refused'),
  'tool-choice-tool': kept,
  'tool-history': kept,
  'tool-error-results': translated('a result of the form { "error": … }: GigaChat has no mark for failures'),
  'tool-examples': kept,
  output: kept,
  // After results of functions in the history, response_format often breaks the JSON.
  'output-with-tools': translated('asked by a forced tool: response_format and functions do not go together well'),
  image,
  document: uploaded,
  audio,
  video: refused(
    'GigaChat does not read video',
    "Видео GigaChat не понимает: передайте кадры; для mp4 со звуком укажите mediaType: 'audio/mp4'.",
  ),
  'remote-file': refused(
    'GigaChat fetches no files by URL',
    'GigaChat не скачивает файлы по ссылке: передайте байты, путь к файлу или id загруженного файла.',
  ),
  'file-reference': kept,
  embed: kept,
  'embed-query': translated('an instruction goes before the text for EmbeddingsGigaR; other models know no kinds'),
  'embed-document': translated('embedded as it is: only queries take an instruction'),
  'embed-dimensions': refused(
    'vectors of GigaChat have a fixed length',
    'Длина вектора задана моделью: уберите dimensions или возьмите другую модель.',
  ),
  'count-tokens': kept,
  'count-tokens-tools': {
    keep: 'warned',
    code: 'tokens-partly-counted',
    message: 'GigaChat counts texts alone: tools, the output schema and files are not in the figure',
  },
  'list-models': kept,
  'generate-image': translated('drawn by the built-in function text2image in a conversation, downloaded and deleted'),
  'image-seed': ignored('seed was not sent: text2image takes none'),
  'image-aspect-ratio': ignored('aspectRatio was not sent: text2image takes none; name the shape in the prompt'),
  'image-instructions': translated('the system message of the conversation'),
  'deferred-cancel': refused(
    'GigaChat cannot cancel a batch',
    'Отменить пакет у GigaChat нельзя: дождитесь результата или не забирайте его.',
  ),
} satisfies Partial<Surface['features']>

/** `POST /v1/chat/completions`. */
export const gigachatV1: Surface = {
  id: 'gigachat-v1',
  title: 'GigaChat v1',
  endpoints: ['api', 'token'],
  features: {
    ...common,
    'reasoning-off': ignored(
      "reasoningEffort 'off' was not sent: GigaChat v1 has no such level, and thinks unasked in its reasoning models alone",
    ),
    'parallel-tool-calls': ignored('parallelToolCalls was not sent: GigaChat v1 asks for one tool at a time'),
    'sequential-tool-calls': translated('GigaChat v1 asks for one tool at a time in any case'),
    'parallel-tool-history': translated('each call is followed by its result, one after another'),
    deferred: kept,
    'deferred-tools': kept,
  },
}

/** `POST /v2/chat/completions`; what is beside the chat goes over v1. */
export const gigachatV2: Surface = {
  id: 'gigachat-v2',
  title: 'GigaChat v2',
  features: {
    ...common,
    'reasoning-off': kept,
    'parallel-tool-calls': kept,
    'sequential-tool-calls': kept,
    'parallel-tool-history': kept,
    deferred: translated('batches take the form of v1'),
    'deferred-tools': translated('batches take the form of v1'),
  },
}
