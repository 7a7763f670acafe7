import type {
  ModelRef,
  ProviderFailure,
  SseDecoder,
  StreamEnd,
  StreamPart,
  ToolProgressPart,
  Usage,
  Warning,
} from '@shlyuz/core'
import { convertGigachatV2Usage } from './convert-gigachat-v2-usage.ts'
import { convertGigachatAnswerError, isGigachatError } from './gigachat-errors.ts'
import { convertAnsweredModel } from './gigachat-models.ts'
import { isObject } from './gigachat-settings.ts'
import { mapGigachatV2FinishReason } from './map-gigachat-v2-finish-reason.ts'
import { readToolInput } from './read-gigachat-answer.ts'
import { describeFailedTool, readV2Call } from './read-gigachat-v2-answer.ts'
import {
  readGigachatV2Message,
  readStateId,
  type GigachatV2Call,
  type GigachatV2Piece,
} from './read-gigachat-v2-message.ts'

/** What the events of a tool of the service say; only `in_progress` and `completed` are documented. */
const toolStates: Readonly<Record<string, ToolProgressPart['state']>> = {
  'response.tool.started': 'running',
  'response.tool.in_progress': 'running',
  'response.tool.delta': 'running',
  'response.tool.completed': 'done',
  'response.tool.failed': 'failed',
}

const doneEvent = 'response.message.done'

/** Events without a name count: an intermediary may drop it. */
const messageEvents = ['', 'message', 'response.message.delta', doneEvent]

/**
 * Decodes the events of a v2 chat stream. They have names, and the last one is `response.message.done` with finish
 * reason and usage: there is no `[DONE]`, and without it the stream was cut. The last event may bring messages too:
 * calls come there, and what came before may come again. Events of unknown names are left out.
 * Source: official OpenAPI file (api.yml), `POST /v2/chat/completions` with `stream: true`.
 */
export class GigachatV2StreamDecoder implements SseDecoder {
  readonly framing = 'sse'
  /** True after the last event or a failure. */
  done = false
  /** The model that answered, as a catalogue id. */
  modelId: string | undefined
  rawModel: string | undefined
  readonly #asked: ModelRef
  readonly #providerName: string
  #announced = false
  /** Of the message that is being told: its pieces need not repeat it. */
  #role = 'assistant'
  /** What was given out, to know it again in the last event. */
  readonly #told = { text: '', reasoning: '' }
  readonly #toldParts = new Set<string>()
  /** Calls that may still grow: they are given out at the end. */
  #calls: GigachatV2Call[] = []
  #hasCall = false
  #stateId: string | undefined
  #rawFinishReason: string | undefined
  #usage: Usage = {}
  readonly #warnings: Warning[] = []
  #failure: ProviderFailure | undefined

  /** `providerName`: whose the files are that the service makes. */
  constructor(asked: ModelRef, providerName: string) {
    this.#asked = asked
    this.#providerName = providerName
  }

  push(event: string | undefined, data: string, out: StreamPart[]): void {
    if (this.done) return
    const name = event ?? ''
    const toolState = Object.hasOwn(toolStates, name) ? toolStates[name] : undefined
    const isFailure = name === 'response.error' || name === 'error'
    // What an event of another name holds is not ours to read.
    if (toolState === undefined && !isFailure && !messageEvents.includes(name)) return
    const body = parseObject(data)
    if (!body) return this.#fail(unreadable('an event is not a JSON object'))
    if (isFailure) return this.#fail(convertGigachatAnswerError(body))
    if (toolState !== undefined) return this.#readToolEvent(toolState, body, out)
    if (body['messages'] === undefined && isGigachatError(body)) return this.#fail(convertGigachatAnswerError(body))
    this.#readMessageEvent(name, body, out)
  }

