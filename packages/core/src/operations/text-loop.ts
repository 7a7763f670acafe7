import { OutputValidationError } from '../errors/output-validation-error.ts'
import { keepAside, ShlyuzError } from '../errors/shlyuz-error.ts'
import { describePlaces } from '../output/describe-places.ts'
import { readOutputText, readOutputValue, type OutputReading } from '../output/read-output.ts'
import type { ResolvedSchema } from '../schemas/resolve-schema.ts'
import { runDecidedCall, runToolCalls, type ToolRun, type ToolRunOptions } from '../tools/run-tool-calls.ts'
import { ToolCallIds } from '../tools/tool-call-ids.ts'
import { isCallersReason, type CallScope } from '../transport/call-scope.ts'
import type {
  AssistantMessage,
  CallPart,
  ContentPart,
  Message,
  PartMessage,
  ToolApprovalPart,
  ToolCallPart,
  ToolMessage,
  ToolResultPart,
} from '../vocabulary/messages.ts'
import type { ToolChoice } from '../vocabulary/tools.ts'
import type { Warning } from '../vocabulary/warnings.ts'
import type { DraftMessage } from './check-messages.ts'
import type { CheckedText } from './check-text-options.ts'
import { completeStep } from './complete-step.ts'
import { readOutputCall, TextDraft, type PreparedCall } from './create-text-call.ts'
import { createTextResult, plainVerdict, toAssistantMessage, type Verdict } from './create-text-result.ts'
import { loadFiles } from './load-files.ts'
import { restOf, type Route } from './route.ts'
import { StepSinks } from './step-sinks.ts'
import { prepareLegs, runTextCall, type TextAnswer } from './text-call.ts'
import type { TextCallOptions } from './text-call-options.ts'
import { TextQuestion } from './text-question.ts'
import type { GenerateTextResult, TextStep } from './text-result.ts'
import type { StreamOutlet } from './text-stream.ts'
import type { UploadOutcome } from './uploads.ts'

/**
 * Runs a text call: asks the model, runs the tools it asks for, and asks again, until there is an answer, the steps
 * are used up, or something is for the caller to do. The outlet gets the parts of a stream.
 */
export function runTextLoop(
  options: TextCallOptions,
  scope: CallScope,
  outlet: StreamOutlet | undefined,
): Promise<GenerateTextResult<unknown>> {
  scope.throwIfOver()
  const { messages, output, isPlain } = options.checked
  if (isPlain) return answerPlainly(options, scope, outlet)
  const loaded = loadFiles(messages, scope)
  if (loaded instanceof Promise || output?.prepare) return prepareAndRun(options, scope, outlet, loaded)
  return new TextLoop(options, scope, outlet, loaded).run()
}

/** Text in, and most likely text out: there is no loop unless the answer asks for more. */
async function answerPlainly(
  options: TextCallOptions,
  scope: CallScope,
  outlet: StreamOutlet | undefined,
): Promise<GenerateTextResult<unknown>> {
  const { checked } = options
  const messages = checked.messages as readonly PartMessage[]
  const ids = new ToolCallIds(messages)
  const sinks = outlet && new StepSinks(outlet, checked.stops, ids)
  const draft = new TextDraft(checked, messages, outlet !== undefined)
  let answer: TextAnswer
  try {
    answer = await runTextCall(new TextQuestion(options, draft, options.route, sinks), scope)
  } catch (error) {
    if (options.uploads.length > 0) await settleUploads(options, 'delete')
    throw error
  }
  if (answer.step.toolCalls.length > 0 || options.uploads.length > 0) {
    return new TextLoop(options, scope, outlet, messages, ids).run(answer)
  }
  const step = completeStep(answer.step, none)
  return createTextResult({
    steps: [step],
    verdict: plainVerdict,
    responses: step.content.length === 0 ? none : [toAssistantMessage(step.content)],
    outputMode: undefined,
    wantsOutput: false,
  })
}

