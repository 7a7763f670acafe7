import { responsesExtras } from './yandexgpt-responses.ts'
import { createClassifyFewShot, createClassifyTuned } from './yandexgpt-classify.ts'
import { createGenerativeSearch } from './yandexgpt-generative-search.ts'
import { cancelOperation, getOperation } from './yandexgpt-operation-extras.ts'
import type { YandexgptCallSettings } from './yandexgpt-request.ts'
import { createTokenize } from './yandexgpt-tokenize.ts'

/** The operations that YandexGPT alone has: `client.provider('yandexgpt').tokenize(...)` and its like. */
export type YandexgptExtras = ReturnType<typeof createYandexgptExtras>

/** Typed one by one, so that `client.provider('yandexgpt')` knows what each takes and gives. */
export function createYandexgptExtras(settings: YandexgptCallSettings) {
  return Object.freeze({
    tokenize: createTokenize(settings),
    classifyFewShot: createClassifyFewShot(settings),
    classifyTuned: createClassifyTuned(settings),
    getOperation,
    cancelOperation,
    generativeSearch: createGenerativeSearch(settings),
    ...responsesExtras(settings),
  })
}
