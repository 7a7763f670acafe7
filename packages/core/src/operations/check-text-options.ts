import type { ContentPart, Message, PartMessage } from '../vocabulary/messages.ts'
import type { TextSettings } from '../vocabulary/settings.ts'
import { checkKeys, checkNumber, isObject, refuse } from './checks.ts'

export const textOptionNames = [
  'model',
  'instructions',
  'prompt',
  'messages',
  'maxOutputTokens',
  'temperature',
  'topP',
  'seed',
  'frequencyPenalty',
  'presencePenalty',
  'stop',
  'providerOptions',
  'policy',
  'labels',
  'signal',
  'timeout',
  'retries',
  'include',
] as const

/** The neutral part of a text call, checked. */
export interface CheckedText {
  readonly messages: readonly PartMessage[]
  readonly settings: TextSettings
  readonly stops: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly signal: AbortSignal | undefined
  readonly includeRaw: boolean
}

/** Most stop strings, and the longest one: bounds of the hold-back. */
const stopCountLimit = 16
const stopLengthLimit = 256

/** @throws ConfigurationError */
export function checkTextOptions(verb: string, options: unknown): CheckedText {
  if (!isObject(options)) refuse(`${verb} takes an object of options`, `Пишите ${verb}({ model, prompt }).`)
  checkKeys(verb, options, textOptionNames)
  return {
    messages: checkConversation(options),
    settings: checkSettings(options),
    stops: checkStops(options['stop']),
    labels: checkLabels(options['labels']),
    signal: checkSignal(options['signal']),
    includeRaw: checkInclude(options['include']),
  }
}

function checkSettings(options: Record<string, unknown>): TextSettings {
  checkNumber('maxOutputTokens', options['maxOutputTokens'], 1, 2 ** 31 - 1, true)
  checkNumber('temperature', options['temperature'], 0, 2)
  checkNumber('topP', options['topP'], 0, 1)
  checkNumber('seed', options['seed'], Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, true)
  checkNumber('frequencyPenalty', options['frequencyPenalty'], -2, 2)
  checkNumber('presencePenalty', options['presencePenalty'], -2, 2)
  const names = ['maxOutputTokens', 'temperature', 'topP', 'seed', 'frequencyPenalty', 'presencePenalty']
  const given = names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]])
  return Object.freeze(Object.fromEntries(given) as TextSettings)
}

function checkStops(stop: unknown): readonly string[] {
  if (stop === undefined) return []
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

export function checkLabels(labels: unknown): Readonly<Record<string, string>> {
  if (labels === undefined) return Object.freeze({})
  const good = isObject(labels) && Object.values(labels).every((value) => typeof value === 'string')
  if (!good) refuse('labels must be an object of strings', 'labels: объект, все значения — строки.')
  return Object.freeze({ ...(labels as Record<string, string>) })
}

function checkSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined) return undefined
  const { addEventListener, aborted } = (signal ?? {}) as Partial<AbortSignal>
  if (typeof addEventListener === 'function' && typeof aborted === 'boolean') return signal as AbortSignal
  return refuse('signal must be an AbortSignal', 'signal: передайте controller.signal, а не сам controller.')
}

function checkInclude(include: unknown): boolean {
  if (include === undefined) return false
  if (!isObject(include)) refuse('include must be an object', 'Пишите include: { raw: true }.')
  checkKeys('include', include, ['raw'])
  if (include['raw'] !== undefined && typeof include['raw'] !== 'boolean') {
    refuse('include.raw must be true or false', 'include.raw: true или false.')
  }
  return include['raw'] === true
}

