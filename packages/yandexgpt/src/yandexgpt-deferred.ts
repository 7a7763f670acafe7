import { ConfigurationError, UnsupportedFeatureError } from '@shlyuz/core'
import type { DeferredItem, DeferredOperations, JsonValue, ModelRef } from '@shlyuz/core'
import { createYandexgptError } from './create-yandexgpt-error.ts'
import { readYandexgptCompletion } from './read-yandexgpt-answer.ts'
import { convertYandexgptAnswer, createCompletionRequest } from './yandexgpt-completion.ts'
import { isServedNatively, nativeModelNames } from './yandexgpt-models.ts'
import { askOperation, startOperation } from './yandexgpt-operations.ts'
import type { YandexgptCallSettings } from './yandexgpt-request.ts'
import { isObject } from './yandexgpt-settings.ts'

/**
 * `POST /foundationModels/v1/completionAsync` and its operation: half the price, minutes to hours, results kept for
 * three days. One request an operation, models of Yandex alone. The reference of a job is `{ operation: 'd7q…' }`.
 * Source: documentation, "Asynchronous mode" and "Limits".
 */
export function createYandexgptDeferred(settings: YandexgptCallSettings): DeferredOperations {
  return Object.freeze<DeferredOperations>({
    callsPerSubmission: 1,

    *submit([call], model) {
      checkDeferred(model)
      if (!call) throw new TypeError('a submission holds one call')
      const request = yield* createCompletionRequest('completionAsync', { ...call, stream: false }, model, settings)
      const state = yield* startOperation({ ...request, operation: 'job' })
      if (state.status === 'failed') throw createYandexgptError(state.failure)
      return { operation: state.id }
    },

    *inspect(reference, model) {
      const state = yield* askOperation(readReference(reference), 'operations', 'job')
      switch (state.status) {
        case 'running':
        case 'cancelled':
          return { status: state.status }
        case 'failed':
          return { status: 'failed', failure: state.failure }
        case 'done':
          return { status: 'done', items: [readItem(state.response, model)] }
      }
    },

    *cancel(reference) {
      yield* askOperation(readReference(reference), 'operations', 'job', ':cancel')
    },
  })
}

function readItem(response: Readonly<Record<string, unknown>>, model: ModelRef): DeferredItem {
  const read = readYandexgptCompletion(response)
  return 'failure' in read ? { failure: read.failure } : { result: convertYandexgptAnswer(read.answer, model) }
}

function checkDeferred({ catalogueId }: ModelRef): void {
  if (isServedNatively(catalogueId)) return
  throw new UnsupportedFeatureError(`${catalogueId} has no deferred work: only the models of the native API do`, {
    hint: `Отложенные запросы есть только у моделей родного API: ${nativeModelNames}.`,
  })
}

function readReference(reference: JsonValue): string {
  const id = isObject(reference) ? reference['operation'] : undefined
  if (typeof id === 'string') return id
  throw new ConfigurationError('the reference of the job is not one of YandexGPT', {
    hint: 'Строка задания не от YandexGPT или испорчена: возьмите job.id как есть.',
  })
}
