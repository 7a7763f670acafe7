import type { ProviderFailure, Usage } from '@shlyuz/core'
import { convertYandexgptUsage } from './convert-yandexgpt-usage.ts'
import { readYandexgptFailure } from './yandexgpt-errors.ts'
import { isObject } from './yandexgpt-settings.ts'

/** What one document of the native completion says: a whole answer, or a line of a stream. */
export interface YandexgptAnswer {
  /** The whole text so far; absent where the document has none, as with tool calls. */
  readonly text?: string
  /** The service's word, such as `ALTERNATIVE_STATUS_PARTIAL`. */
  readonly status?: string
  readonly usage?: Usage
  /** A date such as `09.02.2025`; empty in filtered answers. */
  readonly modelVersion?: string
}

/**
 * Reads `{ result: { alternatives: [{ message: { text }, status }], usage, modelVersion } }`. There is one
 * alternative in practice; further ones are not looked at. Unknown fields pass.
 * Source: `POST /foundationModels/v1/completion`, CompletionResponse.
 *
 * @returns a failure for an error that the service reports, and for anything else that is no answer
 */
export function readYandexgptAnswer(
  document: unknown,
): { readonly answer: YandexgptAnswer } | { readonly failure: ProviderFailure } {
  if (!isObject(document)) return unreadable('it is not a JSON object')
  const reported = readYandexgptFailure(document)
  if (reported) return { failure: reported }
  const { result } = document
  if (!isObject(result)) return unreadable('it has no result')
  const alternative: unknown = Array.isArray(result['alternatives']) ? result['alternatives'][0] : undefined
  if (!isObject(alternative)) return unreadable('it has no alternatives')
  const { message = {}, status } = alternative
  if (!isObject(message)) return unreadable('its message is not an object')
  const text = message['text'] ?? undefined
  if (text !== undefined && typeof text !== 'string') return unreadable('its text is not a string')
  const { usage, modelVersion } = result
  return {
    answer: {
      ...(text !== undefined && { text }),
      ...(typeof status === 'string' && { status }),
      ...(isObject(usage) && { usage: convertYandexgptUsage(usage) }),
      ...(typeof modelVersion === 'string' && { modelVersion }),
    },
  }
}

/** A document that is neither an answer nor a reported error. */
export function unreadable(why: string): { readonly failure: ProviderFailure } {
  return {
    failure: {
      kind: 'protocol',
      message: `YandexGPT's answer cannot be read: ${why}`,
      hint: 'Ответ не похож на YandexGPT: проверьте baseUrl и прокси между вами и сервисом.',
      isRetryable: false,
    },
  }
}
