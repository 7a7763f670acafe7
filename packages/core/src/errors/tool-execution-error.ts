import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** A tool threw. */
export class ToolExecutionError extends ShlyuzError {
  override readonly name = 'ToolExecutionError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'tool.failed', message, facts)
  }
}
