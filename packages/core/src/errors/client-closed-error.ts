import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** The client was closed. */
export class ClientClosedError extends ShlyuzError {
  override readonly name = 'ClientClosedError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'client.closed', message, facts)
  }
}
