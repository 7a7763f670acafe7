import {
  ConfigurationError,
  ShlyuzError,
  StreamInterruptedError,
  tool,
  UnsupportedFeatureError,
  type Client,
  type TextOptions,
} from '@shlyuz/core'
import { z } from 'zod'
import type { Claim, PlainAnswer } from './soak-messages.ts'
import { surfaces, type SoakCall, type SurfaceName } from './soak-plan.ts'

/** How a call ended. */
export interface CallEnd {
  /** `complete`, `left`, `aborted`, or the name and code of a typed error. */
  readonly outcome: string
  readonly claim: Omit<Claim, 'index'>
  /** What no call may do, whatever goes wrong. */
  readonly wrong?: string
}

const weather = tool({
  description: 'Погода в городе',
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => `В городе ${city} ясно`,
})

const nothing: CallEnd['claim'] = { steps: [], beginning: '' }

/** Runs one call of a soak to its end. Never rejects. */
export async function runSoakCall(client: Client, call: SoakCall, shared: AbortSignal): Promise<CallEnd> {
  const controller = new AbortController()
  const reason = new Error('the caller has enough')
  const timer =
    call.abortAfterMs === undefined ? undefined : setTimeout(() => controller.abort(reason), call.abortAfterMs)
  const signal = timer === undefined ? shared : controller.signal
  try {
    const options = createOptions(client, call, signal)
    return await (call.isStream ? readStream(client, call, options) : askWhole(client, options))
  } catch (error) {
    if (error === reason) return { outcome: 'aborted', claim: nothing }
    return describeError(error)
  } finally {
    clearTimeout(timer)
  }
}

function createOptions(client: Client, call: SoakCall, signal: AbortSignal): TextOptions<readonly []> {
  return {
    model: createModel(client, call),
    prompt: call.prompt,
    signal,
    ...(call.hasTools && { tools: { weather }, maxSteps: 3 }),
  }
}

function createModel(client: Client, call: SoakCall): TextOptions<readonly []>['model'] {
  const [first, second] = call.surfaces.map((name) => `${name}/${surfaces[name]}`)
  if (first === undefined || second === undefined) return first as TextOptions<readonly []>['model']
  if (call.route === 'hedge') return client.hedge([first, second], { delayMs: 30 })
  return client[call.route]([first, second])
}

type Result = Awaited<ReturnType<Client['generateText']>>

async function askWhole(client: Client, options: TextOptions<readonly []>): Promise<CallEnd> {
  return complete(await client.generateText(options))
}

function complete(result: Result): CallEnd {
  const steps = result.steps.map(({ text, toolCalls, model }) => {
    const calls = toolCalls.map(({ toolName, input }) => ({ name: toolName, input }))
    return { surface: model.provider as SurfaceName, answer: { text, calls } satisfies PlainAnswer }
  })
  const claim = { steps, beginning: '' }
  const last = steps.at(-1)?.answer
  if (last && last.text !== '' && last.calls.length === 0) return { outcome: 'complete', claim }
  return { outcome: 'complete', claim, wrong: `is complete without an answer: ${JSON.stringify(steps)}` }
}

async function readStream(client: Client, call: SoakCall, options: TextOptions<readonly []>): Promise<CallEnd> {
  const stream = client.streamText(options)
  /** The text given out in each step. */
  const given = ['']
  let parts = 0
  for await (const part of stream) {
    if (part.type === 'text-delta') given[given.length - 1] += part.text
    if (part.type === 'rewrite') given[given.length - 1] = part.text
    if (part.type === 'step-finish') given.push('')
    if (call.leaveAfter !== undefined && ++parts >= call.leaveAfter) break
  }
  if (call.leaveAfter !== undefined && parts >= call.leaveAfter) {
    const result = await stream.result.then(complete, (error: unknown) => error as Error)
    // The last part may have been the end of the answer.
    if (!(result instanceof Error)) return result
    if (result.name !== 'AbortError') throw result
    return { outcome: 'left', claim: { ...nothing, beginning: given.at(-1) ?? '' } }
  }
  const end = complete(await stream.result)
  const texts = end.claim.steps.map(({ answer }) => answer.text)
  if (JSON.stringify(texts) === JSON.stringify(given)) return end
  return { ...end, wrong: `gave out ${JSON.stringify(given)} and claims ${JSON.stringify(texts)}` }
}

function describeError(error: unknown): CallEnd {
  if (!ShlyuzError.isInstance(error)) {
    return { outcome: 'untyped error', claim: nothing, wrong: `an untyped error: ${(error as Error)?.stack}` }
  }
  const outcome = `${error.name} ${error.code}`
  if (ConfigurationError.isInstance(error) || UnsupportedFeatureError.isInstance(error)) {
    return { outcome, claim: nothing, wrong: `the soak asks for what cannot be: ${error.message}` }
  }
  if (!StreamInterruptedError.isInstance(error)) return { outcome, claim: nothing }
  return { outcome, claim: { ...nothing, beginning: error.partial.text } }
}
