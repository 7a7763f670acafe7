import type { Answer } from '../answer.ts'
import type { BodyStep } from '../body.ts'
import type { Exchange } from '../exchange.ts'
import type { YandexGptStatus, YandexGptUsage } from '../script.ts'
import { countTokens } from '../tokens.ts'
import type { CompletionContent, EncodedCall } from './compose-completion.ts'

/** A completion, before it takes its form on the wire. */
export interface CompletionAnswer extends CompletionContent {
  readonly inputTokens: number
  readonly modelVersion: string
  /** Figures that replace the counted ones; `null` leaves usage out. */
  readonly usage?: YandexGptUsage | null
}

/** One JSON body, in `result` because the method is a streaming one behind a gateway. */
export function encodeCompletion(answer: CompletionAnswer): Answer {
  return { status: 200, contentType: 'application/json', body: encodeLine(answer, lastLine(answer)) }
}

/** The JSON text of a finished CompletionResponse, without `result`: what an operation gives. */
export function encodeResponse(answer: CompletionAnswer): string {
  return encodeLineContent(answer, lastLine(answer))
}

/**
 * Lines of JSON, each with the whole text so far and usage so far; all but the last say `PARTIAL`. Calls come whole, in
 * the last line. The generation no longer counts as open before the last line goes out. The content type is
 * unconfirmed.
 */
export function encodeCompletionStream(answer: CompletionAnswer, exchange: Exchange, release: () => void): Answer {
  const { firstPieceMs, pieceMs } = exchange.state.options.pace
  const lines = linesOf(answer)
  const steps = lines.flatMap((line, index): BodyStep[] => [
    { do: 'wait', ms: exchange.draw(index === 0 ? firstPieceMs : pieceMs) },
    ...(index === lines.length - 1 ? [{ do: 'run', action: release } as const] : []),
    { do: 'write', data: encodeLine(answer, line), content: true },
  ])
  return { status: 200, contentType: 'application/json', body: steps }
}

/** How many lines a stream of the answer has. */
export function countLines(answer: CompletionAnswer): number {
  return linesOf(answer).length
}

interface Line {
  readonly text: string
  readonly calls: readonly EncodedCall[]
  readonly status: YandexGptStatus
}

function linesOf(answer: CompletionAnswer): Line[] {
  const partial = answer.calls.length > 0 ? answer.texts : answer.texts.slice(0, -1)
  const status = 'ALTERNATIVE_STATUS_PARTIAL'
  return [...partial.map((text): Line => ({ text, calls: [], status })), lastLine(answer)]
}

function lastLine({ texts, calls, status }: CompletionAnswer): Line {
  return { text: texts.at(-1) ?? '', calls, status }
}

function encodeLine(answer: CompletionAnswer, line: Line): string {
  return `{"result":${encodeLineContent(answer, line)}}\n`
}

/** Written by hand around the arguments of calls, whose numbers JavaScript's own writer cannot say. */
function encodeLineContent(answer: CompletionAnswer, line: Line): string {
  const usage = answer.usage === undefined ? countUsage(answer, line) : answer.usage
  const fields = [
    `"alternatives":[{"message":${encodeMessage(line)},"status":${JSON.stringify(line.status)}}]`,
    ...(usage === null ? [] : [`"usage":${JSON.stringify(encodeUsage(usage))}`]),
    `"modelVersion":${JSON.stringify(answer.modelVersion)}`,
  ]
  return `{${fields.join(',')}}`
}

function encodeMessage({ text, calls }: Line): string {
  if (calls.length === 0) return JSON.stringify({ role: 'assistant', text })
  const items = calls.map(
    (call) => `{"functionCall":{"name":${JSON.stringify(call.name)},"arguments":${call.arguments}}}`,
  )
  return `{"role":"assistant","toolCallList":{"toolCalls":[${items.join(',')}]}}`
}

/**
 * A filtered answer counts nothing. Reasoning counts as part of the completion: third parties' reading, and that of
 * the price list, which charges it as output.
 */
function countUsage({ inputTokens, status, reasoningTokens }: CompletionAnswer, line: Line): YandexGptUsage {
  if (status === 'ALTERNATIVE_STATUS_CONTENT_FILTER') return { inputTextTokens: 0, completionTokens: 0, totalTokens: 0 }
  const called = line.calls.map((call) => countTokens(`${call.name} ${call.arguments}`))
  const written = line.calls.length > 0 ? called.reduce((sum, tokens) => sum + tokens, 0) : countTokens(line.text)
  const completionTokens = written + reasoningTokens
  return {
    inputTextTokens: inputTokens,
    completionTokens,
    totalTokens: inputTokens + completionTokens,
    reasoningTokens,
  }
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
