import { collectLabels } from '../policy/with-labels.ts'
import { resolveSchema, type ResolvedSchema } from '../schemas/resolve-schema.ts'
import type { ToolCallPart } from '../vocabulary/messages.ts'
import type { TextSettings } from '../vocabulary/settings.ts'
import type { ToolChoice } from '../vocabulary/tools.ts'
import { checkConversation, type DraftMessage } from './check-messages.ts'
import { checkToolChoice, checkTools, type CheckedTools } from './check-tools.ts'
import { checkKeys, checkNumber, isObject, refuse } from './checks.ts'
import { areTextAlone } from './load-files.ts'
import type { TextStep } from './text-result.ts'

export const settingNames = [
  'maxOutputTokens',
  'temperature',
  'topP',
  'seed',
  'frequencyPenalty',
  'presencePenalty',
  'reasoningEffort',
] as const

export const textOptionNames = [
  'model',
  'instructions',
  'prompt',
  'messages',
  ...settingNames,
  'stop',
  'tools',
  'toolChoice',
  'parallelToolCalls',
  'maxSteps',
  'onStep',
  'approve',
  'onToolError',
  'output',
  'outputMode',
  'uploads',
  'providerOptions',
  'policy',
  'labels',
  'dataClass',
  'priority',
  'signal',
  'timeout',
  'retries',
  'include',
] as const

/** Most stop strings, and the longest one: bounds of the hold-back. */
const stopCountLimit = 16
const stopLengthLimit = 256

const defaultMaxSteps = 8
const stepLimit = 100

/** The neutral part of a text call, checked. A class: see `Leg`. */
export class CheckedText {
  readonly messages: readonly DraftMessage[]
  readonly settings: TextSettings
  readonly stops: readonly string[]
  readonly tools: CheckedTools
  readonly toolChoice: ToolChoice
  readonly parallelToolCalls: boolean | undefined
  readonly maxSteps: number
  readonly onStep: ((step: TextStep) => void | Promise<void>) | undefined
  readonly approve: ((call: ToolCallPart) => boolean | Promise<boolean>) | undefined
  readonly onToolError: 'tell' | 'throw'
  readonly output: ResolvedSchema | undefined
  readonly outputMode: 'auto' | 'native' | 'emulated'
  readonly uploads: 'keep' | 'delete'
  readonly labels: Readonly<Record<string, string>>
  readonly dataClasses: readonly string[]
  readonly signal: AbortSignal | undefined
  readonly includeRaw: boolean
  /** Text is all that is given, and nothing is asked for but text. */
  readonly isPlain: boolean

  /** @throws ConfigurationError for a wrong value */
  constructor(options: Record<string, unknown>) {
    const tools = checkTools(options['tools'])
    checkFunction('onStep', options['onStep'])
    checkFunction('approve', options['approve'])
    checkNumber('maxSteps', options['maxSteps'], 1, stepLimit, true)
    const { labels, dataClasses } = collectLabels(options)
    const runs = tools.size > 0 && [...tools.values()].some(({ tool }) => tool.execute !== undefined)
    this.messages = checkConversation(options)
    this.settings = checkSettings(options)
    this.stops = checkStops(options['stop'])
    this.tools = tools
    this.toolChoice = checkToolChoice(options['toolChoice'], tools)
    this.parallelToolCalls = checkBoolean('parallelToolCalls', options['parallelToolCalls'])
    this.maxSteps = (options['maxSteps'] as number | undefined) ?? (runs ? defaultMaxSteps : 1)
    this.onStep = options['onStep'] as CheckedText['onStep']
    this.approve = options['approve'] as CheckedText['approve']
    this.onToolError = checkWord('onToolError', options['onToolError'], ['tell', 'throw'])
    this.output = options['output'] === undefined ? undefined : resolveSchema(options['output'], 'output')
    this.outputMode = checkWord('outputMode', options['outputMode'], ['auto', 'native', 'emulated'])
    this.uploads = checkWord('uploads', options['uploads'], ['keep', 'delete'])
    this.labels = labels
    this.dataClasses = dataClasses
    this.signal = checkSignal(options['signal'])
    this.includeRaw = checkInclude(options['include'])
    this.isPlain = tools.size === 0 && !this.output && !this.onStep && areTextAlone(this.messages)
  }
}

/** @throws ConfigurationError */
export function checkTextOptions(verb: string, options: unknown): CheckedText {
  if (!isObject(options)) refuse(`${verb} takes an object of options`, `Пишите ${verb}({ model, prompt }).`)
  checkKeys(verb, options, textOptionNames)
  return new CheckedText(options)
}

export function checkSettings(options: Record<string, unknown>): TextSettings {
  checkNumber('maxOutputTokens', options['maxOutputTokens'], 1, 2 ** 31 - 1, true)
  checkNumber('temperature', options['temperature'], 0, 2)
  checkNumber('topP', options['topP'], 0, 1)
  checkNumber('seed', options['seed'], Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, true)
  checkNumber('frequencyPenalty', options['frequencyPenalty'], -2, 2)
  checkNumber('presencePenalty', options['presencePenalty'], -2, 2)
  if (options['reasoningEffort'] !== undefined) {
    checkWord('reasoningEffort', options['reasoningEffort'], ['off', 'low', 'medium', 'high'])
  }
  let given: Record<string, unknown> | undefined
  for (const name of settingNames) if (options[name] !== undefined) (given ??= {})[name] = options[name]
  return given ? Object.freeze(given) : noSettings
}

const noSettings: TextSettings = Object.freeze({})

/** One of a few words; the first is the default. */
export function checkWord<const Word extends string>(name: string, value: unknown, words: readonly Word[]): Word {
  if (value === undefined) return words[0] as Word
  if (words.includes(value as Word)) return value as Word
  const all = words.map((word) => `'${word}'`).join(', ')
  return refuse(`${name} must be one of ${all}`, `${name}: одно из ${all}.`)
}

function checkBoolean(name: string, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value
  return refuse(`${name} must be true or false`, `${name}: true или false.`)
}

export function checkFunction(name: string, value: unknown): undefined {
  if (value === undefined || typeof value === 'function') return undefined
  return refuse(`${name} must be a function`, `${name}: функция.`)
}

const noStops: readonly string[] = Object.freeze([])

function checkStops(stop: unknown): readonly string[] {
  if (stop === undefined) return noStops
  const stops: unknown[] = Array.isArray(stop) ? stop : [stop]
  const good =
    stops.length <= stopCountLimit &&
    stops.every((text) => typeof text === 'string' && text.length > 0 && text.length <= stopLengthLimit)
  if (good) return stops as string[]
  return refuse(
    `stop must be a non-empty string or up to ${stopCountLimit} of them, each up to ${stopLengthLimit} characters`,
    `stop: непустая строка или список до ${stopCountLimit} строк, каждая не длиннее ${stopLengthLimit} знаков.`,
  )
}

export function checkSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined) return undefined
  const { addEventListener, aborted } = (signal ?? {}) as Partial<AbortSignal>
  if (typeof addEventListener === 'function' && typeof aborted === 'boolean') return signal as AbortSignal
  return refuse('signal must be an AbortSignal', 'signal: передайте controller.signal, а не сам controller.')
}

function checkInclude(include: unknown): boolean {
  if (include === undefined) return false
  if (!isObject(include)) refuse('include must be an object', 'Пишите include: { raw: true }.')
  checkKeys('include', include, ['raw'])
  return checkBoolean('include.raw', include['raw']) ?? false
}
