import { UnsupportedFeatureError } from '@shlyuz/core'
import type { ModelRef, Operation, Reply, Shape, TextCall, TokenCount } from '@shlyuz/core'
import { createCompletionRequest } from './yandexgpt-completion.ts'
import { isServedNatively, nativeModelNames } from './yandexgpt-models.ts'
import type { YandexgptCallSettings } from './yandexgpt-request.ts'

/** Source: `POST /foundationModels/v1/tokenizeCompletion`, TokenizeResponse; unary, so without the wrapper `result`. */
export const tokensShape: Shape = (z) => z.looseObject({ tokens: z.array(z.looseObject({})) })

/**
 * `POST /foundationModels/v1/tokenizeCompletion`: free, and with the model's own frame around the messages, tools and
 * schema included. Models of Yandex alone.
 */
export function* countTokens(call: TextCall, model: ModelRef, settings: YandexgptCallSettings): Operation<TokenCount> {
  if (!isServedNatively(model.catalogueId)) {
    throw new UnsupportedFeatureError(`the tokenizer of YandexGPT does not serve ${model.catalogueId}`, {
      hint: `Токены считаются только у моделей родного API: ${nativeModelNames}.`,
    })
  }
  const asked = yield* createCompletionRequest('tokenizeCompletion', { ...call, stream: false }, model, settings)
  const request = { ...asked, operation: 'tokens' } as const
  const { body } = (yield { do: 'exchange', request, read: 'json', shape: tokensShape }) as Reply
  return { tokens: (body as { readonly tokens: readonly object[] }).tokens.length }
}
