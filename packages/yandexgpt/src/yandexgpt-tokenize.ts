import type { ExtraOperation, ModelRef, Operation, Reply, WireRequest } from '@shlyuz/core'
import { InputReader } from './input-reader.ts'
import { formatModelUri, parseYandexgptModel } from './parse-yandexgpt-model.ts'
import { createYandexgptHeaders, readFolder, type YandexgptCallSettings } from './yandexgpt-request.ts'
import { isObject } from './yandexgpt-settings.ts'
import { tokensShape } from './yandexgpt-tokens.ts'

/** What `tokenize` takes. */
export interface YandexgptTokenizeInput {
  /** A model of Yandex, by name or address. */
  readonly model: string
  readonly text: string
}

/** One piece of a text, as a model sees it. */
export interface YandexgptToken {
  /** int64, so a string. */
  readonly id: string
  readonly text: string
  /** A mark of the model's own, such as the beginning of the text. */
  readonly special: boolean
}

/** The pieces a model sees. */
export interface YandexgptTokens {
  readonly tokens: readonly YandexgptToken[]
  /** A date; absent when the service does not say. */
  readonly modelVersion?: string
}

/**
 * The pieces of a text, free of charge: `POST /foundationModels/v1/tokenize`. To count a whole prompt take
 * `client.countTokens`. Source: documentation, "Tokenizer", TokenizeRequest.
 */
export function createTokenize(
  settings: YandexgptCallSettings,
): ExtraOperation<YandexgptTokenizeInput, YandexgptTokens> {
  return {
    operation: 'tokens',
    run(input) {
      const read = new InputReader('tokenize', input, ['model', 'text'])
      const [model, text] = [read.text('model'), read.text('text')]
      return { model, steps: tokenize(parseYandexgptModel(model), text, settings) }
    },
  }
}

function* tokenize(model: ModelRef, text: string, settings: YandexgptCallSettings): Operation<YandexgptTokens> {
  const folder = yield* readFolder(model, settings)
  const request: WireRequest = {
    endpoint: 'api',
    operation: 'tokens',
    method: 'POST',
    path: '/foundationModels/v1/tokenize',
    headers: yield* createYandexgptHeaders(settings, folder),
    body: JSON.stringify({ modelUri: formatModelUri(model, folder), text }),
    repeat: 'safe',
    accept: ['application/json'],
  }
  const { body } = (yield { do: 'exchange', request, read: 'json', shape: tokensShape }) as Reply
  const { tokens, modelVersion } = body as { readonly tokens: readonly unknown[]; readonly modelVersion?: unknown }
  return {
    tokens: tokens.filter(isObject).map(({ id, text: piece, special }) => ({
      id: typeof id === 'string' || typeof id === 'number' ? String(id) : '0',
      text: typeof piece === 'string' ? piece : '',
      special: special === true,
    })),
    ...(typeof modelVersion === 'string' && modelVersion !== '' && { modelVersion }),
  }
}
