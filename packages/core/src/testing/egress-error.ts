/** One try to reach another machine. */
export interface EgressAttempt {
  /** `connect`: TCP, and all that runs over it (TLS, HTTP, `fetch`, WebSocket); `dns`: a look-up; `udp`: a datagram. */
  readonly kind: 'connect' | 'dns' | 'udp'
  /** As the code spelled it: a name or an address. */
  readonly host: string
  /** Absent for look-ups. */
  readonly port?: number
  /** The first line of the stack outside Node; absent when only Node's own code was on it, as under `fetch`. */
  readonly from?: string
}

/**
 * Something tried to leave this machine. Given to the code whose attempt was blocked, with that one attempt; and to the
 * test, with all of them.
 */
export class EgressError extends Error {
  override readonly name = 'EgressError'
  readonly code = 'testing.egress'
  readonly hint: string
  readonly attempts: readonly EgressAttempt[]

  /** @param cause what the watched work threw by itself */
  constructor(attempts: readonly EgressAttempt[], cause?: unknown) {
    const [first] = attempts
    const lines = attempts.map((attempt) => `\n  ${describe(attempt)}`).join('')
    super(`blocked on the way out of this machine:${lines}`, cause === undefined ? undefined : { cause })
    this.attempts = Object.freeze([...attempts])
    this.hint = `Направьте этот код на эмулятор или testNetwork; если узел нужен тесту, разрешите его: { allow: ['${first?.host ?? ''}'] }.`
  }
}

function describe({ kind, host, port, from }: EgressAttempt): string {
  const target = port === undefined ? host : host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  return `${kind} ${target} ${from ?? '(called from Node itself)'}`
}
