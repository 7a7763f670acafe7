import type { Attributes } from '@opentelemetry/api'
import type { AttemptMessage, CallFailure, CallMessage, CallOutcome } from '@shlyuz/core'

/**
 * What a span and the metrics have in common, by the semantic conventions for generative AI (in development):
 * https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
 */
export function createSharedAttributes(message: CallMessage): Attributes {
  const { targets, outcome } = message
  // After a failover, whoever answered.
  const provider = outcome?.model?.provider ?? targets[0]?.provider
  const model = outcome?.model?.id ?? targets[0]?.model
  const answeredBy = outcome?.model?.answeredBy
  return {
    'gen_ai.operation.name': nameOperation(message),
    ...(provider !== undefined && { 'gen_ai.provider.name': provider }),
    ...(model !== undefined && { 'gen_ai.request.model': model }),
    ...(answeredBy !== undefined && { 'gen_ai.response.model': answeredBy }),
    ...createServerAttributes(outcome?.policy?.target.origin),
    ...(outcome?.error && { 'error.type': nameError(outcome.error) }),
  }
}

/** What a span says of a call's end beside the {@link createSharedAttributes shared} ones. */
export function createOutcomeAttributes(outcome: CallOutcome): Attributes {
  const { usage = {}, finishReason, firstPartMs, requestId, attempts, cost } = outcome
  return {
    ...(finishReason && { 'gen_ai.response.finish_reasons': [finishReason] }),
    ...(firstPartMs !== undefined && { 'gen_ai.response.time_to_first_chunk': firstPartMs / 1000 }),
    ...definedOnly({
      'gen_ai.usage.input_tokens': usage.inputTokens,
      'gen_ai.usage.output_tokens': usage.outputTokens,
      'gen_ai.usage.cache_read.input_tokens': usage.cachedInputTokens,
      'gen_ai.usage.reasoning.output_tokens': usage.reasoningTokens,
    }),
    ...(requestId !== undefined && { 'shlyuz.request.id': requestId }),
    ...(attempts && { 'shlyuz.attempts': attempts.length }),
    ...(cost && { 'shlyuz.cost.amount': Number(cost.amount), 'shlyuz.cost.currency': cost.currency }),
  }
}

export function createAttemptAttributes(message: AttemptMessage): Attributes {
  const { provider, model, operation, status, origin, error } = message
  return {
    'shlyuz.operation': operation,
    'gen_ai.provider.name': provider,
    ...(model !== undefined && { 'gen_ai.request.model': model }),
    ...(status !== undefined && { 'http.response.status_code': status }),
    ...createServerAttributes(origin),
    ...(error && { 'error.type': error.code }),
  }
}

const operationNames: Readonly<Record<string, string>> = {
  chat: 'chat',
  embed: 'embeddings',
  image: 'generate_content',
}

/** A name that the conventions know, else the verb in their spelling: `count_tokens`. */
export function nameOperation({ operation, verb }: CallMessage): string {
  return operationNames[operation] ?? verb.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function nameError({ code, name }: CallFailure): string {
  return code ?? name
}

function createServerAttributes(origin: string | undefined): Attributes {
  const url = origin === undefined ? null : URL.parse(origin)
  if (!url) return {}
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  return { 'server.address': url.hostname, 'server.port': port }
}

function definedOnly(figures: Readonly<Record<string, number | undefined>>): Attributes {
  return Object.fromEntries(Object.entries(figures).filter(([, figure]) => figure !== undefined))
}
