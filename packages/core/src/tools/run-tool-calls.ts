import { ShlyuzError } from '../errors/shlyuz-error.ts'
import { ToolExecutionError } from '../errors/tool-execution-error.ts'
import type { CheckedTool, CheckedTools } from '../operations/check-tools.ts'
import type { CallScope } from '../transport/call-scope.ts'
import type { Message, ToolCallPart, ToolResultPart } from '../vocabulary/messages.ts'
import type { ToolContext } from '../vocabulary/tools.ts'
import type { Warning } from '../vocabulary/warnings.ts'
import { hasForbiddenKey } from './has-forbidden-key.ts'

/** What running tools needs of the call. */
export interface ToolRunOptions {
  readonly tools: CheckedTools
  /** The conversation up to the calls. */
  readonly messages: readonly Message[]
  readonly scope: CallScope
  readonly labels: Readonly<Record<string, string>>
  /** Longest run of one tool, in ms. */
  readonly toolMs: number
  readonly onToolError: 'tell' | 'throw'
  readonly approve: ((call: ToolCallPart) => boolean | Promise<boolean>) | undefined
  readonly isSequential: boolean
  /** Tools whose arguments were sent back once already: they are not sent back again. */
  readonly sentBack: Set<string>
  /** Told as results come. */
  readonly onResult: (result: ToolResultPart) => void
}

export interface ToolRun {
  /** In the order of the calls. */
  readonly results: readonly ToolResultPart[]
  /** Calls that wait for a decision. */
  readonly approvals: readonly ToolCallPart[]
  /** Calls of tools that do not run here. */
  readonly open: readonly ToolCallPart[]
  readonly warnings: readonly Warning[]
}

/** What the model is told of an error, in characters. */
const messageLimit = 1_000

type Outcome = ToolResultPart | 'approval' | 'open'

/**
 * Runs what the model asked for: each call is checked against its tool's schema, then run once. Whatever goes wrong
 * is told to the model or thrown, as the caller wishes; arguments that do not fit go back to the model once a tool.
 *
 * @throws ToolExecutionError
 */
export async function runToolCalls(calls: readonly ToolCallPart[], options: ToolRunOptions): Promise<ToolRun> {
  const warnings: Warning[] = []
  const outcomes: Outcome[] = []
  if (options.isSequential) {
    for (const call of calls) outcomes.push(await runCall(call, options, warnings))
  } else {
    // All are awaited before an error is thrown: no tool runs on behind the caller's back.
    const settled = await Promise.allSettled(calls.map((call) => runCall(call, options, warnings)))
    const broken = settled.find((one) => one.status === 'rejected')
    if (broken) throw broken.reason
    outcomes.push(...settled.map((one) => (one as PromiseFulfilledResult<Outcome>).value))
  }
  return {
    results: outcomes.filter((one) => typeof one === 'object'),
    approvals: calls.filter((_, index) => outcomes[index] === 'approval'),
    open: calls.filter((_, index) => outcomes[index] === 'open'),
    warnings,
  }
}

/** Runs one call that the caller approved, or tells the model that it was refused. */
export async function runDecidedCall(
  call: ToolCallPart,
  decision: { readonly approved: boolean; readonly reason?: string },
  options: ToolRunOptions,
): Promise<{ readonly result: ToolResultPart; readonly warnings: readonly Warning[] }> {
  const warnings: Warning[] = []
  if (!decision.approved) return { result: give(options, refusal(call, decision.reason)), warnings }
  const outcome = await runCall(call, { ...options, approve: () => true }, warnings)
  if (typeof outcome === 'object') return { result: outcome, warnings }
  throw new ToolExecutionError(`tool '${call.toolName}' was approved and cannot run: it has no execute`, {
    code: 'tool.open',
    hint: `Инструмент ${call.toolName} не исполняется здесь: верните tool-result вместо tool-approval.`,
  })
}

async function runCall(call: ToolCallPart, options: ToolRunOptions, warnings: Warning[]): Promise<Outcome> {
  const found = options.tools.get(call.toolName)
  if (!found) return sendBack(call, [`there is no tool '${call.toolName.slice(0, 70)}'`], options, warnings)
  const checked = await checkInput(call, found)
  if ('issues' in checked) return sendBack(call, checked.issues, options, warnings)
  const { tool } = found
  if (!tool.execute) return 'open'
  const controller = new AbortController()
  const context: ToolContext = Object.freeze({
    toolCallId: call.toolCallId,
    toolName: call.toolName,
    messages: options.messages,
    signal: controller.signal,
    labels: options.labels,
  })
  try {
    const input = checked.value as never
    const decision = await inTime(found, options, controller, () => needsDecision(found, input, context))
    if (decision) {
      if (!options.approve) return 'approval'
      const approve = options.approve
      const approved = await options.scope.race(Promise.resolve().then(() => approve(call)))
      if (!approved) return give(options, refusal(call, undefined))
    }
    const { execute } = tool
    const output = await inTime(found, options, controller, async () => toJson(await execute(input, context), call))
    return give(options, { type: 'tool-result', toolCallId: call.toolCallId, toolName: call.toolName, output })
  } catch (error) {
    return failed(call, error, options, warnings)
  }
}

