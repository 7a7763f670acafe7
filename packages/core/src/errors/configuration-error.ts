import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** Malformed settings, options, credentials or header values: thrown before any socket opens. */
export class ConfigurationError extends ShlyuzError {
  override readonly name = 'ConfigurationError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'config.invalid', message, facts)
  }
}
