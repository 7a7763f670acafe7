import { randomUUID } from 'node:crypto'
import type { Answer } from '../../answer.ts'
import type { BodyStep } from '../../body.ts'
import type { Exchange } from '../../exchange.ts'
import type { AnsweringModel } from './answering-model.ts'
import type { GeneratedCall, Generation, GenerationUsage } from './generate.ts'

/** An answer of the chat, with what both families share. */
export interface ChatAnswer {
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
  /** `model` of the answer. */
  readonly name: string
  readonly model: AnsweringModel
  readonly generation: Generation
}

/** One chunk of a stream: its choices or its usage, and whether it carries content. */
export interface ChatChunk {
  readonly choices: readonly object[]
  readonly usage?: object
  readonly isContent: boolean
}

/** One JSON body. */
export function encodeChat(answer: ChatAnswer): Answer {
  const { generation, model } = answer
  const calls = encodeCalls(generation.calls, model)
  const content = calls.length > 0 && !model.isYandex && generation.text === '' ? null : generation.text
  const body = {
    id: answer.id,
    object: 'chat.completion',
    created: answer.created,
    model: answer.name,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          ...(generation.reasoning === '' ? {} : { reasoning_content: generation.reasoning }),
          content,
          ...(calls.length === 0 ? {} : { tool_calls: model.isYandex ? calls : calls.map(withoutPlace) }),
        },
        finish_reason: generation.finish,
      },
    ],
    ...(generation.usage === null ? {} : { usage: encodeUsage(generation.usage) }),
  }
  return { status: 200, contentType: 'application/json', body: JSON.stringify(body) }
}

/**
 * Server-sent events without names, then `[DONE]`. The generation no longer counts as open before the last piece of
 * content goes out.
 */
export function encodeChatStream(
  answer: ChatAnswer,
  chunks: readonly ChatChunk[],
  exchange: Exchange,
  release: () => void,
): Answer {
  const { firstPieceMs, pieceMs } = exchange.state.options.pace
  const last = chunks.findLastIndex(({ isContent }) => isContent)
  const steps = chunks.flatMap(({ choices, usage, isContent }, index): BodyStep[] => [
    { do: 'wait', ms: index === 0 ? exchange.draw(firstPieceMs) : tokenMs(answer, exchange.draw(pieceMs)) },
    ...(index === last ? [{ do: 'run', action: release } as const] : []),
    {
      do: 'write',
      data: encodeEvent(answer, choices, usage),
      ...(isContent ? { content: true } : {}),
    },
  ])
  return {
    status: 200,
    contentType: 'text/event-stream',
    body: [...steps, { do: 'run', action: release }, { do: 'write', data: 'data: [DONE]\n\n' }],
  }
}

/** Tokens come faster one by one than in the chunks that the pace is made for. */
export function tokenMs({ model }: Pick<ChatAnswer, 'model'>, ms: number): number {
  return model.isYandex ? ms : Math.round(ms / 6)
}

/**
 * Calls with their ids and places. Yandex's own models use the function's name as id, so that two calls of one function
 * share it, and give the place in whole answers, too (recorded).
 */
export function encodeCalls(calls: readonly GeneratedCall[], model: AnsweringModel): EncodedCall[] {
  return calls.map(({ name, arguments: text, id }, index) => ({
    index,
    id: id ?? (model.isYandex ? name : `chatcmpl-tool-${randomUUID().replaceAll('-', '')}`),
    type: 'function',
    function: { name, arguments: text },
  }))
}

function withoutPlace({ id, type, function: called }: EncodedCall): object {
  return { id, type, function: called }
}

/** A call on the wire. */
export interface EncodedCall {
  readonly index: number
  readonly id: string
  readonly type: string
  readonly function: { readonly name: string; readonly arguments: string }
}

/** Details are there only where reasoning was counted. */
export function encodeUsage({ prompt, completion, total, reasoning }: GenerationUsage): object {
  return {
    prompt_tokens: prompt,
    total_tokens: total,
    completion_tokens: completion,
    ...(reasoning === undefined
      ? {}
      : {
          completion_tokens_details: { reasoning_tokens: reasoning },
          prompt_tokens_details: { cached_tokens: 0 },
        }),
  }
}

function encodeEvent(answer: ChatAnswer, choices: readonly object[], usage: object | undefined): string {
  const event = {
    id: answer.id,
    object: 'chat.completion.chunk',
    created: answer.created,
    model: answer.name,
    choices,
    ...(usage === undefined ? {} : { usage }),
  }
  return `data: ${JSON.stringify(event)}\n\n`
}
