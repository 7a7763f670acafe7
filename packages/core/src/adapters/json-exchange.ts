import type { Effect, Shape, WireRequest } from '../provider.ts'

/** The effect of a request that is answered by a JSON document. A class: see `ChatRequest`. */
export class JsonExchange implements Extract<Effect, { do: 'exchange' }> {
  readonly do = 'exchange'
  readonly request: WireRequest
  readonly read = 'json'
  readonly shape: Shape

  /** `shape`: what the document must look like; another one is a ProtocolError that names the place, never the value. */
  constructor(request: WireRequest, shape: Shape) {
    this.request = request
    this.shape = shape
  }
}
