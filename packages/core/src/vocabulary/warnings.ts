/** Something asked for that was kept only in part, or in another way. The call went on. */
export interface Warning {
  /** Stable, kebab-case: `setting-ignored`, `setting-translated`, `system-messages-joined`. */
  readonly code: string
  /** The option concerned, such as `seed`. */
  readonly setting?: string
  readonly message: string
}

/**
 * What a provider cannot keep of a call. `refuse` changes the meaning of the request: the call ends with an
 * UnsupportedFeatureError before anything is sent. `warn` only tunes it: the call goes on with a warning.
 */
export interface Loss extends Warning {
  readonly effect: 'refuse' | 'warn'
  /** Russian hint with the exact fix, for `refuse`. */
  readonly hint?: string
}
