import type { EmbedManyOptions } from '../client-types.ts'
import { lossesOf } from '../features/check-features.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { UnsupportedFeatureError } from '../errors/unsupported-feature-error.ts'
import type { Masker } from '../policy/masker.ts'
import type { EmbedAnswer, EmbedCall, Provider } from '../provider.ts'
import type { EmbeddingFacts, EmbeddingKind, EmbedManyResult, EmbedResult } from '../vocabulary/embeddings.ts'
import type { Feature } from '../vocabulary/features.ts'
import { calculateCost } from './calculate-cost.ts'
import { checkOptionNames, checkText, optionsOf, parseProviderOptions } from './check-call-options.ts'
import { checkFunction, checkWord } from './check-text-options.ts'
import { checkNumber, refuse } from './checks.ts'
import { findCard } from './create-text-call.ts'
import { pricesOf } from './prices.ts'
import { addCounts } from './mask-call.ts'
import { applyLosses, judgeAnswer, refuseVerb, runModelCall, type CallFrame, type OpenModelCall } from './run-call.ts'
import { runOperation } from './run-operation.ts'
import { runSideBySide } from './run-side-by-side.ts'
import { sumUsage } from './sum-usage.ts'
import { today } from './today.ts'

/** Texts to embed and how, checked. */
export interface EmbedDraft {
  readonly values: readonly string[]
  readonly kind?: EmbeddingKind
  readonly dimensions?: number
  readonly concurrency: number
  readonly onProgress?: EmbedManyOptions<readonly Provider[]>['onProgress']
}

const defaultConcurrency = 4

const sharedNames = ['model', 'kind', 'dimensions', 'providerOptions']

/** @throws ConfigurationError */
export function checkEmbedOptions(options: unknown): EmbedDraft {
  checkOptionNames('embed', options, [...sharedNames, 'value'], '{ model, value }')
  return { ...checkShared(options), values: [checkText('value', options['value'])], concurrency: 1 }
}

/** @throws ConfigurationError */
export function checkEmbedManyOptions(options: unknown): EmbedDraft {
  const names = [...sharedNames, 'values', 'concurrency', 'onProgress']
  checkOptionNames('embedMany', options, names, '{ model, values }')
  const { values, concurrency } = options
  if (!Array.isArray(values) || values.length === 0) {
    return refuse('values must be a list with at least one text', 'values: список текстов, хотя бы один.')
  }
  checkNumber('concurrency', concurrency, 1, 64, true)
  checkFunction('onProgress', options['onProgress'])
  const onProgress = options['onProgress'] as EmbedDraft['onProgress']
  return {
    ...checkShared(options),
    values: values.map((value, index) => checkText(`values[${index}]`, value)),
    concurrency: (concurrency as number | undefined) ?? defaultConcurrency,
    ...(onProgress && { onProgress }),
  }
}

function checkShared(options: Record<string, unknown>): Pick<EmbedDraft, 'kind' | 'dimensions'> {
  const { kind, dimensions } = options
  checkNumber('dimensions', dimensions, 1, 65_536, true)
  return {
    ...(kind !== undefined && { kind: checkWord('kind', kind, ['document', 'query']) }),
    ...(dimensions !== undefined && { dimensions: dimensions as number }),
  }
}

/**
 * Embeds texts: cut to what the model takes in one request, some requests at a time, in one call with one receipt. A
 * request that fails ends the call.
 */
export function embedMany(
  frame: CallFrame,
  { provider, modelId }: { readonly provider: Provider; readonly modelId: string },
  draft: EmbedDraft,
  providerOptions: unknown,
): Promise<EmbedManyResult> {
  const { values, kind } = draft
  let masked: readonly string[] | undefined
  const characters = values.reduce((sum, value) => sum + value.length, 0)
  const aim = {
    provider,
    operation: 'embed' as const,
    // A service with a pair of models is asked for the one that embeds such texts: that one is judged.
    modelId: provider.embeddingModelFor?.(modelId, kind) ?? modelId,
    content: { messages: values.length, characters, images: 0, files: 0, remoteUrls: 0, remoteTools: [] },
    mask: (masker: Masker) => {
      // A session a text: its vector does not depend on the texts beside it.
      const sessions = values.map((value) => ({ value, session: masker.open() }))
      masked = sessions.map(({ value, session }) => session.mask(value))
      return addCounts(...sessions.map(({ session }) => session.counts))
    },
    providerOptions: optionsOf(providerOptions, provider),
    ahead: { characters, outputTokens: 0 },
  }
  return runModelCall(frame, aim, async (call) => {
    const texts = call.isMasked && masked ? masked : values
    const options = parseProviderOptions(provider, providerOptions)
    checkAbilities(call, draft, options)
    const card = findCard(provider, call.ref)
    const batches = cut(texts, card?.embedding?.valuesPerRequest ?? 1)
    let done = 0
    const answers = await runSideBySide(frame.scope, batches, draft.concurrency, async (batch, scope) => {
      const answer = await embedBatch(call, { ...draft, values: batch }, options, scope)
      done += batch.length
      draft.onProgress?.({ done, total: values.length })
      return answer
    })
    return createResult(call, answers)
  })
}

