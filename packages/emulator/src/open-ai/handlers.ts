import { http, type RequestHandler } from 'msw'
import { Refusal } from '../answer.ts'
import type { Exchange } from '../exchange.ts'
import { openAiOrigin } from '../origins.ts'
import { serve, type Respond } from '../serve.ts'
import type { Operation } from '../service.ts'
import type { EmulatorState } from '../state.ts'
import { Complaint } from '../yandexgpt/openai/complaint.ts'
import { answerChat } from './chat.ts'
import { answerEmbeddings } from './embeddings.ts'
import { encodeError, refuse } from './error-body.ts'
import { answerModel, answerModels } from './models.ts'
import { openAiStandDialect } from './open-ai-stand-dialect.ts'

/** The addresses of a server of open models on the premises of a company, such as vLLM, llama.cpp or Ollama. */
export function createOpenAiStandHandlers(state: EmulatorState): RequestHandler[] {
  const on = (operation: Operation, respond: Respond) =>
    serve(state, openAiStandDialect, operation, async (exchange) => {
      try {
        return await respond(exchange)
      } catch (error) {
        if (!(error instanceof Complaint)) throw error
        throw new Refusal(encodeError(error.status, error.message), error.reason)
      }
    })
  const base = `${openAiOrigin}/v1`
  return [
    http.get(`${base}/models`, on('models', answerModels)),
    http.get(`${base}/models/*`, on('models', answerModel)),
    http.post(`${base}/chat/completions`, on('chat', answerChat)),
    http.post(`${base}/embeddings`, on('embeddings', answerEmbeddings)),
    http.all(`${openAiOrigin}/*`, on('unknown', refusePath)),
  ]
}

function refusePath({ url }: Exchange): never {
  throw refuse(404, `There is no ${url.pathname}.`)
}
