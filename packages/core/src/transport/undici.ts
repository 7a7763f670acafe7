import type { buildConnector, Client as UndiciClient } from 'undici'

/** The parts of undici that we use. */
export interface Undici {
  readonly Client: typeof UndiciClient
  readonly buildConnector: typeof buildConnector
}

let loaded: Promise<Undici> | undefined

/**
 * Loads undici at the first request: importing it costs 70 ms and more. The file is named because under Bun the
 * bare name is a shim that ignores the dispatcher.
 */
export function loadUndici(): Promise<Undici> {
  loaded ??= import('undici/index.js').then((module) => (module as { default?: Undici }).default ?? module)
  return loaded
}