/** One text: the same, with a single vector. */
export async function embed(...given: Parameters<typeof embedMany>): Promise<EmbedResult> {
  const result = await embedMany(...given)
  // Where only the policy was asked there is none.
  const { embeddings, ...facts } = result ?? { embeddings: [] }
  return Object.freeze({ embedding: embeddings[0] as readonly number[], ...facts })
}

function checkAbilities({ context, ref, record }: OpenModelCall, draft: EmbedDraft, options: unknown): void {
  const { provider } = context
  const card = findCard(provider, ref)
  const features: Feature[] = ['embed']
  if (draft.kind !== undefined) features.push(`embed-${draft.kind}`)
  if (draft.dimensions !== undefined) features.push('embed-dimensions')
  applyLosses(record, lossesOf(provider.surfaceOf(ref, options), features, card))
  if (!provider.embed) refuseVerb(provider, 'embed')
  if (card && card.kind !== 'embedding') {
    const known = provider.models.filter(({ kind }) => kind === 'embedding').map(({ id }) => `${provider.name}/${id}`)
    throw new UnsupportedFeatureError(`'${ref.id}' embeds no texts: it is of kind ${card.kind}`, {
      hint: `Возьмите модель эмбеддингов: ${known.join(', ') || 'у этого провайдера её нет'}.`,
    })
  }
}

function cut(values: readonly string[], size: number): (readonly string[])[] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, at) => values.slice(at * size, (at + 1) * size))
}

async function embedBatch(
  call: OpenModelCall,
  { values, kind, dimensions }: EmbedDraft,
  options: unknown,
  scope: CallFrame['scope'],
): Promise<EmbedAnswer> {
  const { context, ref } = call
  const wish: EmbedCall = Object.freeze({
    values,
    options,
    ...(kind !== undefined && { kind }),
    ...(dimensions !== undefined && { dimensions }),
  })
  const { provider } = context
  const answer = await runOperation(
    { ...context, scope },
    provider.embed?.(wish, ref) ?? refuseVerb(provider, 'embed'),
    undefined,
  )
  judgeAnswer(call, answer.modelId)
  if (answer.embeddings.length !== values.length || answer.embeddings.some((vector) => vector.length === 0)) {
    throw new ProtocolError(`${answer.embeddings.length} vectors came for ${values.length} texts, or empty ones`, {
      code: 'response.shape',
      hint: 'Сервис вернул не столько векторов, сколько было текстов: проверьте адрес сервиса и прокси.',
    })
  }
  return answer
}

function createResult({ context, record, ref }: OpenModelCall, answers: readonly EmbedAnswer[]): EmbedManyResult {
  const { provider } = context
  const usage = sumUsage(answers.map((answer) => answer.usage))
  const cost = calculateCost(withoutOutput(usage), pricesOf(context.services.prices, provider, ref), today())
  const rawModel = answers.find((answer) => answer.rawModel !== undefined)?.rawModel
  const facts: EmbeddingFacts = {
    usage,
    ...(cost && { cost }),
    model: Object.freeze({
      provider: provider.name,
      id: ref.id,
      ...(rawModel !== undefined && { answeredBy: rawModel }),
    }),
    policy: record.receipt(),
    warnings: Object.freeze([...record.warnings, ...distinct(answers.flatMap(({ warnings = [] }) => warnings))]),
    attempts: Object.freeze([...record.attempts]),
  }
  return Object.freeze({ embeddings: Object.freeze(answers.flatMap(({ embeddings }) => embeddings)), ...facts })
}

/** An embedding has no output tokens: that they are not stated leaves nothing to estimate. */
function withoutOutput({ inputTokens, cachedInputTokens, outputTokens }: EmbedAnswer['usage']): EmbedAnswer['usage'] {
  if (inputTokens === undefined) return {}
  return { inputTokens, outputTokens: outputTokens ?? 0, ...(cachedInputTokens !== undefined && { cachedInputTokens }) }
}

/** Every batch of a call is told the same. */
function distinct<W extends { readonly code: string; readonly message: string }>(warnings: readonly W[]): W[] {
  return [...new Map(warnings.map((warning) => [`${warning.code} ${warning.message}`, warning])).values()]
}