async function checkInput(
  { input, invalidInput }: ToolCallPart,
  { input: schema }: CheckedTool,
): Promise<{ readonly value: unknown } | { readonly issues: readonly string[] }> {
  if (invalidInput !== undefined) return { issues: ['the arguments are not a JSON object'] }
  if (hasForbiddenKey(input)) return { issues: ['the arguments have the key __proto__'] }
  const validation = await schema.validate(input ?? {})
  return validation.valid ? { value: validation.value } : { issues: validation.issues }
}

async function needsDecision({ tool }: CheckedTool, input: never, context: ToolContext): Promise<boolean> {
  const { needsApproval = false } = tool
  return typeof needsApproval === 'function' ? await needsApproval(input, context) : needsApproval
}

/** Runs code of the caller's within the life of the call and the tool's own limit of time. */
async function inTime<T>(
  { tool, spec }: CheckedTool,
  { scope, toolMs }: ToolRunOptions,
  controller: AbortController,
  run: () => T | Promise<T>,
): Promise<T> {
  const limitMs = tool.timeoutMs ?? toolMs
  let timer: NodeJS.Timeout | undefined
  let fail: (reason: unknown) => void = () => {}
  const ended = new Promise<never>((_resolve, reject) => {
    fail = (reason) => {
      controller.abort(reason)
      reject(reason)
    }
  })
  const running = { fail: (reason: unknown) => fail(reason) }
  scope.throwIfOver()
  scope.add(running)
  if (Number.isFinite(limitMs)) {
    timer = setTimeout(() => {
      fail(
        new ToolExecutionError(`tool '${spec.name}' did not end within ${limitMs} ms`, {
          code: 'tool.timeout',
          hint: `Инструмент ${spec.name} не уложился в ${limitMs} мс: увеличьте timeoutMs инструмента или timeout.toolMs.`,
        }),
      )
    }, limitMs)
  }
  try {
    return await Promise.race([ended, Promise.resolve().then(run)])
  } finally {
    clearTimeout(timer)
    scope.remove(running)
  }
}

/** Arguments that do not fit go back to the model, once a tool and call. */
function sendBack(
  call: ToolCallPart,
  issues: readonly string[],
  options: ToolRunOptions,
  warnings: Warning[],
): ToolResultPart {
  const { toolName } = call
  if (options.sentBack.has(toolName)) {
    throw new ToolExecutionError(`the model gave tool '${toolName.slice(0, 70)}' arguments that do not fit, twice`, {
      code: options.tools.has(toolName) ? 'tool.input_invalid' : 'tool.unknown',
      hint: `Модель дважды передала неверные аргументы: упростите inputSchema и описание инструмента. ${issues.length} замеч.`,
    })
  }
  options.sentBack.add(toolName)
  warnings.push({
    code: 'tool-input-invalid',
    setting: 'tools',
    message: `the model's call of '${toolName.slice(0, 70)}' did not fit; it was asked to repair it`,
  })
  return give(options, {
    type: 'tool-result',
    toolCallId: call.toolCallId,
    toolName,
    output: `The call was not made: ${issues.join('; ')}. Call again with arguments that fit.`,
    isError: true,
  })
}

function failed(call: ToolCallPart, error: unknown, options: ToolRunOptions, warnings: Warning[]): ToolResultPart {
  if (options.scope.over) throw options.scope.reason
  const isOurs = ShlyuzError.isInstance(error)
  if (options.onToolError === 'throw') {
    if (isOurs) throw error
    throw new ToolExecutionError(`tool '${call.toolName}' threw`, {
      hint: `Ошибка в инструменте ${call.toolName}: см. cause. Чтобы модель узнала о ней и продолжила, уберите onToolError: 'throw'.`,
      cause: error,
    })
  }
  warnings.push({
    code: 'tool-failed',
    setting: 'tools',
    message: `tool '${call.toolName}' failed (${error instanceof Error ? error.name : typeof error}); the model was told`,
  })
  const message = error instanceof Error ? error.message : String(error)
  return give(options, {
    type: 'tool-result',
    toolCallId: call.toolCallId,
    toolName: call.toolName,
    output: message.slice(0, messageLimit) || 'the tool failed',
    isError: true,
  })
}

function refusal({ toolCallId, toolName }: ToolCallPart, reason: string | undefined): ToolResultPart {
  const output = reason === undefined || reason === '' ? 'The call was refused by the user.' : `Refused: ${reason}`
  return { type: 'tool-result', toolCallId, toolName, output, isError: true }
}

function give(options: ToolRunOptions, result: ToolResultPart): ToolResultPart {
  const frozen = Object.freeze(result)
  options.onResult(frozen)
  return frozen
}

/** A copy in plain JSON: what is sent is what the result shows. */
function toJson(output: unknown, { toolName }: ToolCallPart): unknown {
  if (output === undefined) return null
  try {
    const text = JSON.stringify(output) as string | undefined
    if (text !== undefined) return JSON.parse(text) as unknown
  } catch {
    // A cycle or a BigInt.
  }
  throw new ToolExecutionError(`tool '${toolName}' gave back what is no JSON`, {
    code: 'tool.output',
    hint: `Инструмент ${toolName} вернул то, чего нет в JSON (цикл, BigInt, функцию): верните обычный объект.`,
  })
}
