import type { Guard } from '../policy/guard.ts'
import type { ClientServices } from './call-context.ts'
import type { CheckedText } from './check-text-options.ts'
import type { AllTimeouts } from './check-timeouts.ts'
import type { Target } from './find-target.ts'
import type { Route } from './route.ts'
import type { CallUploads } from './uploads.ts'

const none: readonly never[] = Object.freeze([])

/** What stays the same over all steps of a text call. A class: see `Leg`. */
export class TextCallOptions {
  readonly services: ClientServices
  readonly guard: Guard
  /** Tells the call from others. */
  readonly callId: string
  readonly checked: CheckedText
  readonly providerOptions: unknown
  readonly targets: readonly Target[]
  /** In which order they are asked. */
  readonly route: Route
  readonly timeouts: AllTimeouts
  readonly retries: number
  readonly priority: number
  /** The files that targets which answered have put at their services: settled when the call is over. */
  uploads: readonly CallUploads[] = none

  constructor(given: Omit<TextCallOptions, 'uploads'>) {
    this.services = given.services
    this.guard = given.guard
    this.callId = given.callId
    this.checked = given.checked
    this.providerOptions = given.providerOptions
    this.targets = given.targets
    this.route = given.route
    this.timeouts = given.timeouts
    this.retries = given.retries
    this.priority = given.priority
  }
}
