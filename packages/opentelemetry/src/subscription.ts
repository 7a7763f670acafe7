import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { diag } from '@opentelemetry/api'

type Listener = (message: unknown) => void

/** One subscription to some channels for all who ask for it, so that nothing is recorded twice. */
export class Subscription<Options extends object> {
  readonly #asked = new Set<Options>()
  readonly #listeners: readonly (readonly [channel: string, Listener])[]

  constructor(listeners: Readonly<Record<string, Listener>>) {
    this.#listeners = Object.entries(listeners).map(([channel, listen]) => [channel, carefully(listen)])
  }

  /** @returns ends what was asked for here, and the subscription with the last one */
  add(options: Options): () => void {
    const asked = { ...options }
    if (this.#asked.size === 0) for (const [channel, listen] of this.#listeners) subscribe(channel, listen)
    this.#asked.add(asked)
    return () => {
      if (!this.#asked.delete(asked) || this.#asked.size > 0) return
      for (const [channel, listen] of this.#listeners) unsubscribe(channel, listen)
    }
  }

  /** True when somebody asked for it. */
  wants(what: (options: Options) => boolean): boolean {
    for (const options of this.#asked) if (what(options)) return true
    return false
  }
}

/** What a subscriber of a diagnostics channel throws would end the process. */
function carefully(listen: Listener): Listener {
  return (message) => {
    try {
      listen(message)
    } catch (error) {
      diag.error('@shlyuz/opentelemetry: something could not be recorded', error)
    }
  }
}
