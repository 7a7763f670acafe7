import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** The credential is good, but not for this (403). */
export class PermissionError extends ShlyuzError {
  override readonly name = 'PermissionError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'response.permission', message, facts)
  }
}
