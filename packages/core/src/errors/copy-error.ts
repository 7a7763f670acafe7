import type { ShlyuzError } from './shlyuz-error.ts'

/**
 * The same error once more, for another call that it ends too: facts added to one are not seen in the other. A real
 * error, of the same class, with the same stack and cause.
 */
export function copyError<E extends ShlyuzError>(error: E): E {
  const copy = new Error(error.message)
  Object.setPrototypeOf(copy, Object.getPrototypeOf(error) as object)
  const { stack: _own, ...facts } = Object.getOwnPropertyDescriptors(error)
  // Classes define their properties with assignments: nothing of a new Error stands in the way.
  Object.defineProperties(copy, facts)
  Object.defineProperty(copy, 'stack', { value: error.stack, writable: true, configurable: true })
  return copy as E
}
