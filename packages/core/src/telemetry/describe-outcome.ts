import { ShlyuzError } from '../errors/shlyuz-error.ts'
import type { TextStep } from '../operations/text-result.ts'
import type { CallFailure, CallOutcome } from './call-message.ts'

type Described = Omit<CallOutcome, 'durationMs' | 'firstPartMs'>

/** The facts of a result that are no content; every verb's has some of them. */
export function describeResult(result: unknown): Described {
  const { model, usage, cost, finishReason, attempts, policy, warnings, response } = (result ?? {}) as Partial<TextStep>
  return {
    ...(model && { model }),
    ...(usage && { usage }),
    ...(cost && { cost }),
    ...(finishReason && { finishReason }),
    ...(response?.requestId !== undefined && { requestId: response.requestId }),
    ...(attempts && { attempts }),
    ...(policy && { policy }),
    ...(warnings && { warnings }),
  }
}

/** An error of ours by its facts, without the part of an answer that some carry; another one by its name alone. */
export function describeError(error: unknown): Described {
  if (!ShlyuzError.isInstance(error)) return { error: { name: error instanceof Error ? error.name : typeof error } }
  const { name, code, message, status, isRetryable, provider, model, requestId, attempts, policy } = error
  const failure: CallFailure = { name, code, message, ...(status !== undefined && { status }), isRetryable }
  return {
    error: failure,
    ...(provider !== undefined && model !== undefined && { model: { provider, id: model } }),
    ...(requestId !== undefined && { requestId }),
    attempts,
    ...(policy && { policy }),
  }
}