function checkConversation(options: Record<string, unknown>): readonly PartMessage[] {
  const { instructions, prompt, messages } = options
  if ((prompt === undefined) === (messages === undefined)) {
    refuse(
      prompt === undefined ? 'give a prompt or messages' : 'give either prompt or messages, not both',
      'Задайте ровно одно: prompt или messages.',
    )
  }
  if (instructions !== undefined && !isText(instructions)) {
    refuse('instructions must be a non-empty string', 'instructions: непустая строка; не нужны — уберите.')
  }
  if (prompt !== undefined && !isText(prompt)) {
    refuse('prompt must be a non-empty string', 'Запрос пуст: передайте текст в prompt.')
  }
  const leading: PartMessage[] = isText(instructions) ? [textMessage('system', instructions)] : []
  if (isText(prompt)) return Object.freeze([...leading, textMessage('user', prompt)])
  if (!Array.isArray(messages) || messages.length === 0) {
    return refuse('messages must be a list with at least one message', 'messages: список, хотя бы одно сообщение.')
  }
  const converted = messages.map((message: unknown, index) => convertMessage(message as Message, index))
  checkOrder(converted)
  return Object.freeze([...leading, ...converted])
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

function textMessage(role: PartMessage['role'], text: string): PartMessage {
  return Object.freeze({ role, content: Object.freeze([Object.freeze({ type: 'text' as const, text })]) })
}

const partsOf: Record<PartMessage['role'], readonly ContentPart['type'][]> = {
  system: [],
  user: ['text', 'image', 'file'],
  assistant: ['text', 'tool-call'],
  tool: ['tool-result'],
}

function convertMessage(message: Message, index: number): PartMessage {
  const where = `messages[${index}]`
  if (!isObject(message)) refuse(`${where} must be an object`, `${where}: нужен объект { role, content }.`)
  checkKeys(where, message, ['role', 'content'])
  const { role, content } = message
  if (!Object.hasOwn(partsOf, role)) {
    refuse(
      `${where}.role must be system, user, assistant or tool`,
      `${where}.role: одно из system, user, assistant, tool.`,
    )
  }
  if (typeof content === 'string' && role !== 'tool') {
    if (!isText(content)) refuse(`${where} is empty`, `${where}: пустой текст; уберите сообщение или заполните его.`)
    return textMessage(role, content)
  }
  const allowed = partsOf[role]
  if (!Array.isArray(content) || content.length === 0 || allowed.length === 0) {
    return refuse(
      `${where}.content must be ${role === 'tool' ? '' : 'a non-empty string'}${allowed.length > 0 ? ' or a list of parts' : ''}`,
      `${where}.content: ${role === 'tool' ? 'список результатов' : 'непустой текст или список частей'}.`,
    )
  }
  for (const [at, part] of content.entries()) checkPart(`${where}.content[${at}]`, part as ContentPart, allowed)
  return Object.freeze({
    role,
    content: Object.freeze(content.map((part) => Object.freeze({ ...part }) as ContentPart)),
  })
}

function checkPart(where: string, part: ContentPart, allowed: readonly string[]): void {
  if (!isObject(part) || !allowed.includes(part.type)) {
    refuse(`${where} must be a part of type ${allowed.join(', ')}`, `${where}.type: одно из ${allowed.join(', ')}.`)
  }
  if (part.type === 'text' && !isText(part.text)) {
    refuse(`${where} is an empty text`, `${where}: пустой текст; уберите часть или заполните её.`)
  }
  const source = part.type === 'image' ? part.image : part.type === 'file' ? part.data : undefined
  if (part.type === 'image' || part.type === 'file') {
    const good =
      source instanceof Uint8Array ||
      source instanceof URL ||
      (isObject(source) && isText((source as { fileId?: unknown }).fileId))
    if (!good) {
      refuse(
        `${where} must hold bytes (Uint8Array), a URL or { fileId }`,
        `${where}: передайте байты (Uint8Array), new URL(…) или { fileId }.`,
      )
    }
  }
}

/** The order both services keep: system first, then turns that begin and end with the user (or a tool result). */
function checkOrder(messages: readonly PartMessage[]): void {
  const turns = messages.filter((message) => message.role !== 'system')
  const firstTurn = messages.findIndex((message) => message.role !== 'system')
  const lateSystem = messages.findIndex(
    (message, index) => message.role === 'system' && firstTurn >= 0 && index > firstTurn,
  )
  if (lateSystem >= 0) {
    refuse(
      `messages[${lateSystem}]: a system message must come before the first user message`,
      'Перенесите сообщения system в начало или в instructions.',
    )
  }
  if (turns.length === 0) refuse('messages hold no user message', 'Добавьте сообщение с role: "user".')
  if (turns[0]?.role !== 'user') {
    refuse('the conversation must begin with a user message', 'Первым после system должно идти сообщение user.')
  }
  const last = turns.at(-1)?.role
  if (last !== 'user' && last !== 'tool') {
    refuse('the last message must be from the user or a tool', 'Последним должно быть сообщение user или tool.')
  }
  checkToolPairs(messages)
}

/** Every tool result answers a call made before it, and no call is left without a result. */
function checkToolPairs(messages: readonly PartMessage[]): void {
  const open = new Set<string>()
  for (const [index, message] of messages.entries()) {
    for (const part of message.content) {
      if (part.type === 'tool-call') open.add(part.toolCallId)
      if (part.type === 'tool-result' && !open.delete(part.toolCallId)) {
        refuse(
          `messages[${index}]: a tool result without its call`,
          `messages[${index}]: перед результатом нужен tool-call с тем же toolCallId.`,
        )
      }
    }
    if (open.size > 0 && message.role !== 'assistant' && message.role !== 'tool') {
      refuse(
        `messages[${index}]: a tool call before it has no result`,
        'После tool-call нужен результат с тем же toolCallId.',
      )
    }
  }
}
