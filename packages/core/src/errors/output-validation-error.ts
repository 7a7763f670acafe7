import { inspect, type InspectOptions } from 'node:util'
import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** The output does not fit its schema, also after the one repair; or it ended early, or there is none yet. */
export class OutputValidationError extends ShlyuzError {
  override readonly name = 'OutputValidationError'
  /** What the model answered. Not enumerable: logs print what they can enumerate. */
  declare readonly text: string
  /** Places and expectations, in the validator's words. Not enumerable: validators may quote values. */
  declare readonly issues: readonly string[]

  constructor(
    message: string,
    facts: ErrorFacts & { readonly code?: string; readonly text: string; readonly issues: readonly string[] },
  ) {
    super(facts.code ?? 'output.invalid', message, facts)
    Object.defineProperty(this, 'text', { value: facts.text, enumerable: false })
    Object.defineProperty(this, 'issues', { value: facts.issues, enumerable: false })
  }

  /** Keeps the answer out of `util.inspect`, even with `showHidden`. */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `${this.stack ?? this.message} ${inspect(this.toJSON(), { ...options, showHidden: false })}`
  }
}