async function prepareAndRun(
  options: TextCallOptions,
  scope: CallScope,
  outlet: StreamOutlet | undefined,
  loading: ReturnType<typeof loadFiles>,
): Promise<GenerateTextResult<unknown>> {
  const messages = await loading
  const { output } = options.checked
  if (output?.prepare) await scope.race(output.prepare())
  return new TextLoop(options, scope, outlet, messages).run()
}

async function settleUploads({ uploads }: TextCallOptions, outcome: UploadOutcome): Promise<readonly Warning[]> {
  const warnings: Warning[] = []
  for (const one of uploads) warnings.push(...(await one.settle(outcome)))
  return warnings
}

function addWarnings(result: GenerateTextResult<unknown>, warnings: readonly Warning[]): GenerateTextResult<unknown> {
  // Descriptors and all: `output` may be one that says why it is not there yet.
  const { warnings: before, ...facts } = Object.getOwnPropertyDescriptors(result)
  const value = Object.freeze([...(before.value ?? []), ...warnings])
  const copy = Object.defineProperties({}, { ...facts, warnings: { value, enumerable: true } })
  return Object.freeze(copy) as typeof result
}

const none: readonly never[] = Object.freeze([])

class TextLoop {
  readonly #options: TextCallOptions
  readonly #checked: CheckedText
  readonly #scope: CallScope
  readonly #outlet: StreamOutlet | undefined
  readonly #ids: ToolCallIds
  /** What the model is told: the caller's messages, the answers and the results of this call. */
  readonly #conversation: PartMessage[]
  readonly #responses: (AssistantMessage | ToolMessage)[] = []
  readonly #steps: TextStep[] = []
  /** Tools whose calls were sent back: each once. */
  #sentBack: Set<string> | undefined
  /** How the last question was put. */
  #prepared: PreparedCall | undefined
  /** Whom to ask: the conversation stays with the target that answered last, or moves on. */
  #route: Route
  #repaired = false
  /** Said before the first question was put. */
  #earlyWarnings: readonly Warning[] = none
  /** The next question is for the output alone. */
  #mustOutput = false
  /** Steps that only repaired come on top of those asked for. */
  #extraSteps = 0

  constructor(
    options: TextCallOptions,
    scope: CallScope,
    outlet: StreamOutlet | undefined,
    messages: readonly PartMessage[],
    ids = new ToolCallIds(messages),
  ) {
    this.#options = options
    this.#checked = options.checked
    this.#scope = scope
    this.#outlet = outlet
    this.#route = options.route
    this.#conversation = messages.slice()
    this.#ids = ids
  }

