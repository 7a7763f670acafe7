import type {
  Access,
  Decoder,
  Effect,
  Operation,
  Provider,
  ProviderFailure,
  StreamEnd,
  StreamPart,
  TextCall,
  TextResult,
  WireRequest,
} from '@shlyuz/core'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { ContentBuilder } from '../../packages/core/src/operations/content-builder.ts'
import { decodeCut, startStream, textCall } from '../decoding.ts'
import { readBytes, readText } from './fixtures.ts'

/** What an operation did: every request, and what it gave back. */
export interface Driven<R> {
  readonly requests: readonly WireRequest[]
  readonly result: R
}

/**
 * Runs an operation, as core does, on answers that are there: each request gets the next one. A JSON answer is held
 * against the shape that the adapter declares, a stream is decoded, and nothing is set outside the code.
 */
export function drive<R>(operation: Operation<R>, answers: readonly (string | Uint8Array)[]): Driven<R> {
  const requests: WireRequest[] = []
  const left = [...answers]
  const take = (request: WireRequest): string | Uint8Array => {
    requests.push(request)
    const answer = left.shift()
    if (answer === undefined) throw new Error(`no answer is left for ${request.method} ${request.path}`)
    return answer
  }
  let next = operation.next()
  while (!next.done) next = operation.next(fulfil(next.value, take))
  expect(left, 'answers nobody asked for').toEqual([])
  return { requests, result: next.value }
}

/** What an operation gives back, see {@link drive}. */
export function resultOf<R>(operation: Operation<R>, ...answers: readonly (string | Uint8Array)[]): R {
  return drive(operation, answers).result
}

function fulfil(effect: Effect, take: (request: WireRequest) => string | Uint8Array): unknown {
  switch (effect.do) {
    case 'exchange': {
      const body = readBody(effect.read, take(effect.request))
      effect.shape?.(z).parse(body)
      return { status: 200, headers: {}, body }
    }
    case 'stream': {
      const { parts, end } = decodeCut(effect.createDecoder(), Buffer.from(take(effect.request)), [])
      if (end.type !== 'finish') throw new Error(`the stream did not finish: ${JSON.stringify(end)}`)
      return { status: 200, headers: {}, end, content: joinParts(parts) }
    }
    case 'upload':
      throw new Error('an upload is not driven here')
    default:
      return undefined
  }
}

function readBody(read: 'json' | 'text' | 'bytes', answer: string | Uint8Array): unknown {
  const bytes = Buffer.from(answer as string)
  if (read === 'bytes') return new Uint8Array(bytes)
  const text = bytes.toString('utf8')
  return read === 'text' ? text : (JSON.parse(text) as unknown)
}

function joinParts(parts: readonly StreamPart[]): ReturnType<ContentBuilder['content']> {
  const builder = new ContentBuilder()
  for (const part of parts) builder.push(part)
  return builder.content()
}

/** A streamed payload, and what is to become of it. */
export interface StreamCase {
  readonly path: string
  readonly model: string
  /** Every part, in order; neighbouring deltas as they came. */
  readonly parts: () => readonly StreamPart[]
  readonly end: StreamEnd
  /** What the call gives back; absent for streams that do not finish. */
  readonly result?: () => TextResult
  /** Before this the stream is not whole. Default: the end of its last event. */
  readonly lastMark?: string
  readonly options?: unknown
}

/** The tests of a streamed payload. */
export function checkStream(
  provider: Provider,
  { path, model, parts, end, result, lastMark = '}', options = {} }: StreamCase,
): void {
  const ref = provider.parseModel(model)
  const call: TextCall = { ...textCall(true), options: provider.parseOptions(options) }
  const createDecoder = (): Decoder => startStream(provider.text(call, ref)).createDecoder()

  it('decodes to these parts, cut at every byte', () => {
    const body = readBytes(path)
    const whole = decodeCut(createDecoder(), body, [])
    expect(whole.parts).toEqual(parts())
    expect(whole.end).toEqual(end)
    for (let cut = 1; cut < body.length; cut++) {
      expect(decodeCut(createDecoder(), body, [cut], true), `cut at byte ${cut}`).toEqual(whole)
    }
    expect(decodeCut(createDecoder(), body, [...body.keys()])).toEqual(whole)
  })

  it('is never whole before its end, and gives nothing that was not sent', () => {
    const body = readBytes(path)
    const whole = decodeCut(createDecoder(), body, [])
    const last = body.lastIndexOf(lastMark)
    expect(last).toBeGreaterThan(0)
    for (let length = 0; length <= last; length++) {
      const decoded = decodeCut(createDecoder(), body.subarray(0, length), [])
      expect(decoded.end.type, `ended after ${length} bytes`).not.toBe('finish')
      expect(whole.text.startsWith(decoded.text), `text after ${length} bytes`).toBe(true)
    }
  })

  it('becomes the result of the call, where it finishes', () => {
    const got = end.type === 'finish' ? resultOf(provider.text(call, ref), readText(path)) : 'none'
    expect(got).toEqual(result?.() ?? 'none')
  })
}

/** What `toError` makes of a payload; its message and its Russian hint are there. */
export function failureOf(
  provider: Provider,
  operation: 'chat' | 'token' | 'embed' | 'job',
  status: number,
  path: string,
): ProviderFailure {
  const contentType = path.endsWith('.html') ? 'text/html' : 'application/json'
  const reply = { operation, endpoint: 'api', status, headers: {}, contentType, text: readText(path) }
  const failure = provider.toError(reply)
  expect(failure.message).not.toBe('')
  expect(failure.hint).toMatch(/\p{Script=Cyrillic}/u)
  return failure
}

/** Runs the credential that is named so. */
export function authorize(
  provider: Provider,
  name: string,
  secrets: Readonly<Record<string, string>>,
  ...answers: readonly string[]
): Driven<Access> {
  const credential = provider.credentials.find((one) => one.name.includes(name))
  if (!credential) throw new Error(`no credential ${name}`)
  return drive(credential.authorize(secrets), answers)
}
