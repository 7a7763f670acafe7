/** A model behind the OpenAI-compatible addresses. */
export interface CatalogueModel {
  readonly scheme: 'gpt' | 'emb' | 'art'
  readonly name: string
  /** `owned_by` of the list: the maker, as recorded; `DeepSeek` is unconfirmed. */
  readonly maker: 'Yandex' | 'OpenAI' | 'Google' | 'Alibaba' | 'DeepSeek'
  /** Branches that the list shows. Yandex's own models answer under all three. */
  readonly listed: readonly string[]
  /** Reasoning: none, counted but not shown, or shown in `reasoning_content`. */
  readonly reasoning: 'none' | 'hidden' | 'shown'
  /** Takes images. */
  readonly sees: boolean
  /** Served only when `options.yandexgpt.models` names it: the service has taken it out of its list. */
  readonly retired: boolean
  /** Sizes of an embedding model's vectors, the default first. */
  readonly dimensions?: readonly number[]
}

const yandex = {
  scheme: 'gpt',
  maker: 'Yandex',
  listed: ['latest'],
  reasoning: 'none',
  sees: false,
  retired: false,
} as const
const shows = { reasoning: 'shown' } as const
const text256 = { scheme: 'emb', dimensions: [256] } as const
const text768 = { scheme: 'emb', dimensions: [256, 128, 512, 768] } as const

/** The list of 2026-11 as public material has it; nothing says which of the older names it still shows. */
export const modelCatalogue: readonly CatalogueModel[] = [
  { ...yandex, name: 'aliceai-llm' },
  { ...yandex, name: 'aliceai-llm-flash' },
  { ...yandex, name: 'yandexgpt-5.1' },
  { ...yandex, name: 'yandexgpt-5-pro', reasoning: 'hidden' },
  { ...yandex, name: 'yandexgpt-5-lite' },
  { ...yandex, name: 'yandexgpt', listed: ['latest', 'rc'], reasoning: 'hidden' },
  { ...yandex, name: 'yandexgpt-lite' },
  { ...yandex, ...shows, name: 'deepseek-v4.1-flash', maker: 'DeepSeek' },
  { ...yandex, ...shows, name: 'deepseek-v4-flash', maker: 'DeepSeek' },
  { ...yandex, ...shows, name: 'deepseek-v32', maker: 'DeepSeek', retired: true },
  { ...yandex, ...shows, name: 'qwen3.6-35b-a3b', maker: 'Alibaba', sees: true },
  { ...yandex, name: 'qwen3-235b-a22b-fp8', maker: 'Alibaba' },
  { ...yandex, ...shows, name: 'gpt-oss-120b', maker: 'OpenAI' },
  { ...yandex, ...shows, name: 'gpt-oss-20b', maker: 'OpenAI' },
  { ...yandex, name: 'gemma-3-27b-it', maker: 'Google', sees: true, retired: true },
  { ...yandex, ...text256, name: 'text-search-doc' },
  { ...yandex, ...text256, name: 'text-search-query' },
  { ...yandex, scheme: 'emb', dimensions: [1536], name: 'text-embeddings' },
  { ...yandex, ...text768, name: 'text-embeddings-v2-doc' },
  { ...yandex, ...text768, name: 'text-embeddings-v2-query' },
  { ...yandex, scheme: 'art', name: 'aliceai-image-art-3.0', listed: [] },
]
