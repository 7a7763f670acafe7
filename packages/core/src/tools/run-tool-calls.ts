import { ToolExecutionError } from '../errors/tool-execution-error.ts'
import type { CheckedTool, CheckedTools } from '../operations/check-tools.ts'
import type { CallScope } from '../transport/call-scope.ts'
import type { Message, ToolCallPart, ToolResultPart } from '../vocabulary/messages.ts'
import type { ToolContext } from '../vocabulary/tools.ts'
import type { Warning } from '../vocabulary/warnings.ts'
import { findUnsafeJson } from './find-unsafe-json.ts'

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

/** Characters of a result as JSON: far above what any model takes, and no burden to the process. */
const outputLimit = 8 * 1024 * 1024

/** Calls of one answer. More are no plan but a fault, and none of them runs. */
const callLimit = 128

/** One answer's calls. */
interface Turn extends ToolRunOptions {
  /** {@link ToolRunOptions.sentBack} before this answer. */
  readonly sentBefore: ReadonlySet<string>
}

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
  if (calls.length > callLimit) {
    throw new ToolExecutionError(`the model made ${calls.length} calls at once, more than ${callLimit}: none was run`, {
      code: 'tool.too_many',
      hint: `Модель запросила ${calls.length} вызовов сразу: уточните задачу или задайте parallelToolCalls: false.`,
    })
  }
  // All that one answer gets wrong goes back to the model together.
  const turn = { ...options, sentBefore: new Set(options.sentBack) }
  if (options.isSequential) {
    for (const call of calls) outcomes.push(await runCall(call, turn, warnings))
  } else {
    // All are awaited before an error is thrown: no tool runs on behind the caller's back.
    const settled = await Promise.allSettled(calls.map((call) => runCall(call, turn, warnings)))
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
  const turn = { ...options, sentBefore: new Set(options.sentBack), approve: () => true }
  const outcome = await runCall(call, turn, warnings)
  if (typeof outcome === 'object') return { result: outcome, warnings }
  throw new ToolExecutionError(`tool '${call.toolName}' was approved and cannot run: it has no execute`, {
    code: 'tool.open',
    hint: `Инструмент ${call.toolName} не исполняется здесь: верните tool-result вместо tool-approval.`,
  })
}

async function runCall(call: ToolCallPart, options: Turn, warnings: Warning[]): Promise<Outcome> {
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
      const approved: unknown = await options.scope.race(Promise.resolve().then(() => approve(call)))
      // Nothing but `true` is a yes: an object that says no is truthy too.
      if (approved !== true) return give(options, refusal(call, undefined))
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
  const unsafe = findUnsafeJson(input)
  if (unsafe !== undefined) return { issues: [`the object of arguments ${unsafe}`] }
  const validation = await schema.validate(input ?? {})
  return validation.valid ? { value: validation.value } : { issues: validation.issues }
}

async function needsDecision({ tool }: CheckedTool, input: never, context: ToolContext): Promise<boolean> {
  const { needsApproval = false } = tool
  const answer: unknown = typeof needsApproval === 'function' ? await needsApproval(input, context) : needsApproval
  return answer !== false
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
        createFailure(`tool '${spec.name}' did not end within ${limitMs} ms`, {
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
function sendBack(call: ToolCallPart, issues: readonly string[], options: Turn, warnings: Warning[]): ToolResultPart {
  const { toolName } = call
  if (options.sentBefore.has(toolName)) {
    throw new ToolExecutionError(`the model gave ${nameOf(call, options)} arguments that do not fit, twice`, {
      code: options.tools.has(toolName) ? 'tool.input_invalid' : 'tool.unknown',
      hint: `Модель дважды передала неверные аргументы: упростите inputSchema и описание инструмента. ${issues.length} замеч.`,
    })
  }
  options.sentBack.add(toolName)
  warnings.push({
    code: 'tool-input-invalid',
    setting: 'tools',
    message: `the model's call of ${nameOf(call, options)} did not fit; it was asked to repair it`,
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
  if (options.onToolError === 'throw') {
    if (ownFailures.has(error as object)) throw error
    throw new ToolExecutionError(`tool '${call.toolName}' threw`, {
      hint: `Ошибка в инструменте ${call.toolName}: см. cause. Чтобы модель узнала о ней и продолжила, уберите onToolError: 'throw'.`,
      cause: error,
    })
  }
  warnings.push({
    code: 'tool-failed',
    setting: 'tools',
    message: `tool '${call.toolName}' failed (${kindOf(error)}); the model was told`,
  })
  const message = messageOf(error)
  return give(options, {
    type: 'tool-result',
    toolCallId: call.toolCallId,
    toolName: call.toolName,
    output: message.slice(0, messageLimit) || 'the tool failed',
    isError: true,
  })
}

/** A name that the model made up is its own text: it stays out of errors and warnings. */
function nameOf({ toolName }: ToolCallPart, { tools }: ToolRunOptions): string {
  return tools.has(toolName) ? `'${toolName}'` : 'a tool that is not there'
}

function kindOf(error: unknown): string {
  try {
    return error instanceof Error ? error.name.slice(0, 70) : typeof error
  } catch {
    return typeof error
  }
}

/** Anything may be thrown, also what cannot be made a text. */
function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error)
  } catch {
    return ''
  }
}

/** Failures of tools that are ours; what a tool throws is wrapped, be it an error of another call of ours. */
const ownFailures = new WeakSet<object>()

function createFailure(...given: ConstructorParameters<typeof ToolExecutionError>): ToolExecutionError {
  const failure = new ToolExecutionError(...given)
  ownFailures.add(failure)
  return failure
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

function tooLarge(toolName: string, characters: number): ToolExecutionError {
  return createFailure(`tool '${toolName}' gave back ${characters} characters, more than ${outputLimit}`, {
    code: 'tool.output',
    hint: `Инструмент ${toolName} вернул больше, чем поместится в любую модель: верните выжимку или страницу данных.`,
  })
}

/** A copy in plain JSON: what is sent is what the result shows. */
function toJson(output: unknown, { toolName }: ToolCallPart): unknown {
  if (output === undefined) return null
  try {
    const text = JSON.stringify(output) as string | undefined
    if (text !== undefined && text.length > outputLimit) throw tooLarge(toolName, text.length)
    if (text !== undefined) return JSON.parse(text) as unknown
  } catch (error) {
    // A cycle or a BigInt, unless it is ours.
    if (ownFailures.has(error as object)) throw error
  }
  throw createFailure(`tool '${toolName}' gave back what is no JSON`, {
    code: 'tool.output',
    hint: `Инструмент ${toolName} вернул то, чего нет в JSON (цикл, BigInt, функцию): верните обычный объект.`,
  })
}
