import type { PreparedCall, TextDraft } from './create-text-call.ts'
import type { Route } from './route.ts'
import type { PartSink } from './stream-answer-reader.ts'
import type { TextCallOptions } from './text-call-options.ts'

/** Makes the place where the parts of a target's stream go. */
export interface SinkFactory {
  createSink(prepared: PreparedCall): PartSink
}

/** One question of a text call, as its targets are asked. A class: see `Leg`. */
export class TextQuestion {
  readonly call: TextCallOptions
  readonly draft: TextDraft
  /** In which order the targets are asked. */
  readonly route: Route
  /** Absent: no stream. */
  readonly sinks: SinkFactory | undefined

  constructor(call: TextCallOptions, draft: TextDraft, route: Route = call.route, sinks?: SinkFactory) {
    this.call = call
    this.draft = draft
    this.route = route
    this.sinks = sinks
  }
}
