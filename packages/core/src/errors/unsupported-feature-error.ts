import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** The provider cannot keep what was asked; nothing was sent. */
export class UnsupportedFeatureError extends ShlyuzError {
  override readonly name = 'UnsupportedFeatureError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'unsupported.feature', message, facts)
  }
}
