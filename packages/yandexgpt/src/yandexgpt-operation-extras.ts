import type { ExtraOperation } from '@shlyuz/core'
import { InputReader } from './input-reader.ts'
import { askOperation, checkOperationId, type YandexgptOperationState } from './yandexgpt-operations.ts'

/** Which operation `getOperation` and `cancelOperation` mean. */
export interface YandexgptOperationInput {
  /** As the service gave it: `d7q…`. */
  readonly id: string
  /** Where it runs. Default: by the beginning of the id, `fbv…` being images. */
  readonly of?: 'text' | 'image'
}

/**
 * Looks at an operation once: `GET /operations/{id}`. Jobs of this client are looked at by `job.status()`; this is
 * for operations begun elsewhere. Results are kept for three days.
 * Source: documentation, "Operations", Operation.
 */
export const getOperation: ExtraOperation<YandexgptOperationInput, YandexgptOperationState> = {
  operation: 'job',
  run: (input) => ({ steps: steps('getOperation', input, '') }),
}

/**
 * Cancels an operation: `GET /operations/{id}:cancel`, which is a GET indeed. What was done until then is billed.
 * Source: documentation, "Operations", Cancel.
 */
export const cancelOperation: ExtraOperation<YandexgptOperationInput, YandexgptOperationState> = {
  operation: 'job',
  run: (input) => ({ steps: steps('cancelOperation', input, ':cancel') }),
}

function steps(where: string, input: YandexgptOperationInput, verb: '' | ':cancel'): ReturnType<typeof askOperation> {
  const read = new InputReader(where, input, ['id', 'of'])
  const id = read.text('id')
  checkOperationId(id)
  const of = read.oneOf('of', ['text', 'image']) ?? (id.startsWith('fbv') ? 'image' : 'text')
  return askOperation(id, of === 'image' ? 'api' : 'operations', 'job', verb)
}
