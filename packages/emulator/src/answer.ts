import type { BodyStep } from './body.ts'

/** What a service answers, before faults change it and before it becomes a `Response`. */
export type Answer = WholeAnswer | StreamedAnswer

interface AnswerHead {
  readonly status: number
  readonly contentType: string
  readonly headers?: Readonly<Record<string, string>>
  /** Lets go of what the answer holds; called once, however the body ends. */
  readonly release?: () => void
}

/** An answer whose body goes out in one piece, with its length stated. */
export interface WholeAnswer extends AnswerHead {
  readonly body: string | Uint8Array
}

/** An answer whose body goes out step by step. */
export interface StreamedAnswer extends AnswerHead {
  readonly body: readonly BodyStep[]
}

/** A service says no: thrown where the reason is found, turned into the answer it carries. */
export class Refusal extends Error {
  readonly answer: WholeAnswer

  /** @param reason the emulator's own words, for the record of the request */
  constructor(answer: WholeAnswer, reason: string) {
    super(reason)
    this.name = 'Refusal'
    this.answer = answer
  }
}

/** True when the answer goes out in steps. */
export function isStreamed(answer: Answer): answer is StreamedAnswer {
  return Array.isArray(answer.body)
}

/** The bytes of a body in one piece. */
export function bodyBytes({ body }: WholeAnswer): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body) : body
}
