/**
 * The reason to refuse a request on the OpenAI-compatible addresses, before it takes the form that
 * `options.yandexgpt.openAiErrorForm` names.
 */
export class Complaint extends Error {
  readonly status: number
  /** The emulator's own words, for the record of the request. */
  readonly reason: string

  constructor(status: number, message: string, reason: string) {
    super(message)
    this.name = 'Complaint'
    this.status = status
    this.reason = reason
  }
}

/** A refusal to throw. `reason` is for the record of the request when the message does not tell. */
export function complain(status: number, message: string, reason: string = message): Complaint {
  return new Complaint(status, message, reason)
}
