import { ProtocolError } from '@shlyuz/core'
import type { EmbedAnswer, EmbedCall, EmbeddingKind, ModelRef, Operation, Reply, Shape, Usage } from '@shlyuz/core'
import { convertAnsweredModel } from './gigachat-models.ts'
import { createGigachatHeaders, type GigachatOptions } from './gigachat-options.ts'

/**
 * What goes before a query, by model; documents go as they are. Source: «Векторное представление текста»,
 * recommendations for EmbeddingsGigaR.
 */
const queryInstructions: Readonly<Record<string, string>> = {
  EmbeddingsGigaR: 'Дан вопрос, необходимо найти абзац текста с ответом\nвопрос: ',
}

interface EmbeddingItem {
  readonly index: number
  readonly embedding: readonly number[]
  readonly usage?: { readonly prompt_tokens?: number | null | undefined } | null | undefined
}

/** Source: `POST /embeddings`, 200. */
const embeddingsShape: Shape = (z) =>
  z.looseObject({
    data: z.array(
      z.looseObject({
        index: z.number(),
        embedding: z.array(z.number()),
        usage: z.looseObject({ prompt_tokens: z.number().nullish() }).nullish(),
      }),
    ),
    model: z.string().nullish(),
  })

/**
 * `POST /embeddings`. Vectors are not of unit length.
 * @throws ProtocolError for an answer without all vectors
 */
export function* embed(call: EmbedCall, model: ModelRef): Operation<EmbedAnswer> {
  const { body } = (yield {
    do: 'exchange',
    request: {
      endpoint: 'api',
      operation: 'embed',
      method: 'POST',
      path: '/embeddings',
      headers: createGigachatHeaders(call.options as GigachatOptions),
      body: JSON.stringify({ model: model.catalogueId, input: createEmbeddingInput(call.values, call.kind, model) }),
      repeat: 'safe',
      accept: ['application/json'],
    },
    read: 'json',
    shape: embeddingsShape,
  }) as Reply
  const { data, model: answered } = body as { readonly data: readonly EmbeddingItem[]; readonly model?: unknown }
  const modelId = convertAnsweredModel(answered, model)
  return {
    embeddings: inOrder(data, call.values.length),
    usage: sumUsage(data),
    ...(modelId !== undefined && { modelId }),
    ...(typeof answered === 'string' && { rawModel: answered }),
  }
}

/** The texts with what goes before them. */
export function createEmbeddingInput(
  values: readonly string[],
  kind: EmbeddingKind | undefined,
  { catalogueId }: ModelRef,
): readonly string[] {
  const instruction = kind === 'query' ? (queryInstructions[catalogueId] ?? '') : ''
  return values.map((value) => instruction + value)
}

function inOrder(data: readonly EmbeddingItem[], count: number): readonly (readonly number[])[] {
  const byIndex = new Map(data.map(({ index, embedding }) => [index, embedding]))
  return Array.from({ length: count }, (_, index) => {
    const embedding = byIndex.get(index)
    if (embedding && embedding.length > 0 && data.length === count) return embedding
    throw new ProtocolError(`GigaChat gave ${data.length} embeddings for ${count} texts, or not in their order`, {
      hint: 'Ответ не похож на GigaChat: проверьте baseUrl и прокси.',
    })
  })
}

/** The service states tokens for each text; a sum with one missing would be none. */
function sumUsage(data: readonly EmbeddingItem[]): Usage {
  let inputTokens = 0
  for (const { usage } of data) {
    const tokens = usage?.prompt_tokens
    if (typeof tokens !== 'number' || !Number.isSafeInteger(tokens) || tokens < 0) return {}
    inputTokens += tokens
  }
  return { inputTokens, totalTokens: inputTokens }
}
