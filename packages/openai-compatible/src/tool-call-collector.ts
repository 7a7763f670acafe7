import type { ToolCallPart } from '@shlyuz/core'
import { isObject } from './openai-compatible-settings.ts'

/** A call under way. */
interface Draft {
  id: string
  name: string
  readonly pieces: string[]
}

/**
 * Puts the pieces of tool calls together. A piece belongs to a call by its index; an empty id, type or name in a later
 * piece says nothing and overwrites nothing. A piece that begins another call at an index in use (servers that number
 * all of them 0) opens a new one.
 */
export class ToolCallCollector {
  readonly #drafts: Draft[] = []
  readonly #byIndex = new Map<number, Draft>()

  get isEmpty(): boolean {
    return this.#drafts.length === 0
  }

  /** Takes `tool_calls` of a delta. What is no list of objects is not looked at. */
  push(toolCalls: unknown): void {
    for (const piece of objectsOf(toolCalls)) this.#take(piece, this.#find(piece))
  }

  /** Takes `tool_calls` of a whole message: each is a call of its own, whatever its id. */
  pushWhole(toolCalls: unknown): void {
    for (const call of objectsOf(toolCalls)) this.#take(call, this.#begin())
  }

  /** The whole calls, in the order in which they began. */
  calls(): readonly ToolCallPart[] {
    return this.#drafts.map(({ id, name, pieces }) => ({
      type: 'tool-call',
      toolCallId: id,
      toolName: name,
      ...readArguments(pieces.join('')),
    }))
  }

  #take(piece: Readonly<Record<string, unknown>>, draft: Draft): void {
    const called = functionOf(piece)
    const id = textOf(piece['id'])
    const name = textOf(called['name'])
    if (draft.id === '') draft.id = id
    if (draft.name === '') draft.name = name
    const given = called['arguments']
    // Some servers give the object itself.
    const text = isObject(given) ? JSON.stringify(given) : textOf(given)
    if (text !== '') draft.pieces.push(text)
  }

  /** The call that a piece belongs to. Without an index it belongs to the last one, unless it begins another. */
  #find(piece: Readonly<Record<string, unknown>>): Draft {
    const { index } = piece
    const id = textOf(piece['id'])
    const hasName = textOf(functionOf(piece)['name']) !== ''
    const known = typeof index === 'number' ? this.#byIndex.get(index) : this.#drafts.at(-1)
    const begins = hasName && (id === '' ? typeof index !== 'number' : known?.id !== '' && known?.id !== id)
    if (known && !begins) return known
    const draft = this.#begin()
    if (typeof index === 'number') this.#byIndex.set(index, draft)
    return draft
  }

  #begin(): Draft {
    const draft: Draft = { id: '', name: '', pieces: [] }
    this.#drafts.push(draft)
    return draft
  }
}

/** Arguments are the text of a JSON object; a function without any is called with an empty text. */
function readArguments(text: string): Pick<ToolCallPart, 'input' | 'invalidInput'> {
  if (text.trim() === '') return { input: {} }
  try {
    const input = JSON.parse(text) as unknown
    if (isObject(input)) return { input }
  } catch {
    // No JSON: given on as it came.
  }
  return { input: undefined, invalidInput: text }
}

function objectsOf(list: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(list) ? list.filter(isObject) : []
}

function functionOf(piece: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return isObject(piece['function']) ? piece['function'] : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
