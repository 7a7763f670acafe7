import type { WholeAnswer } from '../../answer.ts'
import type { OpenAiErrorForm } from '../../options.ts'
import { modelErrorWords } from './error-words.ts'

/** An error of the OpenAI-compatible addresses. Its body's form is unconfirmed, hence the choice. */
export function encodeError(form: OpenAiErrorForm, status: number, message?: string): WholeAnswer {
  return { status, contentType: 'application/json', body: JSON.stringify(errorBody(form, status, message)) }
}

/** The same as an object, also for an event inside a started stream. */
export function errorBody(
  form: OpenAiErrorForm,
  status: number,
  message: string = modelErrorWords[status] ?? 'Error',
): object {
  switch (form) {
    case 'object':
      return { error: { message } }
    case 'text':
      return { error: message }
    case 'message':
      return { message }
    default:
      return form satisfies never
  }
}