  /** @param first the answer to the first question, where that was put already */
  async run(first?: TextAnswer): Promise<GenerateTextResult<unknown>> {
    try {
      let given = first
      if (!given && this.#checked.messages.some(holdsDecision)) await this.#runDecidedCalls()
      for (;;) {
        const isLast = this.#steps.length - this.#extraSteps + 1 >= this.#checked.maxSteps
        const mustOutput = this.#mustOutput || (this.#checked.output !== undefined && isLast && this.#steps.length > 0)
        // One function waits for the answer: each holds half a KiB of an open stream.
        const judged = this.#judge(given ?? (await this.#ask(mustOutput)), isLast, mustOutput)
        given = undefined
        const verdict = judged instanceof Promise ? await judged : judged
        const step = this.#steps.at(-1) as TextStep
        if (this.#checked.onStep) {
          const { onStep } = this.#checked
          await this.#scope.race(Promise.resolve().then(() => onStep(step)))
        }
        if (verdict) {
          const result = this.#finish(step, verdict)
          return this.#options.uploads.length === 0 ? result : await this.#settle(result)
        }
        this.#outlet?.push({ type: 'step-finish', finishReason: step.finishReason, usage: step.usage })
      }
    } catch (error) {
      await settleUploads(this.#options, 'delete')
      throw this.#withProgress(error)
    }
  }

  /** Once nothing more is asked, what becomes of the files is settled. */
  async #settle(result: GenerateTextResult<unknown>): Promise<GenerateTextResult<unknown>> {
    const outcome: UploadOutcome = this.#checked.uploads === 'keep' ? 'kept' : 'delete'
    const warnings = await settleUploads(this.#options, outcome)
    return warnings.length === 0 ? result : addWarnings(result, warnings)
  }

  /** Does what an answer asks for. `undefined`: another question follows. */
  #judge(answer: TextAnswer, isLast: boolean, mustOutput: boolean): Verdict | Promise<Verdict | undefined> {
    const step = this.#take(answer)
    this.#steps.push(step)
    this.#prepared = answer.prepared
    if (!this.#checked.output && step.toolCalls.length === 0) return plainVerdict
    return this.#judgeFurther(step, answer.prepared, isLast || mustOutput, mustOutput)
  }

  async #judgeFurther(
    step: TextStep,
    prepared: PreparedCall,
    isLast: boolean,
    mustOutput: boolean,
  ): Promise<Verdict | undefined> {
    const { output } = this.#checked
    const given = step.toolCalls.find(({ toolName }) => toolName === prepared.outputTool)
    if (output && given) {
      const value = readOutputCall(given.input, output)
      const reading: OutputReading =
        given.invalidInput === undefined
          ? await readOutputValue(value, output)
          : { valid: false, issues: ['the arguments are not JSON'] }
      if (reading.valid) return { output: reading.value, text: JSON.stringify(value), hasOutput: true }
      return this.#repairOutput(step, output, reading.issues, given)
    }
    if (step.toolCalls.length > 0) return this.#answerCalls(step, isLast)
    if (!output) return plainVerdict
    const reading = await readOutputText(step.text, output)
    if (reading.valid) return { output: reading.value, hasOutput: true }
    const mayAskAgain = !mustOutput && !wasCut(step)
    if (prepared.outputTool !== undefined && mayAskAgain && step.text !== '') return this.#askForOutput(step)
    return this.#repairOutput(step, output, reading.issues, undefined)
  }

  #ask(mustOutput: boolean): Promise<TextAnswer> {
    const isStream = this.#outlet !== undefined
    const messages = Object.freeze(this.#conversation.slice())
    const draft = new TextDraft(this.#checked, messages, isStream, this.#toolChoice(), mustOutput)
    const sinks = this.#outlet && new StepSinks(this.#outlet, this.#checked.stops, this.#ids)
    return runTextCall(new TextQuestion(this.#options, draft, this.#route, sinks), this.#scope)
  }

  #take({ index, step }: TextAnswer): TextStep {
    this.#route = restOf(this.#route, index)
    const early = this.#earlyWarnings
    this.#earlyWarnings = none
    // The parts of a stream got their ids on the way.
    return completeStep(this.#outlet ? step : this.#identifyCalls(step), early)
  }

  #identifyCalls(step: TextStep): TextStep {
    if (step.toolCalls.length === 0) return step
    const content = step.content.map((part) => (part.type === 'tool-call' ? this.#ids.assign(part) : part))
    return { ...step, content, toolCalls: content.filter((part) => part.type === 'tool-call') }
  }

  /** A forced call is made once: then the model is free to answer. */
  #toolChoice(): ToolChoice {
    const { toolChoice } = this.#checked
    return this.#steps.length === 0 || toolChoice === 'none' ? toolChoice : 'auto'
  }

  /** Runs the tools, as far as they run here. */
  async #answerCalls(step: TextStep, isLast: boolean): Promise<Verdict | undefined> {
    if (isLast) {
      this.#remember(step.content)
      return { approvals: [] }
    }
    const told: ToolResultPart[] = []
    let run: ToolRun
    try {
      run = await runToolCalls(step.toolCalls, this.#toolRun(told))
    } catch (error) {
      this.#remember(step.content)
      this.#rememberResults(fillResults(step.toolCalls, told))
      throw error
    }
    this.#amend({ toolResults: run.results, warnings: [...step.warnings, ...run.warnings] })
    this.#remember(step.content)
    this.#rememberResults(run.results)
    const waits = run.open.length > 0 || run.approvals.length > 0
    return waits ? { approvals: run.approvals } : undefined
  }

  /** Calls of an earlier answer on which the caller has decided by now: they run before anything is asked. */
  async #runDecidedCalls(): Promise<void> {
    const parts = this.#checked.messages.flatMap(({ content }) => content)
    const answered = new Set(parts.map((part) => (part.type === 'tool-result' ? part.toolCallId : undefined)))
    const calls = new Map(parts.map((part) => (part.type === 'tool-call' ? [part.toolCallId, part] : ['', undefined])))
    const decided: { readonly call: ToolCallPart; readonly decision: ToolApprovalPart }[] = []
    for (const part of parts) {
      if (part.type !== 'tool-approval' || answered.has(part.toolCallId)) continue
      answered.add(part.toolCallId)
      const call = calls.get(part.toolCallId)
      if (call) decided.push({ call, decision: part })
    }
    if (decided.length === 0) return
    // No tool acts for a question that may not be put.
    await prepareLegs(
      new TextQuestion(this.#options, new TextDraft(this.#checked, [...this.#conversation])),
      this.#scope,
    )
    const told: ToolResultPart[] = []
    const warnings: Warning[] = []
    try {
      for (const { call, decision } of decided) {
        warnings.push(...(await runDecidedCall(call, decision, this.#toolRun(told))).warnings)
      }
    } finally {
      const asked = decided.map(({ call }) => call)
      this.#rememberResults(fillResults(asked, told))
    }
    this.#earlyWarnings = warnings
  }

  /** `told` gets the results as they come: they stand also when a later call ends everything. */
  #toolRun(told: ToolResultPart[]): ToolRunOptions {
    const { tools, labels, onToolError, approve, parallelToolCalls, messages } = this.#checked
    return {
      tools,
      messages: [...(messages as readonly Message[]), ...this.#responses],
      scope: this.#scope,
      labels,
      toolMs: this.#options.timeouts.toolMs,
      onToolError,
      approve,
      isSequential: parallelToolCalls === false,
      sentBack: (this.#sentBack ??= new Set()),
      onResult: (result) => {
        told.push(result)
        this.#outlet?.push(result)
      },
    }
  }

  /** The model was free to call the output's tool and spoke instead: what it said is put into shape. */
  #askForOutput(step: TextStep): undefined {
    this.#extraSteps++
    this.#mustOutput = true
    this.#conversation.push(
      { role: 'assistant', content: step.content.filter((part) => part.type === 'text') },
      { role: 'user', content: [{ type: 'text', text: 'Give this answer by calling the tool, and nothing else.' }] },
    )
    return undefined
  }

  /** An output that does not fit goes back to the model once; the try is no part of the conversation. */
  #repairOutput(
    step: TextStep,
    { jsonSchema }: ResolvedSchema,
    issues: readonly string[],
    call: ToolCallPart | undefined,
  ): undefined {
    if (this.#repaired || wasCut(step)) throw createOutputError(step, issues, describePlaces(issues, jsonSchema))
    this.#repaired = true
    this.#extraSteps++
    this.#mustOutput = true
    const request = `The answer does not fit its schema: ${issues.join('; ')}. Give the whole answer again, corrected, and nothing else.`
    const texts = step.content.filter((part) => part.type === 'text')
    const answer: readonly CallPart[] = call ? [...texts, call] : texts
    if (answer.length > 0) this.#conversation.push({ role: 'assistant', content: answer })
    if (call) {
      const { toolCallId, toolName } = call
      this.#conversation.push({
        role: 'tool',
        content: [{ type: 'tool-result', toolCallId, toolName, output: request, isError: true }],
      })
    } else this.#conversation.push({ role: 'user', content: [{ type: 'text', text: request }] })
    this.#amend({
      warnings: [
        ...step.warnings,
        {
          code: 'output-repaired',
          setting: 'output',
          message: 'the output did not fit its schema; the model was asked to repair it',
        },
      ],
    })
    return undefined
  }

  #amend(facts: Partial<TextStep>): void {
    const step = this.#steps.pop() as TextStep
    this.#steps.push({ ...step, ...facts })
  }

  #remember(content: readonly ContentPart[]): void {
    if (content.length === 0) return
    this.#responses.push(toAssistantMessage(content))
    const parts = content.filter(isForModel)
    if (parts.length > 0) this.#conversation.push(Object.freeze({ role: 'assistant', content: Object.freeze(parts) }))
  }

