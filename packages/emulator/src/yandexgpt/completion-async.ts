import type { Answer } from '../answer.ts'
import type { Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import { authorise } from './authorise.ts'
import { encodeResponse } from './completion-answer.ts'
import { readCompletionRequest } from './completion-request.ts'
import { generateCompletion } from './completion.ts'
import { findModel } from './model-uri.ts'
import type { OperationOutcome } from './operation-store.ts'
import { checkRate } from './rate-quotas.ts'
import { refuse } from './refusals.ts'

const responseType = 'type.googleapis.com/yandex.cloud.ai.foundation_models.v1.CompletionResponse'

/**
 * `POST /foundationModels/v1/completionAsync`: the body of a completion that is not streamed in, an operation out. What
 * is wrong with the request is said at once; whether the service says it in the operation instead is unconfirmed.
 *
 * @throws Refusal
 */
export async function answerCompletionAsync(exchange: Exchange): Promise<Answer> {
  const { state } = exchange
  const caller = authorise(exchange)
  checkRate(exchange, 'submission')
  const request = readCompletionRequest(exchange.json)
  if (request.stream) throw refuse(400, 'stream is not supported by asynchronous completion')
  const model = findModel(exchange, request.modelUri, caller)
  const error = state.scripts.takeOperationError()
  const outcome: OperationOutcome =
    error === undefined ? complete(encodeResponse(generateCompletion(exchange, request, model))) : { error }
  await pause(exchange.draw(state.options.pace.serviceMs), exchange.signal)
  const body = state.yandexgpt.operations.begin({
    prefix: 'd7q',
    description: 'Async GPT Completion',
    createdBy: state.credentials.yandexgpt.serviceAccountId,
    polls: state.options.yandexgpt.operationPolls,
    outcome,
  })
  return { status: 200, contentType: 'application/json', body }
}

function complete(response: string): OperationOutcome {
  return { response: `{"@type":"${responseType}",${response.slice(1)}` }
}
