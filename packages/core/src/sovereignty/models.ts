import type { ModelIdentity } from '../policy/intent.ts'

/** A reviewed model of one vendor kind. */
export interface ModelRecord extends ModelIdentity {
  readonly kind: string
}

type Weights = ModelIdentity['weights']

const asOf = '2026-11-24'
const gigachatFamily = 'GigaChat family paper: trained from scratch; not stated for this API model'
const yandexCatalogue = 'yandex.cloud/docs: AI Studio, models'

function sber(id: string, weights: Weights, source: string): ModelRecord {
  return { kind: 'gigachat', id, developer: 'ru', weights, source, asOf }
}
function yandex(id: string, weights: Weights, source: string, base?: string): ModelRecord {
  return { kind: 'yandexgpt', id, developer: 'ru', weights, source, asOf, ...(base !== undefined && { base }) }
}
function foreign(id: string, maker: string): ModelRecord {
  const source = `made by ${maker}: ${yandexCatalogue}, and copies of that list by others`
  return { kind: 'yandexgpt', id, developer: 'foreign', weights: 'unknown', source, asOf }
}

/** Who made which model. A model that is not here is unknown, and unknown is refused. */
export const models: readonly ModelRecord[] = Object.freeze([
  sber('GigaChat', 'undisclosed', gigachatFamily),
  sber('GigaChat-Pro', 'undisclosed', gigachatFamily),
  sber('GigaChat-Max', 'undisclosed', gigachatFamily),
  sber('GigaChat-Plus', 'undisclosed', gigachatFamily),
  sber('GigaChat-2', 'undisclosed', gigachatFamily),
  sber('GigaChat-2-Pro', 'undisclosed', gigachatFamily),
  sber('GigaChat-2-Max', 'undisclosed', gigachatFamily),
  sber('GigaChat-2-Reasoning', 'undisclosed', gigachatFamily),
  sber('GigaChat-preview', 'undisclosed', gigachatFamily),
  sber('GigaChat-Pro-preview', 'undisclosed', gigachatFamily),
  sber('GigaChat-Max-preview', 'undisclosed', gigachatFamily),
  sber('GigaChat-2-preview', 'undisclosed', gigachatFamily),
  sber('GigaChat-2-Pro-preview', 'undisclosed', gigachatFamily),
  sber('GigaChat-2-Max-preview', 'undisclosed', gigachatFamily),
  sber('GigaChat-3-Ultra', 'own', "the developer's statement for the open weights: from scratch, no foreign base"),
  sber('GigaChat-3-Lightning', 'own', "the developer's statement for the open weights: from scratch, no foreign base"),
  sber('GigaChat-3-Pro', 'undisclosed', 'no statement found for this model'),
  sber('Embeddings', 'undisclosed', 'no statement found'),
  sber('Embeddings-2', 'undisclosed', 'no statement found'),
  sber('EmbeddingsGigaR', 'undisclosed', 'no statement found'),
  sber('GigaEmbeddings-3B-2025-09', 'undisclosed', 'no statement found'),
  sber('GigaCheckClassification', 'undisclosed', 'no statement found'),
  sber('GigaCheckDetection', 'undisclosed', 'no statement found'),
  sber('GigaFilter', 'undisclosed', 'no statement found'),
  yandex('aliceai-llm', 'own', "a post of the developer's channel: full cycle; unconfirmed in detail"),
  yandex('aliceai-llm-flash', 'undisclosed', 'no statement found'),
  yandex('yandexgpt-5.1', 'undisclosed', 'no statement on the weights found'),
  yandex('yandexgpt-5-pro', 'adapted-foreign', "the developer's article: training began from Qwen 2.5", 'Qwen 2.5'),
  yandex('yandexgpt', 'adapted-foreign', 'alias of YandexGPT 5 Pro', 'Qwen 2.5'),
  yandex('yandexgpt-5-lite', 'own', "the developer's model card: random initial weights"),
  yandex('yandexgpt-lite', 'own', 'alias of YandexGPT 5 Lite'),
  yandex('text-search-doc', 'undisclosed', yandexCatalogue),
  yandex('text-search-query', 'undisclosed', yandexCatalogue),
  yandex('text-embeddings', 'undisclosed', yandexCatalogue),
  yandex('text-embeddings-v2-doc', 'undisclosed', yandexCatalogue),
  yandex('text-embeddings-v2-query', 'undisclosed', yandexCatalogue),
  yandex('yandex-art', 'undisclosed', yandexCatalogue),
  yandex('aliceai-image-art-3.0', 'undisclosed', yandexCatalogue),
  yandex('yandexgpt-32k', 'undisclosed', `${yandexCatalogue}; withdrawn in 2025`),
  yandex('summarization', 'undisclosed', `${yandexCatalogue}; withdrawn in 2025`),
  yandex('speech-realtime-250923', 'undisclosed', `${yandexCatalogue}; voice, seen by third parties`),
  yandex('speech-realtime-260528', 'undisclosed', `${yandexCatalogue}; voice, seen by third parties`),
  foreign('deepseek-v4.1-flash', 'DeepSeek, China'),
  foreign('deepseek-v4-flash', 'DeepSeek, China'),
  foreign('deepseek-v32', 'DeepSeek, China'),
  foreign('qwen3.6-35b-a3b', 'Alibaba, China'),
  foreign('qwen3-235b-a22b-fp8', 'Alibaba, China'),
  foreign('gpt-oss-120b', 'OpenAI, USA'),
  foreign('gpt-oss-20b', 'OpenAI, USA'),
  foreign('gemma-3-27b-it', 'Google, USA'),
  foreign('llama', 'Meta, USA'),
  foreign('llama-lite', 'Meta, USA'),
  foreign('qwen2.5-7b-instruct', 'Alibaba, China; batch only'),
  foreign('qwen2.5-32b-instruct', 'Alibaba, China; batch only'),
  foreign('qwen2.5-72b-instruct', 'Alibaba, China; batch only'),
  foreign('qwq-32b', 'Alibaba, China; batch only'),
  foreign('qwen3-0.6b', 'Alibaba, China; batch only'),
  foreign('qwen3-1.7b', 'Alibaba, China; batch only'),
  foreign('qwen3-4b', 'Alibaba, China; batch only'),
  foreign('qwen3-8b', 'Alibaba, China; batch only'),
  foreign('qwen3-14b', 'Alibaba, China; batch only'),
  foreign('qwen3-32b', 'Alibaba, China; batch only'),
  foreign('qwen3-30b-a3b', 'Alibaba, China; batch only'),
  foreign('qwen3-235b-a22b', 'Alibaba, China; batch only'),
  foreign('qwen2-vl-7b', 'Alibaba, China; batch only'),
  foreign('qwen2.5-vl-7b', 'Alibaba, China; batch only'),
  foreign('qwen2.5-vl-32b', 'Alibaba, China; batch only'),
  foreign('llama3.1-70b-instruct', 'Meta, USA; batch only'),
  foreign('llama3.3-70b-instruct', 'Meta, USA; batch only'),
  foreign('deepseek-r1-distill-llama-70b', 'DeepSeek, China; batch only'),
  foreign('deepseek-r1-distill-qwen-32b', 'DeepSeek, China; batch only'),
  foreign('deepseek-vl2', 'DeepSeek, China; batch only'),
  foreign('deepseek-vl2-tiny', 'DeepSeek, China; batch only'),
  foreign('phi-4', 'Microsoft, USA; batch only'),
  foreign('gemma-3-1b-it', 'Google, USA; batch only'),
  foreign('gemma-3-4b-it', 'Google, USA; batch only'),
  foreign('gemma-3-12b-it', 'Google, USA; batch only'),
])

/** What a refusal suggests instead. */
export const suggestedModels = 'gigachat/GigaChat-2-Max или yandexgpt/yandexgpt-5.1'

const byKey = new Map(models.map((record) => [`${record.kind} ${record.id.toLowerCase()}`, Object.freeze(record)]))

/** The record of a model, compared without case; `undefined` when it is not known. */
export function findModelRecord(kind: string, id: string): ModelRecord | undefined {
  return byKey.get(`${kind} ${id.toLowerCase()}`)
}
