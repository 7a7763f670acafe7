import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** The service does not know the credential, or it has expired (401), also after a fresh token. */
export class AuthError extends ShlyuzError {
  override readonly name = 'AuthError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'response.auth', message, facts)
  }
}
