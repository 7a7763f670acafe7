import type { Answer } from '../../../answer.ts'
import type { Exchange } from '../../../exchange.ts'
import { pause } from '../../../pace.ts'
import { authoriseOpenAi } from '../authorise-open-ai.ts'
import { openGeneration } from '../chat.ts'
import { complain } from '../complaint.ts'
import { tokenMs } from '../encode-chat.ts'
import { findOpenAiModel, folderOf, type AskedModel } from '../find-open-ai-model.ts'
import { generate, type Generation } from '../generate.ts'
import { readObject, type JsonObject } from '../read-values.ts'
import type { Turn, TurnMessage } from '../turn.ts'
import { describeYandexGpt } from '../yandexgpt-service.ts'
import { composeOutput } from './compose-output.ts'
import { describeResponse } from './describe-response.ts'
import { encodeResponseStream } from './encode-response-stream.ts'
import { convertItems, createItemId, readInputItems } from './read-input.ts'
import { readResponseRequest, type ResponseRequest } from './response-request.ts'
import { show } from './stored-responses.ts'

/**
 * `POST /v1/responses`. The order of the checks is that of a chat. The shapes of items and events are OpenAI's: the
 * service's reference points there.
 *
 * @throws Complaint
 */
export async function answerCreateResponse(exchange: Exchange): Promise<Answer> {
  const folderId = authoriseOpenAi(exchange, folderOf(exchange.json))
  const fields = readObject(exchange.json, 'body')
  const release = openGeneration(exchange)
  try {
    const model = findOpenAiModel(exchange, fields['model'], 'gpt', folderId)
    const request = readResponseRequest(fields)
    const input = [...historyOf(exchange, request), ...readInputItems(fields['input'])]
    const messages = convertItems(input, model)
    if (messages.length === 0) throw complain(400, 'input must not be empty')
    const turn = turnOf(request, messages)
    const generation = generate(describeYandexGpt(exchange), model, turn)
    const complete = describeResponse({
      id: createItemId('resp'),
      name: generation.modelName ?? exchange.answeringModel ?? model.answerName,
      fields,
      request,
      generation,
      output: composeOutput(request, generation, turn.messages),
    })
    keep(exchange, request, complete, input)
    if (request.stream) return { ...encodeResponseStream({ complete, generation, model, exchange, release }), release }
    return await answerWhole(exchange, request, { complete, generation, model, release })
  } catch (error) {
    release()
    throw error
  }
}

interface Made {
  readonly complete: JsonObject
  readonly generation: Generation
  readonly model: AskedModel
  readonly release: () => void
}

/** A background response is answered at once, and found later by its id. */
async function answerWhole(exchange: Exchange, request: ResponseRequest, made: Made): Promise<Answer> {
  const { firstPieceMs, pieceMs, serviceMs } = exchange.state.options.pace
  const { complete, generation, model, release } = made
  const stored = exchange.state.responses.get(String(complete['id']))
  const pieces = generation.deltas.length * tokenMs({ model }, exchange.draw(pieceMs))
  await pause(request.background ? exchange.draw(serviceMs) : exchange.draw(firstPieceMs) + pieces, exchange.signal)
  release()
  const body = request.background && stored !== undefined ? show(stored) : complete
  return { status: 200, contentType: 'application/json', body: JSON.stringify(body) }
}

/** What the response before was given and what it answered. @throws Complaint with 400 */
function historyOf({ state }: Exchange, { previousId }: ResponseRequest): readonly JsonObject[] {
  if (previousId === undefined) return []
  const previous = state.responses.get(previousId)
  if (previous === undefined) throw complain(400, `Previous response with id '${previousId}' not found.`)
  const { status, output } = show(previous)
  if (status !== 'completed' && status !== 'incomplete') {
    throw complain(400, `Previous response with id '${previousId}' is not complete.`)
  }
  return [...previous.input, ...(output as readonly JsonObject[])]
}

/** Instructions hold for one response only: they are no part of what is kept. */
function turnOf(request: ResponseRequest, messages: readonly TurnMessage[]): Turn {
  const { instructions, functions, toolChoice, parallelToolCalls, format, maxTokens, effort } = request
  const system = instructions === undefined ? [] : [{ role: 'system', text: instructions, images: [] } as const]
  return {
    messages: [...system, ...messages],
    tools: functions,
    toolChoice,
    parallelToolCalls,
    format,
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(effort === undefined ? {} : { effort }),
  }
}

function keep(exchange: Exchange, request: ResponseRequest, complete: JsonObject, input: readonly JsonObject[]): void {
  if (!request.store) return
  const isPolled = request.background && !request.stream
  exchange.state.responses.add({
    id: String(complete['id']),
    complete,
    input,
    pollsLeft: isPolled ? exchange.state.options.yandexgpt.responsePolls : 0,
    isQueued: isPolled,
    isCancelled: false,
  })
}
