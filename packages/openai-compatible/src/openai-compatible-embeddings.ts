import { ProtocolError } from '@shlyuz/core'
import type {
  EmbedAnswer,
  EmbedCall,
  ModelRef,
  Operation,
  ProviderFailure,
  Reply,
  Shape,
  ShlyuzError,
  WireRequest,
} from '@shlyuz/core'
import { convertOpenAiUsage } from './convert-openai-usage.ts'
import { createOpenAiError } from './openai-compatible-errors.ts'
import type { OpenAiCompatibleOptions } from './openai-compatible-options.ts'
import { isObject, type OpenAiCompatibleCallSettings } from './openai-compatible-settings.ts'
import { readModel, readReported, type AnswerDialect } from './read-chat-completion.ts'

/** What one request for embeddings needs beside the call. */
export interface EmbeddingsRequest {
  /** Key of the provider's endpoints; its address ends before `/embeddings`. */
  readonly endpoint: string
  /** The model as the wire spells it. */
  readonly model: string
  readonly headers?: Readonly<Record<string, string>>
  readonly extraBody?: Readonly<Record<string, unknown>>
  readonly dialect: AnswerDialect
  /** The error of a failure that stood in an answer of status 200. @default {@link createOpenAiError} */
  readonly createError?: (failure: ProviderFailure) => ShlyuzError
}

const embeddingsShape: Shape = (z) =>
  z.looseObject({
    data: z.array(z.looseObject({ index: z.number().nullish(), embedding: z.array(z.number()) })).nullish(),
    usage: z.looseObject({}).nullish(),
  })

interface Vector {
  readonly index?: number | null
  readonly embedding: readonly number[]
}

/**
 * `POST /embeddings`, with vectors as numbers: Base64, the default of some clients, is not known everywhere.
 * Source: the OpenAI API reference, "Create embeddings".
 * @throws ProtocolError when the answer has another number of vectors than texts were sent
 */
export function* createEmbeddings(call: EmbedCall, embeddings: EmbeddingsRequest): Operation<EmbedAnswer> {
  const { endpoint, model, headers = {}, extraBody, dialect } = embeddings
  const request: WireRequest = {
    endpoint,
    operation: 'embed',
    method: 'POST',
    path: '/embeddings',
    headers,
    body: JSON.stringify({
      ...extraBody,
      model,
      input: call.values,
      encoding_format: 'float',
      ...(call.dimensions !== undefined && { dimensions: call.dimensions }),
    }),
    repeat: 'safe',
    accept: ['application/json'],
  }
  const { body } = (yield { do: 'exchange', request, read: 'json', shape: embeddingsShape }) as Reply
  const document = isObject(body) ? body : {}
  const reported = readReported(document, dialect)
  if (reported) throw (embeddings.createError ?? createOpenAiError)(reported)
  return {
    embeddings: sortVectors((document['data'] ?? []) as readonly Vector[], call.values.length),
    usage: convertOpenAiUsage(document['usage']),
    ...readModel(document, dialect),
  }
}

/** In the order of the texts: by index where each has its own, else as they came. */
function sortVectors(vectors: readonly Vector[], count: number): readonly (readonly number[])[] {
  if (vectors.length !== count) {
    throw new ProtocolError(`the answer has ${vectors.length} vectors for ${count} texts`, {
      code: 'response.shape',
      hint: 'Сервер вернул не столько векторов, сколько было текстов: уменьшите embeddingsPerRequest.',
    })
  }
  const byIndex = new Map(vectors.map(({ index, embedding }) => [index, embedding]))
  const sorted = vectors.map((_vector, index) => byIndex.get(index))
  const isComplete = sorted.every((vector) => vector !== undefined)
  return isComplete ? sorted : vectors.map(({ embedding }) => embedding)
}

/** Embeddings of {@link openaiCompatible}. */
export function embed(
  call: EmbedCall,
  model: ModelRef,
  settings: OpenAiCompatibleCallSettings,
): Operation<EmbedAnswer> {
  const { extraBody, extraHeaders } = call.options as OpenAiCompatibleOptions
  const { headers, modelAliases, name: service } = settings
  return createEmbeddings(call, {
    endpoint: 'api',
    model: model.id,
    headers: { ...headers, ...extraHeaders },
    ...(extraBody && { extraBody }),
    dialect: { service, convertModel: (answered) => modelAliases.get(answered) ?? answered },
  })
}
