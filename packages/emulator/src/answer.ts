import type { BodyStep } from './body.ts'

/** What a service answers, before faults change it and before it becomes a `Response`. */
export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly headers?: Readonly<Record<string, string>>
  /** The whole body, or its steps when it is streamed. */
  readonly body: string | Uint8Array | readonly BodyStep[]
  /** Lets go of what the answer holds; called once, however the body ends. */
  readonly release?: () => void
}

/** A service says no: thrown where the reason is found, turned into the answer it carries. */
export class Refusal extends Error {
  readonly answer: Answer

  /** @param reason the emulator's own words, for the record of the request */
  constructor(answer: Answer, reason: string) {
    super(reason)
    this.name = 'Refusal'
    this.answer = answer
  }
}

/** True when the answer goes out in steps. */
export function isStreamed(answer: Answer): answer is Answer & { readonly body: readonly BodyStep[] } {
  return typeof answer.body !== 'string' && !(answer.body instanceof Uint8Array)
}
