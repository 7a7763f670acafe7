import { OutputValidationError } from '../errors/output-validation-error.ts'
import type { AssistantMessage, AssistantPart, ContentPart, ToolCallPart, ToolMessage } from '../vocabulary/messages.ts'
import type { Warning } from '../vocabulary/warnings.ts'
import { sumCosts } from './calculate-cost.ts'
import type { PreparedCall } from './create-text-call.ts'
import { joinTexts } from './join-texts.ts'
import { partsOf } from './parts-of.ts'
import { sumUsage } from './sum-usage.ts'
import type { GenerateTextResult, TextStep } from './text-result.ts'

/** How an answer ends the call. */
export interface Verdict {
  readonly hasOutput?: boolean
  readonly output?: unknown
  /** The text of the answer, where it is not that of the step. */
  readonly text?: string
  /** Calls were given back; these wait for a decision. */
  readonly approvals?: readonly ToolCallPart[]
}

/** Nothing but text was asked for, and came. */
export const plainVerdict: Verdict = Object.freeze({})

/** What a call has come to. */
export interface TextOutcome {
  /** At least one. */
  readonly steps: readonly TextStep[]
  readonly verdict: Verdict
  readonly responses: readonly (AssistantMessage | ToolMessage)[]
  readonly outputMode: PreparedCall['outputMode']
  /** An output was asked for. */
  readonly wantsOutput: boolean
}

const none: readonly never[] = Object.freeze([])

/** Puts the result of a call together from its steps. */
export function createTextResult(outcome: TextOutcome): GenerateTextResult<unknown> {
  const { verdict, responses, outputMode } = outcome
  // Frozen lists are slow to walk: first what is in them.
  for (const step of outcome.steps) Object.freeze(step)
  const last = outcome.steps.at(-1) as TextStep
  const steps = Object.freeze(outcome.steps.slice())
  const isOpen = verdict.approvals !== undefined
  const text = verdict.text ?? last.text
  const content: readonly ContentPart[] = verdict.text === undefined ? last.content : [{ type: 'text', text }]
  const isOnly = steps.length === 1
  const cost = isOnly ? last.cost : sumCosts(steps.map((step) => step.cost))
  const all = isOnly ? last.content : steps.flatMap((step) => step.content)
  // Written out, and what may be absent set afterwards: copying the last step by `...` takes 3 µs of a call.
  const result: { -readonly [Fact in keyof GenerateTextResult<unknown>]: GenerateTextResult<unknown>[Fact] } = {
    text,
    content,
    toolCalls: isOpen ? last.toolCalls : none,
    toolResults: last.toolResults,
    finishReason: verdict.hasOutput && last.finishReason === 'tool-calls' ? 'stop' : last.finishReason,
    usage: isOnly ? last.usage : sumUsage(steps.map((step) => step.usage)),
    model: last.model,
    policy: last.policy,
    warnings: isOnly && last.warnings.length < 2 ? last.warnings : Object.freeze(uniqueWarnings(steps)),
    attempts: isOnly ? last.attempts : Object.freeze(steps.flatMap((step) => step.attempts)),
    response: last.response,
    steps,
    sources: partsOf(all, 'source'),
    files: partsOf(all, 'file'),
    toolApprovals: verdict.approvals ?? none,
    responseMessages: Object.freeze(responses.slice()),
    output: verdict.output,
  }
  if (last.reasoning !== undefined) result.reasoning = last.reasoning
  if (last.rawFinishReason !== undefined) result.rawFinishReason = last.rawFinishReason
  if (cost) result.cost = cost
  if (last.raw !== undefined) result.raw = last.raw
  if (outputMode) result.outputMode = outputMode
  if (outcome.wantsOutput && !verdict.hasOutput) denyOutput(result)
  return Object.freeze(result)
}

/** An answer as a message of the conversation. */
export function toAssistantMessage(content: readonly ContentPart[]): AssistantMessage {
  const isPlain = content.every(({ type }) => type === 'text')
  return Object.freeze({
    role: 'assistant',
    content: isPlain ? joinTexts(content, 'text') : Object.freeze([...content] as AssistantPart[]),
  })
}

/** An output that is not there yet is no `undefined`: reading it says why. */
function denyOutput(result: object): void {
  Object.defineProperty(result, 'output', {
    enumerable: false,
    configurable: true,
    get(): never {
      throw new OutputValidationError('there is no output yet: the answer asks for tools that do not run here', {
        code: 'output.pending',
        hint: 'Сначала ответьте на вызовы инструментов (toolCalls, toolApprovals) и продолжите разговор с responseMessages.',
        text: '',
        issues: [],
      })
    },
  })
}

/** The same is said of every step: once is enough. */
function uniqueWarnings(steps: readonly TextStep[]): Warning[] {
  const said = new Map<string, Warning>()
  for (const { warnings } of steps) {
    for (const warning of warnings) said.set(`${warning.code} ${warning.setting ?? ''} ${warning.message}`, warning)
  }
  return [...said.values()]
}
