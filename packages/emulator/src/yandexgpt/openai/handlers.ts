import { http, type RequestHandler } from 'msw'
import { Refusal } from '../../answer.ts'
import { yandexgptOrigins } from '../../origins.ts'
import { serve, type Respond } from '../../serve.ts'
import type { Operation } from '../../service.ts'
import type { EmulatorState } from '../../state.ts'
import { answerChat } from './chat.ts'
import { Complaint } from './complaint.ts'
import { answerEmbeddings } from './embeddings.ts'
import { encodeError } from './error-body.ts'
import { answerImages } from './images.ts'
import { answerModels } from './models.ts'
import { createOpenAiDialect, createResponsesDialect } from './open-ai-dialect.ts'
import { answerCreateResponse } from './responses/create-response.ts'
import { answerCancelResponse, answerGetResponse, answerInputItems } from './responses/stored-responses.ts'

/** The documented host, and the older one that the service's own client still uses. */
const bases = [`${yandexgptOrigins.ai}/v1`, `${yandexgptOrigins.llm}/v1`]

/** The OpenAI-compatible addresses of YandexGPT. */
export function createOpenAiHandlers(state: EmulatorState): RequestHandler[] {
  const form = state.options.yandexgpt.openAiErrorForm
  const dialect = createOpenAiDialect(form)
  const responses = createResponsesDialect(form)
  const on = (kind: Operation, respond: Respond) =>
    serve(state, kind === 'responses' ? responses : dialect, kind, async (exchange) => {
      try {
        return await respond(exchange)
      } catch (error) {
        if (!(error instanceof Complaint)) throw error
        throw new Refusal(encodeError(form, error.status, error.message), error.reason)
      }
    })
  return bases.flatMap((base) => [
    http.get(`${base}/models`, on('models', answerModels)),
    http.post(`${base}/chat/completions`, on('chat', answerChat)),
    http.post(`${base}/embeddings`, on('embeddings', answerEmbeddings)),
    http.post(`${base}/images/generations`, on('images', answerImages)),
    http.post(`${base}/responses`, on('responses', answerCreateResponse)),
    http.get(`${base}/responses/:id`, on('responses', answerGetResponse)),
    http.post(`${base}/responses/:id/cancel`, on('responses', answerCancelResponse)),
    http.get(`${base}/responses/:id/input_items`, on('responses', answerInputItems)),
  ])
}
