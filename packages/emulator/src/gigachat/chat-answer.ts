import type { Answer, WholeAnswer } from '../answer.ts'
import type { BodyStep } from '../body.ts'
import type { Exchange } from '../exchange.ts'
import type { GigaChatFinishReason, GigaChatUsage } from '../script.ts'
import { jsonAnswer } from './json-answer.ts'

/** An answer of the chat, before it takes its form on the wire. */
export interface ChatAnswer {
  readonly created: number
  readonly model: string
  readonly pieces: readonly string[]
  readonly finishReason: GigaChatFinishReason
  readonly usage?: GigaChatUsage
  /** The one call that an answer has room for. */
  readonly functionCall?: { readonly name: string; readonly arguments: unknown }
  readonly reasoning?: string
  /** Ties the turns of a call together; goes with calls and built-in functions. */
  readonly stateId?: string
  /** What a stream says while a built-in function runs. */
  readonly progress?: { readonly name: string; readonly notes: readonly string[] }
}

/** One JSON body. There is no `id`: the request id is in a header. */
export function encodeChat(answer: ChatAnswer): WholeAnswer {
  return jsonAnswer(describeChat(answer))
}

/** The body itself. */
export function describeChat(answer: ChatAnswer): object {
  const { created, model, pieces, finishReason, usage, functionCall, reasoning, stateId } = answer
  const message = {
    content: pieces.join(''),
    role: 'assistant',
    ...(functionCall === undefined ? {} : { function_call: functionCall }),
    ...(stateId === undefined ? {} : { functions_state_id: stateId }),
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
  }
  return {
    choices: [{ message, index: 0, finish_reason: finishReason }],
    created,
    model,
    object: 'chat.completion',
    ...(usage === undefined ? {} : { usage }),
  }
}

/**
 * Server-sent events without names: pieces, then an empty one with `finish_reason` and `usage`, then `[DONE]`. Chunks
 * say `chat.completion`, too. A call comes whole, in one chunk with the end. The slot of the parallel limit is free
 * before the last event goes out.
 */
export function encodeChatStream(
  answer: ChatAnswer,
  exchange: Exchange,
  release: () => void,
  updateIntervalSeconds: number = 0,
): Answer {
  const { firstPieceMs, pieceMs } = exchange.state.options.pace
  const deltas = deltasOf(answer)
  const steps: BodyStep[] = progressSteps(answer, exchange)
  for (const [index, delta] of deltas.entries()) {
    const drawn = exchange.draw(index === 0 ? firstPieceMs : pieceMs)
    steps.push(
      { do: 'wait', ms: index === 0 ? drawn : Math.max(drawn, updateIntervalSeconds * 1000) },
      { do: 'write', data: encodeEvent(answer, delta), content: true },
    )
  }
  const { functionCall, stateId } = answer
  const call = functionCall === undefined ? {} : { function_call: functionCall, functions_state_id: stateId }
  const role = deltas.length === 0 ? { role: 'assistant' } : {}
  steps.push(
    { do: 'wait', ms: exchange.draw(deltas.length === 0 ? firstPieceMs : pieceMs) },
    { do: 'run', action: release },
    {
      do: 'write',
      data: encodeEvent(answer, { content: '', ...role, ...call }, true),
      ...(functionCall === undefined ? {} : { content: true }),
    },
    { do: 'write', data: 'data: [DONE]\n\n' },
  )
  return { status: 200, contentType: 'text/event-stream', body: steps }
}

/** The first delta says whose it is; the first of a built-in function's answer has the state, too. */
function deltasOf({ pieces, reasoning, functionCall, stateId }: ChatAnswer): object[] {
  const thoughts = (reasoning?.match(/\s*\S+(?:\s+\S+){0,4}/g) ?? []).map((reasoning_content) => ({
    content: '',
    reasoning_content,
  }))
  const state = stateId === undefined || functionCall !== undefined ? {} : { functions_state_id: stateId }
  const said = pieces.map((content, index) => ({ content, ...(index === 0 ? state : {}) }))
  return [...thoughts, ...said].map(({ content, ...rest }, index) =>
    index === 0 ? { content, role: 'assistant', ...rest } : { content, ...rest },
  )
}

/** Notes about a built-in function have a role of their own and are no part of the answer. */
function progressSteps(answer: ChatAnswer, exchange: Exchange): BodyStep[] {
  const { progress, created } = answer
  return (progress?.notes ?? []).flatMap((content): BodyStep[] => [
    { do: 'wait', ms: exchange.draw(exchange.state.options.pace.pieceMs) },
    {
      do: 'write',
      data: encodeEvent(answer, { content, role: 'function_in_progress', name: progress?.name, created }),
    },
  ])
}

function encodeEvent({ created, model, finishReason, usage }: ChatAnswer, delta: object, isLast = false): string {
  const event = {
    choices: [{ delta, index: 0, ...(isLast ? { finish_reason: finishReason } : {}) }],
    created,
    model,
    object: 'chat.completion',
    ...(isLast && usage !== undefined ? { usage } : {}),
  }
  return `data: ${JSON.stringify(event)}\n\n`
}
