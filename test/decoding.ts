import type { Decoder, ModelRef, Operation, Provider, StreamEnd, StreamPart, TextCall, TextResult } from '@shlyuz/core'
import { createFraming } from '../packages/core/src/transport/framing.ts'

/** What became of a stream. */
export interface Decoded {
  readonly parts: readonly StreamPart[]
  /** The text that holds at the end. */
  readonly text: string
  readonly end: StreamEnd
}

/** The least call of text there is. */
export function textCall(stream: boolean): TextCall {
  return {
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Привет' }] }],
    settings: {},
    tools: [],
    toolChoice: 'auto',
    stream,
    options: {},
  }
}

/** Makes decoders of an adapter, as core gets them: from its operation. */
export function decoderFactory(provider: Provider, model: ModelRef): () => Decoder {
  return () => startStream(provider.text(textCall(true), model)).createDecoder()
}

interface StreamEffect {
  readonly createDecoder: () => Decoder
}

/** Runs an operation up to its stream; what it wants to read elsewhere is not there. */
export function startStream(operation: Operation<TextResult>): StreamEffect {
  let next = operation.next()
  while (!next.done && next.value.do === 'read') next = operation.next(undefined)
  if (next.done || next.value.do !== 'stream') throw new Error('the operation does not stream')
  return next.value
}

/**
 * Decodes a body that arrives in reads cut at the given positions, through core's own framing. With `reuse` the memory
 * of each read is overwritten when the next one comes: whoever kept a view of it instead of a copy is found out.
 */
export function decodeCut(decoder: Decoder, body: Buffer, cuts: readonly number[], reuse = false): Decoded {
  const framing = createFraming(decoder)
  const parts: StreamPart[] = []
  let from = 0
  for (const to of [...new Set(cuts), body.length].toSorted((a, b) => a - b)) {
    if (to <= from) continue
    const read = Buffer.from(body.subarray(from, to))
    if (!decoder.done) framing.push(read, parts)
    if (reuse) read.fill(0)
    from = to
  }
  if (!decoder.done) framing.end(parts)
  const end = decoder.end(parts)
  return { parts, text: joinText(parts), end }
}

function joinText(parts: readonly StreamPart[]): string {
  let text = ''
  for (const part of parts) {
    if (part.type === 'text-delta') text += part.text
    if (part.type === 'rewrite') text = part.text
  }
  return text
}
