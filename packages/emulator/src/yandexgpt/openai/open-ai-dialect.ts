import type { Dialect } from '../../dialect.ts'
import type { OpenAiErrorForm } from '../../options.ts'
import { yandexgptDialect } from '../dialect.ts'
import { encodeError, errorBody } from './error-body.ts'
import { modelErrorWords } from './error-words.ts'
import { isMadeElsewhere } from './find-open-ai-model.ts'

/**
 * How the OpenAI-compatible addresses say what every service says: server-sent events, errors in the form asked for,
 * and only `x-server-trace-id` with the answers of models made elsewhere (recorded).
 */
export function createOpenAiDialect(form: OpenAiErrorForm): Dialect {
  return {
    ...yandexgptDialect,
    headers(exchange) {
      const { 'x-request-id': _, 'x-client-request-id': __, ...few } = yandexgptDialect.headers(exchange)
      return isMadeElsewhere(exchange.json) ? few : yandexgptDialect.headers(exchange)
    },
    error: (_, status, message) => encodeError(form, status, message),
    unauthorized: () => encodeError(form, 401),
    rateLimited: () => encodeError(form, 429),
    streamContentType: 'text/event-stream',
    brokenPiece: 'data: {"id":"обры\n\n',
    errorPiece: (status, message) => `data: ${JSON.stringify(errorBody(form, status, message))}\n\n`,
    endlessPiece: (streamed) => (streamed ? 'data: {"id":"' : '{"id":"'),
  }
}

/** The same for the Responses API, where an error inside a stream is an event of its own, as OpenAI's reference has it. */
export function createResponsesDialect(form: OpenAiErrorForm): Dialect {
  return {
    ...createOpenAiDialect(form),
    brokenPiece: 'event: response.output_text.delta\ndata: {"type":"обры\n\n',
    errorPiece(status, message = modelErrorWords[status] ?? 'Error') {
      const event = { type: 'error', code: String(status), message, param: null }
      return `event: error\ndata: ${JSON.stringify(event)}\n\n`
    },
    endlessPiece: (streamed) => (streamed ? 'event: response.output_text.delta\ndata: {"type":"' : '{"id":"'),
  }
}