  end(): StreamEnd {
    if (this.#failure) return { type: 'failed', failure: this.#failure }
    if (!this.done) return { type: 'cut' }
    const raw = this.#rawFinishReason
    return {
      type: 'finish',
      finishReason: mapGigachatV2FinishReason(raw, this.#hasCall),
      ...(raw !== undefined && { rawFinishReason: raw }),
      usage: this.#usage,
      ...(this.#warnings.length > 0 && { warnings: this.#warnings }),
    }
  }

  #readMessageEvent(name: string, body: Readonly<Record<string, unknown>>, out: StreamPart[]): void {
    const { finish_reason: finishReason, usage } = body
    this.#readModel(body['model'], out)
    this.#stateId = readStateId(body) ?? this.#stateId
    if (usage !== undefined && usage !== null) this.#usage = convertGigachatV2Usage(usage)
    const messages = body['messages'] ?? []
    if (!Array.isArray(messages)) return this.#fail(unreadable('messages are not a list'))
    const pieces = this.#readMessages(messages)
    // Of events without names, only the last has a finish reason.
    const isLast = name === doneEvent || (name !== 'response.message.delta' && typeof finishReason === 'string')
    if (isLast) this.#readLastPieces(pieces, out)
    else for (const piece of pieces) this.#readPiece(piece, out)
    if (!isLast || this.done) return
    if (typeof finishReason === 'string') this.#rawFinishReason = finishReason
    this.#releaseCalls(out)
    this.done = true
  }

  /** Only what is said of the tool: text there is the tool's, not the answer's. */
  #readToolEvent(state: ToolProgressPart['state'], body: Readonly<Record<string, unknown>>, out: StreamPart[]): void {
    const { messages } = body
    this.#readModel(body['model'], out)
    for (const piece of this.#readMessages(Array.isArray(messages) ? messages : [])) {
      // The event says that the tool ended, its part how.
      if (piece.type === 'tool-progress' && piece.state !== 'failed') this.#give({ ...piece, state }, out)
      else if (piece.type === 'tool-progress') this.#give(piece, out)
    }
  }

  #readMessages(messages: readonly unknown[]): readonly GigachatV2Piece[] {
    return messages.filter(isObject).flatMap((message) => {
      if (typeof message['role'] === 'string') this.#role = message['role']
      return readGigachatV2Message(message, this.#role, this.#providerName)
    })
  }

  /** The last event may tell the whole message once more: of texts only the rest is new, of calls the unknown ones. */
  #readLastPieces(pieces: readonly GigachatV2Piece[], out: StreamPart[]): void {
    const toSkip = {
      text: lengthAgain(this.#told.text, joinPieces(pieces, 'text')),
      reasoning: lengthAgain(this.#told.reasoning, joinPieces(pieces, 'reasoning')),
    }
    const earlier = this.#calls.slice()
    for (const piece of pieces) {
      if (piece.type === 'text' || piece.type === 'reasoning') {
        const text = piece.text.slice(toSkip[piece.type])
        toSkip[piece.type] -= piece.text.length - text.length
        if (text !== '') this.#readPiece({ ...piece, text }, out)
      } else if (piece.type !== 'call') this.#readPiece(piece, out)
      else if (!this.#takeWhole(earlier, piece)) this.#readCall(piece)
    }
  }

  #readPiece(piece: GigachatV2Piece, out: StreamPart[]): void {
    switch (piece.type) {
      case 'text':
      case 'reasoning':
        this.#told[piece.type] += piece.text
        return this.#give({ type: `${piece.type}-delta`, text: piece.text }, out)
      case 'call':
        return this.#readCall(piece)
      case 'tool-progress':
        return this.#give(piece, out)
      default: {
        const key = JSON.stringify(piece)
        if (this.#toldParts.has(key)) return
        this.#toldParts.add(key)
        this.#give(piece, out)
      }
    }
  }

  /** Calls come whole; pieces of a text are put together all the same. */
  #readCall(piece: GigachatV2Call): void {
    const at = this.#calls.length - 1
    const last = this.#calls[at]
    if (last && continues(last, piece)) this.#calls[at] = join(last, piece)
    else if (piece.name === undefined) this.#fail(unreadable('a function call has no name'))
    else this.#calls.push(piece)
  }

  /** True when the call is one of `earlier`, which holds from now on as the last event tells it. */
  #takeWhole(earlier: GigachatV2Call[], piece: GigachatV2Call): boolean {
    const at = earlier.findIndex((call) => isSame(call, piece))
    const [call] = at < 0 ? [] : earlier.splice(at, 1)
    if (!call) return false
    this.#calls[this.#calls.indexOf(call)] = { ...call, ...piece, input: piece.input ?? call.input }
    return true
  }

  #releaseCalls(out: StreamPart[]): void {
    for (const call of this.#calls) this.#give(readV2Call(call, this.#stateId), out)
    this.#hasCall = this.#calls.length > 0
    this.#calls = []
  }

  #give(part: StreamPart, out: StreamPart[]): void {
    if (!this.#announced) out.push({ type: 'response-metadata' })
    this.#announced = true
    out.push(part)
    if (part.type === 'tool-progress') this.#warnings.push(...describeFailedTool(part.toolName, part.state))
  }

  /** Every event names the model; one that names another than before is announced anew, to be judged. */
  #readModel(model: unknown, out: StreamPart[]): void {
    if (typeof model !== 'string' || model === this.rawModel) return
    const modelId = convertAnsweredModel(model, this.#asked)
    this.rawModel = model
    this.modelId = modelId
    this.#announced = true
    out.push({ type: 'response-metadata', ...(modelId !== undefined && { modelId }), rawModel: model })
  }

  #fail(failure: ProviderFailure): void {
    this.#failure = failure
    this.done = true
  }
}

function joinPieces(pieces: readonly GigachatV2Piece[], type: 'text' | 'reasoning'): string {
  return pieces.map((piece) => (piece.type === type ? piece.text : '')).join('')
}

/** How much of a text in the last event was told before; anything but the whole text counts as new. */
function lengthAgain(told: string, text: string): number {
  if (text.startsWith(told)) return told.length
  return text.trim() === told.trim() ? text.length : 0
}

/** True for a further piece of the arguments. Two calls of one function in a row are two. */
function continues(last: GigachatV2Call, piece: GigachatV2Call): boolean {
  if (piece.name === undefined) return piece.id === undefined || piece.id === last.id
  if (piece.id !== undefined || last.id !== undefined) return piece.id === last.id
  const isOpen = typeof last.input === 'string' && readToolInput(last.input).input === undefined
  return piece.name === last.name && isOpen && typeof piece.input === 'string'
}

function join(last: GigachatV2Call, piece: GigachatV2Call): GigachatV2Call {
  const areTexts = typeof last.input === 'string' && typeof piece.input === 'string'
  return { ...last, ...piece, input: areTexts ? `${last.input}${piece.input}` : (piece.input ?? last.input) }
}

function isSame(call: GigachatV2Call, other: GigachatV2Call): boolean {
  if (call.id !== undefined && other.id !== undefined) return call.id === other.id
  const inputs = [call, other].map(({ input }) => JSON.stringify(readToolInput(input)))
  return call.name === other.name && inputs[0] === inputs[1]
}

function parseObject(data: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(data)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function unreadable(what: string): ProviderFailure {
  return {
    kind: 'protocol',
    message: `GigaChat's stream cannot be read: ${what}`,
    hint: 'Поток испорчен по дороге: проверьте прокси между вами и GigaChat; повтор может помочь.',
    isRetryable: false,
  }
}
