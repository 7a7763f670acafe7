import { Refusal, type WholeAnswer } from '../answer.ts'

interface Meaning {
  readonly type: string
  readonly code: string | null
  readonly message: string
}

const badRequest = { type: 'invalid_request_error', code: null, message: 'Invalid request.' }
const serverError = { type: 'server_error', code: null, message: 'The server had an error.' }

/** What OpenAI's reference ("Error codes") says with a status. */
const meanings: Readonly<Record<number, Meaning>> = {
  401: { type: 'invalid_request_error', code: 'invalid_api_key', message: 'Incorrect API key provided.' },
  403: { type: 'invalid_request_error', code: null, message: 'You are not allowed to do this.' },
  404: { type: 'invalid_request_error', code: null, message: 'Not found.' },
  429: { type: 'requests', code: 'rate_limit_exceeded', message: 'Rate limit reached.' },
  503: { type: 'server_error', code: null, message: 'The engine is currently overloaded.' },
}

/** The body of an error in OpenAI's form: `{ error: { message, type, param, code } }`. */
export function errorBody(status: number, message?: string, code?: string): object {
  const usual = meanings[status] ?? (status >= 500 ? serverError : badRequest)
  return {
    error: { message: message ?? usual.message, type: usual.type, param: null, code: code ?? usual.code },
  }
}

/** The same as an answer. */
export function encodeError(status: number, message?: string, code?: string): WholeAnswer {
  return { status, contentType: 'application/json', body: JSON.stringify(errorBody(status, message, code)) }
}

/** The same to throw. */
export function refuse(status: number, message: string, code?: string): Refusal {
  return new Refusal(encodeError(status, message, code), message)
}
