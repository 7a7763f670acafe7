import type { ConnectionEnd } from './body.ts'
import type { Operation, Service } from './service.ts'

/** Something that goes wrong on request: {@link FaultTarget} says for whom, {@link FaultKind} says what. */
export type Fault = FaultTarget & FaultKind

/** Which requests a fault waits for. */
export interface FaultTarget {
  readonly service: Service
  /** Default: any operation. */
  readonly operation?: Operation
  /** How many requests it hits. @default 1 */
  readonly times?: number
  /** How many matching requests pass unharmed first. @default 0 */
  readonly skip?: number
}

/**
 * How far things go before they break: the TCP connection is open (TLS has not begun); the request was read; the
 * answer's headers are out; some pieces of content are out. With `connect` the operation is not known yet, so the
 * fault hits the next connection to any origin that serves the operation.
 */
export type FaultPoint = 'connect' | 'request' | 'headers' | 'content'

/** Pieces of content that still go out. A body that is not a stream counts as two pieces, its halves. @default 1 */
interface AfterPieces {
  readonly pieces?: number
}

/** What goes wrong. */
export type FaultKind =
  | DelayFault
  | StallFault
  | BrokenConnectionFault
  | TruncateFault
  | GarbageFault
  | ErrorEventFault
  | SplitFault
  | StatusFault
  | UnauthorizedFault
  | RateLimitFault
  | BadGatewayFault
  | RedirectFault
  | WrongContentTypeFault
  | EmptyBodyFault
  | BigBodyFault
  | ModelMismatchFault

/** The answer comes later. May be joined with another fault on the same request. */
export interface DelayFault {
  readonly kind: 'delay'
  readonly ms: number
}

/** Silence from a point on; the connection stays open. */
export interface StallFault extends AfterPieces {
  readonly kind: 'stall'
  readonly after: FaultPoint
}

/** The connection ends: `reset` is a TCP RST (also under TLS), `close` an orderly end without the end of the body. */
export interface BrokenConnectionFault extends AfterPieces {
  readonly kind: ConnectionEnd
  readonly after: FaultPoint
}

/** The body ends in order, but without its end mark or final status. */
export interface TruncateFault extends AfterPieces {
  readonly kind: 'truncate'
}

/** A broken event or line after some pieces, with good ones behind it; a body that is not a stream is broken JSON. */
export interface GarbageFault extends AfterPieces {
  readonly kind: 'garbage'
}

/**
 * The service reports an error inside a started answer and ends. YandexGPT: a line with the error envelope.
 * GigaChat documents none, so this sends an event with its error body: for robustness only.
 */
export interface ErrorEventFault extends AfterPieces {
  readonly kind: 'error-event'
  /** @default 503 */
  readonly status?: number
  readonly message?: string
}

/** Every few bytes are a write of their own. May be joined with another fault on the same request. */
export interface SplitFault {
  readonly kind: 'split'
  /** @default 1 */
  readonly bytes?: number
}

/** An HTTP status with an error body in the service's own shape. */
export interface StatusFault {
  readonly kind: 'status'
  readonly status: number
  /** Default: the service's usual words for the status. */
  readonly message?: string
  /** `Retry-After`, as given: seconds, a date, or nonsense. */
  readonly retryAfter?: number | string
}

/** 401 in the service's words, although the credential is good. */
export interface UnauthorizedFault {
  readonly kind: 'unauthorized'
  /** @default 'expired' */
  readonly reason?: 'expired' | 'unknown'
}

/** 429 in the service's words. Neither service was seen sending `Retry-After`; give it to have it sent. */
export interface RateLimitFault {
  readonly kind: 'rate-limited'
  readonly retryAfter?: number | string
}

/** 502 with the balancer's HTML page. */
export interface BadGatewayFault {
  readonly kind: 'html-502'
}

/** A redirect, which neither service sends. */
export interface RedirectFault {
  readonly kind: 'redirect'
  /** @default 307 */
  readonly status?: 301 | 302 | 303 | 307 | 308
  readonly location: string
}

/** 200 with another content type, such as the page of a captive portal. */
export interface WrongContentTypeFault {
  readonly kind: 'wrong-content-type'
  /** @default 'text/html; charset=utf-8' */
  readonly contentType?: string
  /** @default a small HTML page */
  readonly body?: string
}

/** No body. */
export interface EmptyBodyFault {
  readonly kind: 'empty-body'
  /** @default 200 */
  readonly status?: number
}

/** A body, or one event or line of it, that is far too long. */
export interface BigBodyFault {
  readonly kind: 'big-body'
  readonly bytes: number
  /** @default 200 */
  readonly status?: number
}

/** The answer names another model. YandexGPT states none, so there its `modelVersion` becomes the text given. */
export interface ModelMismatchFault {
  readonly kind: 'model-mismatch'
  readonly model: string
}
