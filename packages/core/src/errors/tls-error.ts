import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** The certificate of the other side was not accepted: unknown issuer, wrong name, expired. */
export class TlsError extends ShlyuzError {
  override readonly name = 'TlsError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'tls.failed', message, facts)
  }
}
