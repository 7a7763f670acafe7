import type { Decision } from '../policy/decision.ts'
import type { Guard } from '../policy/guard.ts'
import type { WireRequest } from '../provider.ts'

/** What the policy says of an endpoint's address, for requests of one kind. */
export class JudgedUrl {
  readonly decision: Decision
  /** Absent: refused. */
  readonly origin: string | undefined
  readonly #url: URL | undefined
  readonly #method: string
  readonly #hasBody: boolean
  readonly #model: string | undefined
  readonly #basePath: string
  /** The last path that was joined: one that is joined anew has to be flattened and hashed anew. */
  #last: { readonly path: string; readonly joined: string }

  constructor(
    { decision, url, origin }: ReturnType<Guard['judgeUrl']>,
    method: string,
    hasBody: boolean,
    model: string | undefined,
  ) {
    this.decision = decision
    this.origin = url && origin
    this.#url = url
    this.#method = method
    this.#hasBody = hasBody
    this.#model = model
    this.#basePath = url?.pathname.replace(/\/+$/, '') ?? ''
    this.#last = { path: '', joined: this.#basePath }
  }

  isFor(method: string, hasBody: boolean, model: string | undefined): boolean {
    return this.#model === model && this.#method === method && this.#hasBody === hasBody
  }

  /** The path of the approved URL with the operation's own behind it; without one the URL goes as it was approved. */
  pathOf({ path, query }: WireRequest): string {
    if (path === '' && !query) return `${this.#url?.pathname}${this.#url?.search}`
    if (this.#last.path !== path) this.#last = { path, joined: this.#basePath + path }
    const { joined } = this.#last
    if (!query) return joined
    const spelled = new URLSearchParams(query).toString()
    return spelled === '' ? joined : `${joined}?${spelled}`
  }
}
