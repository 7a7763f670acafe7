import type { Answer, WholeAnswer } from '../../answer.ts'
import type { BodyStep } from '../../body.ts'
import type { Exchange } from '../../exchange.ts'
import type { GigaChatFinishReason } from '../../script.ts'
import { jsonAnswer } from '../json-answer.ts'

/** A call as `/v2` sends it; recordings of another stand have no id. */
export interface CallV2 {
  readonly id?: string
  readonly name: string
  readonly arguments: unknown
}

/** Figures of `/v2`. */
export interface UsageV2 {
  readonly input_tokens: number
  readonly input_tokens_details: { readonly prompt_tokens: number; readonly cached_tokens: number }
  readonly output_tokens: number
  readonly total_tokens: number
}

/** An answer of `/v2`, before it takes its form on the wire. */
export interface ChatAnswerV2 {
  readonly createdAt: number
  readonly model: string
  readonly pieces: readonly string[]
  readonly finishReason: GigaChatFinishReason
  readonly usage?: UsageV2
  readonly calls: readonly CallV2[]
  readonly reasoning?: string
  /** Goes with tools and with the answer to a function's result. */
  readonly stateId?: string
  readonly files?: readonly { readonly id: string; readonly mime: string; readonly target: string }[]
  readonly inlineData?: object
  /** A tool of the service that ran; streams say so. */
  readonly ranTool?: string
}

/** One JSON body. */
export function encodeChatV2(answer: ChatAnswerV2): WholeAnswer {
  const { model, createdAt, finishReason, usage, reasoning, stateId } = answer
  const thoughts = reasoning === undefined ? [] : [{ role: 'reasoning', content: [{ text: reasoning }] }]
  return jsonAnswer({
    model,
    created_at: createdAt,
    messages: [...thoughts, describeMessage(stateId, partsOf(answer))],
    finish_reason: finishReason,
    ...(usage === undefined ? {} : { usage }),
  })
}

function describeMessage(stateId: string | undefined, content: readonly object[]): object {
  return { role: 'assistant', ...(stateId === undefined ? {} : { tool_state_id: stateId }), content }
}

function partsOf(answer: ChatAnswerV2): object[] {
  const { files, pieces, calls, inlineData } = answer
  const text = pieces.join('')
  const hasText = text !== '' || inlineData !== undefined || (files === undefined && calls.length === 0)
  return [
    ...(files === undefined ? [] : [{ files }]),
    ...(hasText ? [{ text, ...(inlineData === undefined ? {} : { inline_data: inlineData }) }] : []),
    ...callParts(answer),
  ]
}

function callParts({ calls }: ChatAnswerV2): object[] {
  return calls.map((call) => ({ function_call: call }))
}

/**
 * Named events: what a tool does, pieces, then `response.message.done` with `finish_reason` and `usage`, and no
 * `[DONE]`. Calls come whole, with the last event (seen live). The slot of the parallel limit is free before that.
 */
export function encodeChatV2Stream(
  answer: ChatAnswerV2,
  exchange: Exchange,
  release: () => void,
  updateIntervalSeconds: number = 0,
): Answer {
  const { firstPieceMs, pieceMs } = exchange.state.options.pace
  const steps: BodyStep[] = toolSteps(answer, exchange)
  const deltas = deltasOf(answer)
  for (const [index, message] of deltas.entries()) {
    const drawn = exchange.draw(index === 0 ? firstPieceMs : pieceMs)
    steps.push(
      { do: 'wait', ms: index === 0 ? drawn : Math.max(drawn, updateIntervalSeconds * 1000) },
      { do: 'write', data: encodeEvent('response.message.delta', answer, { messages: [message] }), content: true },
    )
  }
  const { calls, stateId, finishReason, usage } = answer
  const end = {
    ...(calls.length === 0 ? {} : { messages: [describeMessage(stateId, callParts(answer))] }),
    finish_reason: finishReason,
    ...(usage === undefined ? {} : { usage }),
  }
  steps.push(
    { do: 'wait', ms: exchange.draw(deltas.length === 0 ? firstPieceMs : pieceMs) },
    { do: 'run', action: release },
    {
      do: 'write',
      data: encodeEvent('response.message.done', answer, end),
      ...(calls.length === 0 ? {} : { content: true }),
    },
  )
  return { status: 200, contentType: 'text/event-stream', body: steps }
}

function toolSteps(answer: ChatAnswerV2, exchange: Exchange): BodyStep[] {
  const { ranTool: name } = answer
  if (name === undefined) return []
  const event = (kind: string, execution: object): BodyStep[] => [
    { do: 'wait', ms: exchange.draw(exchange.state.options.pace.pieceMs) },
    {
      do: 'write',
      data: encodeEvent(kind, answer, {
        messages: [{ role: 'assistant', content: [{ tool_execution: { name, ...execution } }] }],
      }),
    },
  ]
  return [
    ...event('response.tool.in_progress', { seconds_left: 2 }),
    ...event('response.tool.completed', { status: 'success', censored: false }),
  ]
}

/** Thoughts, files, pieces of text; sources come with the last piece. */
function deltasOf({ reasoning, files, pieces, inlineData }: ChatAnswerV2): object[] {
  const thoughts = (reasoning?.match(/\s*\S+(?:\s+\S+){0,4}/g) ?? []).map((text) => ({
    role: 'reasoning',
    content: [{ text }],
  }))
  const kept = files === undefined ? [] : [{ role: 'assistant', content: [{ files }] }]
  const said = pieces.map((text, index) => ({
    role: 'assistant',
    content: [
      { text, ...(inlineData !== undefined && index === pieces.length - 1 ? { inline_data: inlineData } : {}) },
    ],
  }))
  return [...thoughts, ...kept, ...said]
}

function encodeEvent(name: string, { model, createdAt }: ChatAnswerV2, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify({ model, created_at: createdAt, ...data })}\n\n`
}
