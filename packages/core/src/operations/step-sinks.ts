import { PartialOutput } from '../output/partial-output.ts'
import { findUnsafeJson } from '../tools/find-unsafe-json.ts'
import type { ToolCallIds } from '../tools/tool-call-ids.ts'
import type { StreamPart } from '../vocabulary/stream-parts.ts'
import type { PreparedCall } from './create-text-call.ts'
import type { AnswerSource, PartSink } from './stream-answer-reader.ts'
import type { SinkFactory } from './text-question.ts'
import type { StreamOutlet } from './text-stream.ts'

/** Takes the parts of one answer: gives tool calls their ids, and shows the output as it grows. */
class StepSink implements PartSink {
  readonly stops: readonly string[]
  readonly #outlet: StreamOutlet
  readonly #ids: ToolCallIds
  readonly #outputTool: string | undefined
  readonly #partial: PartialOutput | undefined

  constructor(outlet: StreamOutlet, stops: readonly string[], ids: ToolCallIds, prepared: PreparedCall) {
    this.stops = stops
    this.#outlet = outlet
    this.#ids = ids
    this.#outputTool = prepared.outputTool
    this.#partial = prepared.outputMode === 'native' ? new PartialOutput() : undefined
  }

  attach(source: AnswerSource): void {
    this.#outlet.attach(source)
  }

  push(part: StreamPart): StreamPart {
    if (part.type === 'response-metadata') return part
    if (part.type === 'tool-call') {
      const call = this.#ids.assign(part)
      if (call.toolName !== this.#outputTool) this.#outlet.push(call)
      else if (call.invalidInput === undefined && findUnsafeJson(call.input) === undefined)
        this.#outlet.push({ type: 'partial-output', output: call.input })
      return call
    }
    this.#outlet.push(part)
    if (part.type === 'rewrite') this.#partial?.rewrite(part.text)
    const shown = part.type === 'text-delta' ? this.#partial?.push(part.text) : undefined
    if (shown) this.#outlet.push({ type: 'partial-output', ...shown })
    return part
  }
}

/** A sink for each target that is asked in the step. */
export class StepSinks implements SinkFactory {
  readonly #outlet: StreamOutlet
  readonly #stops: readonly string[]
  readonly #ids: ToolCallIds

  constructor(outlet: StreamOutlet, stops: readonly string[], ids: ToolCallIds) {
    this.#outlet = outlet
    this.#stops = stops
    this.#ids = ids
  }

  createSink(prepared: PreparedCall): PartSink {
    return new StepSink(this.#outlet, this.#stops, this.#ids, prepared)
  }
}
