import type { WholeAnswer } from '../answer.ts'

/** 200 with a JSON body, as the API sends it. */
export function jsonAnswer(value: unknown): WholeAnswer {
  return { status: 200, contentType: 'application/json; charset=utf-8', body: JSON.stringify(value) }
}
