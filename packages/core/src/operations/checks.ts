import { ConfigurationError } from '../errors/configuration-error.ts'

/** Refuses a wrong value with its English reason and its Russian fix. The value itself is never quoted. */
export function refuse(message: string, hint: string): never {
  throw new ConfigurationError(message, { hint })
}

/** Names people write by habit from other libraries, and ours. */
const neighbours: Readonly<Record<string, string>> = {
  abortSignal: 'signal',
  abort: 'signal',
  maxTokens: 'maxOutputTokens',
  max_tokens: 'maxOutputTokens',
  maxCompletionTokens: 'maxOutputTokens',
  system: 'instructions',
  systemPrompt: 'instructions',
  stopSequences: 'stop',
  stop_sequences: 'stop',
  top_p: 'topP',
  maxRetries: 'retries',
  timeoutMs: 'timeout',
  messagesList: 'messages',
  input: 'prompt',
  content: 'prompt',
  provider: 'model',
  stream: 'client.streamText(…)',
}

/** Every key must be known: an option that does nothing is a promise broken in silence. */
export function checkKeys(where: string, given: object, known: readonly string[]): void {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue
    const better = neighbours[key] ?? closest(key, known)
    const use = better === undefined ? '' : `; use '${better}'`
    refuse(
      `${where}: unknown option '${key.slice(0, 60)}'${use}`,
      better === undefined
        ? `Уберите '${key.slice(0, 60)}': известны ${known.join(', ')}.`
        : `Замените '${key.slice(0, 60)}' на '${better}'.`,
    )
  }
}

function closest(key: string, known: readonly string[]): string | undefined {
  const plain = key.toLowerCase().replaceAll(/[_-]/g, '')
  return known.find((name) => name.toLowerCase() === plain)
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A finite number within bounds, both included. */
export function checkNumber(name: string, value: unknown, from: number, to: number, integer = false): void {
  if (value === undefined) return
  const good = typeof value === 'number' && value >= from && value <= to && (!integer || Number.isInteger(value))
  if (good) return
  const kind = integer ? 'an integer' : 'a number'
  const range = to === Infinity ? `${from} or more` : `from ${from} to ${to}`
  refuse(
    `${name} must be ${kind}, ${range}`,
    `${name}: нужно ${integer ? 'целое ' : ''}число, ${to === Infinity ? `не меньше ${from}` : `от ${from} до ${to}`}.`,
  )
}
