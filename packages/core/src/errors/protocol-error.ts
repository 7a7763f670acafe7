import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** The answer is not what the protocol says: wrong content type, broken JSON, empty body. */
export class ProtocolError extends ShlyuzError {
  override readonly name = 'ProtocolError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'response.protocol', message, facts)
  }
}