  #rememberResults(results: readonly ToolResultPart[]): void {
    if (results.length === 0) return
    this.#responses.push(Object.freeze({ role: 'tool', content: Object.freeze([...results]) }))
    // All results of a turn stand together, also those that waited for a decision.
    const before = this.#conversation.at(-1)?.role === 'tool' ? (this.#conversation.pop()?.content ?? []) : []
    this.#conversation.push(Object.freeze({ role: 'tool', content: Object.freeze([...before, ...results]) }))
  }

  #finish(last: TextStep, verdict: Verdict): GenerateTextResult<unknown> {
    if (verdict.text !== undefined) this.#remember([{ type: 'text', text: verdict.text }])
    else if (verdict.approvals === undefined) this.#remember(last.content)
    return createTextResult({
      steps: this.#steps,
      verdict,
      responses: this.#responses,
      outputMode: this.#prepared?.outputMode,
      wantsOutput: this.#checked.output !== undefined,
    })
  }

  /** What was done before the error is not lost: tools may have acted. */
  #withProgress(error: unknown): unknown {
    if (!ShlyuzError.isInstance(error) || isCallersReason(error) || this.#responses.length === 0) return error
    keepAside(error, { responseMessages: Object.freeze([...this.#responses]) })
    return error
  }
}

function holdsDecision({ role, content }: DraftMessage): boolean {
  return role === 'tool' && content.some(({ type }) => type === 'tool-approval')
}

/** Results in the order of their calls. A call without one has ended all the same: a conversation needs an answer. */
function fillResults(calls: readonly ToolCallPart[], told: readonly ToolResultPart[]): readonly ToolResultPart[] {
  const byId = new Map(told.map((result) => [result.toolCallId, result]))
  return calls.map(({ toolCallId, toolName }) => {
    const output = 'The turn was broken off: this call failed, or did not end, or was not made.'
    return byId.get(toolCallId) ?? Object.freeze({ type: 'tool-result', toolCallId, toolName, output, isError: true })
  })
}

function isForModel(part: ContentPart): part is Extract<ContentPart, CallPart> {
  return part.type !== 'source' && part.type !== 'file'
}

/** To ask again would end the same way. */
function wasCut({ finishReason }: TextStep): boolean {
  return finishReason === 'length' || finishReason === 'content-filter'
}

function createOutputError(step: TextStep, issues: readonly string[], places: string): OutputValidationError {
  const isCut = wasCut(step)
  const why = isCut ? `it ended early (${step.finishReason})` : places
  const error = new OutputValidationError(`the output does not fit its schema: ${why}`, {
    code: isCut ? 'output.incomplete' : 'output.invalid',
    provider: step.model.provider,
    model: step.model.id,
    attempts: step.attempts,
    policy: step.policy,
    hint: isCut
      ? 'Ответ оборвался раньше конца: увеличьте maxOutputTokens или упростите схему.'
      : 'Модель дважды не выдержала схему: упростите output. Текст ответа — в error.text, замечания — в error.issues.',
    text: step.text,
    issues,
  })
  return error
}
