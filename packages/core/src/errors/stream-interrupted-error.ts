import { inspect, type InspectOptions } from 'node:util'
import type { ContentPart } from '../vocabulary/messages.ts'
import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** What came before the cut. */
export interface PartialAnswer {
  /** Empty when no text came. */
  readonly text: string
  /** All that came, with reasoning and tool calls; none of these tools ran. Empty when nothing came. */
  readonly content: readonly ContentPart[]
}

/**
 * The answer was cut: closed without its end mark, reset, stalled, or failed by the service in mid-stream. `cause`
 * is the error of the cut. Never a short answer that looks whole.
 */
export class StreamInterruptedError extends ShlyuzError {
  override readonly name = 'StreamInterruptedError'
  /** Not enumerable: an answer may hold personal data, and logs print what they can enumerate. */
  declare readonly partial: PartialAnswer

  constructor(message: string, facts: ErrorFacts & { readonly partial: PartialAnswer }) {
    super('stream.interrupted', message, facts)
    Object.defineProperty(this, 'partial', { value: facts.partial, enumerable: false })
  }

  /** Keeps the partial answer out of `util.inspect`, even with `showHidden`. */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    const { stack, cause } = this
    return `${stack ?? this.message} ${inspect({ ...this.toJSON(), cause }, { ...options, showHidden: false })}`
  }
}
