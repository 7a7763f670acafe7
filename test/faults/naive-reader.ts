import type { StreamSurface } from './surfaces.ts'

/** What a stream says, read by the simplest means: all of it at once. */
export interface NaiveAnswer {
  readonly text: string
  /** It says itself that it is whole. */
  readonly isFinished: boolean
}

/**
 * Reads a whole body without any code of the project: what a person with the documentation and `JSON.parse` would
 * write. `undefined`: it cannot be read, or reports an error.
 */
export function readNaively(body: Buffer, { name }: StreamSurface): NaiveAnswer | undefined {
  const reading: Reading = { text: '', isFinished: false, isDone: false, role: 'assistant' }
  try {
    const documents = name === 'YandexGPT native' ? linesOf(body) : eventsOf(body)
    for (const document of documents) {
      if (!reading.isDone) readers[name]?.(document, reading)
    }
    return { text: reading.text, isFinished: reading.isFinished }
  } catch {
    return undefined
  }
}

interface Reading {
  text: string
  isFinished: boolean
  /** Nothing that follows counts. */
  isDone: boolean
  /** Of the message that is being told. */
  role: string
}

interface Told {
  readonly name: string
  readonly data: string
}

type Json = Readonly<Record<string, unknown>>

const readers: Readonly<Record<string, (told: Told, reading: Reading) => void>> = {
  'GigaChat v1': ({ data }, reading) => {
    if (data === '[DONE]') return finish(reading)
    const { choices } = parse(data)
    if (choices === undefined) return
    const choice = listOf(choices)[0]
    if (!isJson(choice)) return
    const { delta, finish_reason: reason } = choice
    if (isJson(delta)) reading.text += textOf(delta['content'])
    if (typeof reason === 'string') reading.isFinished = true
  },
  'GigaChat v2': ({ name, data }, reading) => {
    if (!['', 'message', 'response.message.delta', 'response.message.done'].includes(name)) return
    const { messages = [], finish_reason: reason } = parse(data)
    for (const message of listOf(messages)) {
      if (!isJson(message)) continue
      const { content, role } = message
      if (typeof role === 'string') reading.role = role
      if (reading.role !== 'assistant') continue
      const parts = typeof content === 'string' ? [{ text: content }] : Array.isArray(content) ? content : []
      for (const part of parts) if (isJson(part) && typeof part['text'] === 'string') reading.text += part['text']
    }
    const isNamed = name === 'response.message.delta' || name === 'response.message.done'
    if (name === 'response.message.done' || (!isNamed && typeof reason === 'string')) finish(reading)
  },
  'YandexGPT native': ({ data }, reading) => {
    const { result } = parse(data)
    const [alternative] = listOf(must(result)['alternatives'])
    const { message = {}, status } = must(alternative)
    const { text } = must(message)
    if (text !== undefined && text !== null) reading.text = textOf(text)
    const isOpen = ['ALTERNATIVE_STATUS_UNSPECIFIED', 'ALTERNATIVE_STATUS_PARTIAL'].includes(status as string)
    reading.isFinished = typeof status === 'string' && !isOpen
    reading.isDone = status === 'ALTERNATIVE_STATUS_FINAL'
  },
  'OpenAI-compatible': ({ data }, reading) => {
    const text = data.trim()
    if (text === '') return
    if (text === '[DONE]') return finish(reading)
    const { choices, error } = parse(text)
    if (error) throw new Error('an error')
    const choice: unknown = Array.isArray(choices)
      ? choices.find((one) => isJson(one) && (one['index'] === undefined || one['index'] === 0))
      : undefined
    if (!isJson(choice)) return
    const { delta, message, finish_reason: reason } = choice
    const said = isJson(delta) ? delta : message
    if (isJson(said) && typeof said['content'] === 'string') reading.text += said['content']
    if (typeof reason === 'string' && reason !== '') reading.isFinished = true
  },
}

function finish(reading: Reading): void {
  reading.isFinished = true
  reading.isDone = true
}

/** The HTML standard, 9.2.6, over a body that is all there. */
function eventsOf(body: Buffer): Told[] {
  const lines = new TextDecoder().decode(body).split(/\r\n|\n|\r/)
  // What follows the last line end is no line yet.
  lines.pop()
  const events: Told[] = []
  let name = ''
  let data: string[] = []
  for (const line of lines) {
    if (line === '') {
      if (data.length > 0) events.push({ name, data: data.join('\n') })
      name = ''
      data = []
      continue
    }
    const [, field, value = ''] = /^([^:]*)(?::(?: )?([^]*))?$/.exec(line) ?? []
    if (field === 'event') name = value
    if (field === 'data') data.push(value)
  }
  return events
}

/** Documents by line; the last one may lack its line end, and counts when it is whole. */
function linesOf(body: Buffer): Told[] {
  const lines = body.toString('utf8').split('\n')
  const last = lines.pop() ?? ''
  const told = lines.filter((line) => line.trim() !== '')
  return (isReadable(last) ? [...told, last] : told).map((data) => ({ name: '', data }))
}

function isReadable(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function parse(text: string): Json {
  return must(JSON.parse(text))
}

function must(value: unknown): Json {
  if (isJson(value)) return value
  throw new Error('no object')
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new Error('no list')
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  throw new Error('no text')
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
