import { ShlyuzError, type ErrorFacts } from './shlyuz-error.ts'

/** The service refused the content with an error status. A refusal inside a 200 is the finish reason `content-filter`. */
export class ContentFilterError extends ShlyuzError {
  override readonly name = 'ContentFilterError'

  constructor(message: string, facts: ErrorFacts & { readonly code?: string } = {}) {
    super(facts.code ?? 'response.content_filter', message, facts)
  }
}
