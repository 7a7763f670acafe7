import type { Answer } from '../../../answer.ts'
import type { BodyStep } from '../../../body.ts'
import type { Exchange } from '../../../exchange.ts'
import { cutChunks, cutTokens } from '../cut-pieces.ts'
import { tokenMs } from '../encode-chat.ts'
import type { AskedModel } from '../find-open-ai-model.ts'
import type { Generation } from '../generate.ts'
import type { JsonObject } from '../read-values.ts'
import { textOfMessage } from './compose-output.ts'
import { describeUnfinished } from './describe-response.ts'

/** What a stream is made of. */
export interface StreamParts {
  readonly complete: JsonObject
  readonly generation: Generation
  readonly model: AskedModel
  readonly exchange: Exchange
  readonly release: () => void
}

/** An event before it is numbered. */
interface ResponseEvent {
  readonly type: string
  readonly fields: JsonObject
  /** Carries a piece of the answer. */
  readonly isContent?: boolean
}

/**
 * Named events as OpenAI's reference has them, numbered from 0: created, in progress, each item with its pieces, and the
 * whole response at the end. There is no `[DONE]`.
 */
export function encodeResponseStream({ complete, generation, model, exchange, release }: StreamParts): Answer {
  const output = complete['output'] as readonly JsonObject[]
  const begun = describeUnfinished(complete, 'in_progress')
  const events: ResponseEvent[] = [
    { type: 'response.created', fields: { response: begun } },
    { type: 'response.in_progress', fields: { response: begun } },
    ...output.flatMap((item, index) => eventsOfItem(item, index, generation, model)),
    { type: `response.${String(complete['status'])}`, fields: { response: complete } },
  ]
  const { firstPieceMs, pieceMs } = exchange.state.options.pace
  let pieces = 0
  const steps = events.flatMap(({ type, fields, isContent = false }, index): BodyStep[] => {
    const data = `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: index, ...fields })}\n\n`
    if (!isContent) return [{ do: 'write', data }]
    pieces += 1
    const ms = pieces === 1 ? exchange.draw(firstPieceMs) : tokenMs({ model }, exchange.draw(pieceMs))
    return [
      { do: 'wait', ms },
      { do: 'write', data, content: true },
    ]
  })
  const body = [...steps.slice(0, -1), { do: 'run', action: release } as const, ...steps.slice(-1)]
  return { status: 200, contentType: 'text/event-stream', body }
}

function eventsOfItem(item: JsonObject, index: number, generation: Generation, model: AskedModel): ResponseEvent[] {
  const at = { output_index: index }
  return [
    { type: 'response.output_item.added', fields: { ...at, item: begin(item) } },
    ...piecesOfItem(item, { ...at, item_id: item['id'] }, generation, model),
    { type: 'response.output_item.done', fields: { ...at, item } },
  ]
}

/** The item before anything of it is there. */
function begin(item: JsonObject): JsonObject {
  switch (item['type']) {
    case 'message':
      return { ...item, status: 'in_progress', content: [] }
    case 'function_call':
      return { ...item, status: 'in_progress', arguments: '' }
    case 'reasoning':
      return { ...item, content: [] }
    default:
      return 'status' in item ? { ...item, status: 'in_progress' } : item
  }
}

function piecesOfItem(item: JsonObject, at: JsonObject, generation: Generation, model: AskedModel): ResponseEvent[] {
  const { type } = item
  switch (type) {
    case 'message':
      return piecesOfMessage(item, { ...at, content_index: 0 }, generation)
    case 'function_call':
      return piecesOf('response.function_call_arguments', at, String(item['arguments']), 'arguments', model)
    case 'reasoning':
      return piecesOf('response.reasoning_text', { ...at, content_index: 0 }, generation.reasoning, 'text', model)
    case 'web_search_call':
    case 'file_search_call':
      return ['in_progress', 'searching', 'completed'].map((step) => ({
        type: `response.${type}.${step}`,
        fields: at,
      }))
    default:
      return []
  }
}

function piecesOf(name: string, at: JsonObject, text: string, field: string, model: AskedModel): ResponseEvent[] {
  const cut = model.isYandex ? cutChunks(text) : cutTokens(text)
  return [
    ...cut.map((delta) => ({ type: `${name}.delta`, fields: { ...at, delta }, isContent: true })),
    { type: `${name}.done`, fields: { ...at, [field]: text } },
  ]
}

function piecesOfMessage(item: JsonObject, at: JsonObject, { deltas }: Generation): ResponseEvent[] {
  const [part] = item['content'] as readonly JsonObject[]
  const text = textOfMessage(item)
  const annotations = (part?.['annotations'] ?? []) as readonly JsonObject[]
  const empty = { type: 'output_text', text: '', annotations: [], logprobs: [] }
  return [
    { type: 'response.content_part.added', fields: { ...at, part: empty } },
    ...deltas.map((delta) => ({
      type: 'response.output_text.delta',
      fields: { ...at, delta, logprobs: [] },
      isContent: true,
    })),
    ...annotations.map((annotation, index) => ({
      type: 'response.output_text.annotation.added',
      fields: { ...at, annotation_index: index, annotation },
    })),
    { type: 'response.output_text.done', fields: { ...at, text, logprobs: [] } },
    { type: 'response.content_part.done', fields: { ...at, part } },
  ]
}
