import type { Answer } from '../answer.ts'
import type { BodyStep } from '../body.ts'
import type { Exchange } from '../exchange.ts'
import type { GigaChatFinishReason, GigaChatUsage } from '../script.ts'

/** An answer of the chat, before it takes its form on the wire. */
export interface ChatAnswer {
  readonly created: number
  readonly model: string
  readonly pieces: readonly string[]
  readonly finishReason: GigaChatFinishReason
  readonly usage?: GigaChatUsage
}

/** One JSON body. There is no `id`: the request id is in a header. */
export function encodeChat({ created, model, pieces, finishReason, usage }: ChatAnswer): Answer {
  const body = {
    choices: [{ message: { content: pieces.join(''), role: 'assistant' }, index: 0, finish_reason: finishReason }],
    created,
    model,
    object: 'chat.completion',
    ...(usage === undefined ? {} : { usage }),
  }
  return { status: 200, contentType: 'application/json; charset=utf-8', body: JSON.stringify(body) }
}

/**
 * Server-sent events without names: pieces, then an empty one with `finish_reason` and `usage`, then `[DONE]`. Chunks
 * say `chat.completion`, too. The slot of the parallel limit is free before the last event goes out.
 */
export function encodeChatStream(
  answer: ChatAnswer,
  exchange: Exchange,
  release: () => void,
  updateIntervalSeconds: number = 0,
): Answer {
  const { firstPieceMs, pieceMs } = exchange.state.options.pace
  const steps: BodyStep[] = []
  for (const [index, content] of answer.pieces.entries()) {
    const drawn = exchange.draw(index === 0 ? firstPieceMs : pieceMs)
    steps.push(
      { do: 'wait', ms: index === 0 ? drawn : Math.max(drawn, updateIntervalSeconds * 1000) },
      {
        do: 'write',
        data: encodeEvent(answer, { content, ...(index === 0 ? { role: 'assistant' } : {}) }),
        content: true,
      },
    )
  }
  const { finishReason, usage } = answer
  steps.push(
    { do: 'wait', ms: exchange.draw(pieceMs) },
    { do: 'run', action: release },
    {
      do: 'write',
      data: encodeEvent(answer, { content: '' }, { finishReason, ...(usage === undefined ? {} : { usage }) }),
    },
    { do: 'write', data: 'data: [DONE]\n\n' },
  )
  return { status: 200, contentType: 'text/event-stream', body: steps }
}

interface EventEnd {
  readonly finishReason: GigaChatFinishReason
  readonly usage?: GigaChatUsage
}

function encodeEvent({ created, model }: ChatAnswer, delta: object, end?: EventEnd): string {
  const event = {
    choices: [{ delta, index: 0, ...(end === undefined ? {} : { finish_reason: end.finishReason }) }],
    created,
    model,
    object: 'chat.completion',
    ...(end?.usage === undefined ? {} : { usage: end.usage }),
  }
  return `data: ${JSON.stringify(event)}\n\n`
}
