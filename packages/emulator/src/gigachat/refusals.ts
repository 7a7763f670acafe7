import { Refusal, type WholeAnswer } from '../answer.ts'

const usualWords: Readonly<Record<number, string>> = {
  400: 'Your request contains invalid JSON syntax.',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Permission denied',
  404: 'Not Found',
  413: 'Payload too large',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

/**
 * Error of the API: `{status, message}` with a newline at the end
 * (https://developers.sber.ru/docs/ru/gigachat/api/errors-description).
 */
export function apiError(status: number, message?: string): WholeAnswer {
  return {
    status,
    contentType: 'application/json; charset=utf-8',
    body: `${JSON.stringify({ status, message: message ?? statusWords(status) })}\n`,
  }
}

/** What the service says to a status when it has nothing special to say. */
export function statusWords(status: number): string {
  return usualWords[status] ?? 'Error'
}

/** Error of the token address: `{code, message}`; the code is of its own numbering, or absent. */
export function oauthError(status: number, code: number | undefined, message: string): WholeAnswer {
  return {
    status,
    contentType: 'application/json',
    body: JSON.stringify(code === undefined ? { message } : { code, message }),
  }
}

/** Body does not fit the schema: the service calls all of that invalid JSON. */
export function refuseSchema(reason: string): Refusal {
  return new Refusal(apiError(400), reason)
}

/** Values or history that the model cannot take. */
export function refuseParams(problem: string): Refusal {
  return new Refusal(apiError(422, `Invalid params: ${problem}`), problem)
}
