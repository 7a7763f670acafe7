import { Secret } from '@shlyuz/core'
import type { Credential, ModelCard, Provider, SecretSource } from '@shlyuz/core'
import { checkOpenAiCompatibleCall, converse } from './openai-compatible-chat.ts'
import { embed } from './openai-compatible-embeddings.ts'
import { convertOpenAiError } from './openai-compatible-errors.ts'
import { listModels } from './openai-compatible-models.ts'
import { parseOpenAiCompatibleOptions, type OpenAiCompatibleOptions } from './openai-compatible-options.ts'
import {
  checkOpenAiCompatibleSettings,
  refuse,
  type OpenAiCompatibleCallSettings,
  type OpenAiCompatibleSecret,
  type OpenAiCompatibleSettings,
} from './openai-compatible-settings.ts'
import { openaiCompatibleSurface } from './openai-compatible-surface.ts'
import { parseOpenAiCompatibleModel } from './parse-openai-compatible-model.ts'

/** What {@link openaiCompatible} gives: a provider for `createClient`. */
export type OpenAiCompatibleProvider<
  Name extends string = string,
  Kind extends string = 'openai-compatible',
  ModelId extends string = string,
> = Provider<Kind, Name, ModelId, OpenAiCompatibleOptions>

/**
 * Any endpoint that speaks the OpenAI API: models of your own on vLLM, llama.cpp or Ollama, or a cloud. There are no
 * defaults of any vendor, and nothing is allowed by itself: the policy names the origin, its addresses and the models,
 * each with who made it.
 *
 * @example
 * const policy = domesticOnly({
 *   also: [
 *     {
 *       origin: 'https://llm.corp.example:8443',
 *       addresses: ['10.20.0.0/16'],
 *       models: [
 *         {
 *           id: 'GigaChat-20B-A3B',
 *           developer: 'ru',
 *           weights: 'own',
 *           source: 'model card of the open weights; checked by the security department',
 *           asOf: '2026-11-24',
 *         },
 *       ],
 *     },
 *   ],
 * })
 * const vllm = openaiCompatible({
 *   name: 'vllm',
 *   baseUrl: 'https://llm.corp.example:8443/v1',
 *   apiKey: { env: 'VLLM_API_KEY' },
 *   ca: readFileSync('corp-root.pem', 'utf8'),
 *   models: [{ id: 'GigaChat-20B-A3B', kind: 'chat', abilities: ['tools', 'output'] }],
 * })
 * const client = createClient({ providers: [vllm], policy })
 * await client.generateText({ model: 'vllm/GigaChat-20B-A3B', prompt: 'Назови три реки Сибири' })
 *
 * @throws ConfigurationError for an unknown setting or a wrong value
 */
export function openaiCompatible<
  const Name extends string,
  const Kind extends string = 'openai-compatible',
  const ModelId extends string = string,
>(
  settings: OpenAiCompatibleSettings<Name, Kind, ModelId>,
): OpenAiCompatibleProvider<NoInfer<Name>, NoInfer<Kind>, NoInfer<ModelId>> {
  checkOpenAiCompatibleSettings(settings)
  const { name, baseUrl, kind = 'openai-compatible' as Kind, apiKey, credentials, ca, clientCertificate } = settings
  const models = createCards(settings)
  const calls = createCallSettings(settings, kind, models)
  return Object.freeze({
    kind,
    name,
    endpoints: Object.freeze({
      api: Object.freeze({
        url: baseUrl,
        ...(ca !== undefined && { ca }),
        ...(clientCertificate && { clientCertificate }),
      }),
    }),
    models,
    credentials: credentials ?? (apiKey === undefined ? [] : [createKeyCredential(apiKey)]),
    providerLogging: settings.providerLogging ?? 'not stated',
    parseModel: parseOpenAiCompatibleModel,
    parseOptions: (options) => parseOpenAiCompatibleOptions(options, kind),
    surfaces: [openaiCompatibleSurface],
    surfaceOf: () => openaiCompatibleSurface,
    check: (call, model) => checkOpenAiCompatibleCall(call, model, calls.models),
    text: (call, model) => converse(call, model, calls),
    embed: (call, model) => embed(call, model, calls),
    listModels: () => listModels(calls.headers, calls.models, calls.modelAliases),
    toError: (reply) => convertOpenAiError(reply, name),
  } satisfies OpenAiCompatibleProvider<Name, Kind, ModelId>)
}

/** Cards as given, with the number of texts a request takes where a card of embeddings does not say. */
function createCards<ModelId extends string>({
  models = [],
  embeddingsPerRequest: valuesPerRequest = 1,
}: OpenAiCompatibleSettings<string, string, ModelId>): readonly ModelCard<ModelId>[] {
  return Object.freeze(
    models.map((card) =>
      Object.freeze(
        card.kind === 'embedding' && !card.embedding ? { ...card, embedding: { valuesPerRequest } } : { ...card },
      ),
    ),
  )
}

/** A copy without secrets: what operations close over. */
function createCallSettings(
  settings: OpenAiCompatibleSettings,
  kind: string,
  models: readonly ModelCard[],
): OpenAiCompatibleCallSettings {
  const { name, headers = {}, modelAliases = {}, tokenParameter, includeUsage, strictOutput } = settings
  const { emptyContent, toolCallIds } = settings
  return {
    name,
    kind,
    models: new Map(models.map((card) => [card.id.toLowerCase(), card])),
    modelAliases: new Map(Object.entries(modelAliases)),
    headers: Object.freeze({ ...headers }),
    ...(tokenParameter !== undefined && { tokenParameter }),
    ...(includeUsage !== undefined && { includeUsage }),
    ...(strictOutput !== undefined && { strictOutput }),
    ...(emptyContent !== undefined && { emptyContent }),
    ...(toolCallIds !== undefined && { toolCallIds }),
  }
}

/** A key, sent as it is. */
function createKeyCredential(apiKey: OpenAiCompatibleSecret): Credential {
  return {
    name: 'API key (apiKey)',
    explicit: true,
    secrets: { key: toSource(apiKey) },
    // oxlint-disable-next-line require-yield -- a key needs no exchange
    *authorize({ key = '' }) {
      checkKey(key)
      return { headers: { authorization: `Bearer ${key}` } }
    },
  }
}

function toSource(secret: OpenAiCompatibleSecret): SecretSource {
  if (typeof secret === 'string') return { value: new Secret(secret) }
  return typeof secret === 'function' ? { ask: secret } : secret
}

/** @throws ConfigurationError before anything is sent; the key is not quoted */
function checkKey(key: string): void {
  if (/^(?:Bearer|Api-Key|Basic)\s/i.test(key)) {
    refuse(
      'the API key begins with its scheme',
      'apiKey: уберите слово Bearer в начале.',
      'config.credentials_malformed',
    )
  }
  if (/^[\x21-\x7e]+$/.test(key)) return
  refuse(
    'the API key is empty or holds whitespace or characters that no header takes',
    'apiKey: уберите пробелы, кавычки и переводы строк; в файл пишите printf %s, а не echo.',
    'config.credentials_malformed',
  )
}
