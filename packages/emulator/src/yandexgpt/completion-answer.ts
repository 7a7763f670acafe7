import type { Answer } from '../answer.ts'
import type { BodyStep } from '../body.ts'
import type { Exchange } from '../exchange.ts'
import type { YandexGptStatus, YandexGptUsage } from '../script.ts'
import { countTokens } from '../tokens.ts'

/** A completion, before it takes its form on the wire. */
export interface CompletionAnswer {
  /** The whole text of each line of a stream. */
  readonly texts: readonly string[]
  /** Of the last line. */
  readonly status: YandexGptStatus
  readonly inputTokens: number
  readonly modelVersion: string
  /** Figures that replace the counted ones; `null` leaves usage out. */
  readonly usage?: YandexGptUsage | null
}

/** One JSON body, in `result` because the method is a streaming one behind a gateway. */
export function encodeCompletion(answer: CompletionAnswer): Answer {
  return {
    status: 200,
    contentType: 'application/json',
    body: encodeLine(answer, answer.texts.at(-1) ?? '', answer.status),
  }
}

/**
 * Lines of JSON, each with the whole text so far and usage so far; all but the last say `PARTIAL`. The generation no
 * longer counts as open before the last line goes out. The content type is unconfirmed.
 */
export function encodeCompletionStream(answer: CompletionAnswer, exchange: Exchange, release: () => void): Answer {
  const { firstPieceMs, pieceMs } = exchange.state.options.pace
  const last = answer.texts.length - 1
  const steps = answer.texts.flatMap((text, index): BodyStep[] => [
    { do: 'wait', ms: exchange.draw(index === 0 ? firstPieceMs : pieceMs) },
    ...(index === last ? [{ do: 'run', action: release } as const] : []),
    {
      do: 'write',
      data: encodeLine(answer, text, index === last ? answer.status : 'ALTERNATIVE_STATUS_PARTIAL'),
      content: true,
    },
  ])
  return { status: 200, contentType: 'application/json', body: steps }
}

function encodeLine(answer: CompletionAnswer, text: string, status: YandexGptStatus): string {
  const usage = answer.usage === undefined ? countUsage(answer, text) : answer.usage
  const result = {
    alternatives: [{ message: { role: 'assistant', text }, status }],
    ...(usage === null ? {} : { usage: encodeUsage(usage) }),
    modelVersion: answer.modelVersion,
  }
  return `${JSON.stringify({ result })}\n`
}

/** A filtered answer counts nothing. */
function countUsage({ inputTokens, status }: CompletionAnswer, text: string): YandexGptUsage {
  if (status === 'ALTERNATIVE_STATUS_CONTENT_FILTER') return { inputTextTokens: 0, completionTokens: 0, totalTokens: 0 }
  const completionTokens = countTokens(text)
  return { inputTextTokens: inputTokens, completionTokens, totalTokens: inputTokens + completionTokens }
}

/** int64 values are strings on the wire. */
function encodeUsage({ inputTextTokens, completionTokens, totalTokens, reasoningTokens = 0 }: YandexGptUsage): object {
  return {
    inputTextTokens: String(inputTextTokens),
    completionTokens: String(completionTokens),
    totalTokens: String(totalTokens),
    completionTokensDetails: { reasoningTokens: String(reasoningTokens) },
  }
}
