import { readSource } from '../auth/read-source.ts'
import { ShlyuzError } from '../errors/shlyuz-error.ts'
import type { Effect, Operation, Reply, WireRequest } from '../provider.ts'
import { CallScope } from '../transport/call-scope.ts'
import { checkShape } from './check-shape.ts'
import type { CallContext } from './call-context.ts'
import { performExchange, performStream } from './perform.ts'
import type { PartSink } from './stream-answer-reader.ts'
import { strikeEcho } from './strike-echo.ts'

const none: readonly never[] = Object.freeze([])

/** How long an operation may clean up after an abort. */
const graceMs = 5_000

/**
 * Drives an adapter's operation: performs each effect and hands the reply back. An error is thrown into the
 * generator first, so that its `finally` runs. Once the call is over, what ended it is what comes out: cleaning up
 * neither hides it nor undoes it.
 */
export async function runOperation<R>(
  context: CallContext,
  operation: Operation<R>,
  sink: PartSink | undefined,
): Promise<R> {
  let current = context
  let end: { readonly reason: unknown } | undefined
  let sent: readonly WireRequest['body'][] = none
  let thrown: unknown
  try {
    let step = operation.next()
    while (!step.done) {
      let reply: unknown
      try {
        if (step.value.do === 'exchange') sent = [...sent, step.value.request.body]
        reply = await performEffect(current, step.value, sink)
        if (step.value.do === 'exchange') {
          const { body } = reply as Reply
          const checking = step.value.shape && checkShape(step.value.shape, body)
          if (checking) await current.scope.race(checking)
          current.record.raw = body
        }
      } catch (error) {
        thrown = error
        // What the operation still does is cleaning up after itself: it gets a short life of its own.
        if (current.scope.over) {
          if (end) throw error
          end = { reason: error }
          current = { ...context, scope: new CallScope({ wheel: context.scope.wheel, limitMs: graceMs }) }
        }
        step = operation.throw(error)
        continue
      }
      step = operation.next(reply)
    }
    if (end) throw end.reason
    return step.value
  } catch (error) {
    // A failure that the adapter read in a good answer holds the service's words too.
    if (error !== thrown) strikeMessage(error, sent)
    throw end ? end.reason : error
  } finally {
    if (current !== context) current.scope.end()
  }
}

function strikeMessage(error: unknown, sent: readonly WireRequest['body'][]): void {
  if (!ShlyuzError.isInstance(error)) return
  const { message } = error
  error.message = sent.reduce<string>((text, body) => strikeEcho(text, body), message)
  if (error.message !== message) error.stack = error.stack?.replace(message, () => error.message) ?? ''
}

function performEffect(context: CallContext, effect: Effect, sink: PartSink | undefined): Promise<unknown> {
  switch (effect.do) {
    case 'exchange':
      return performExchange(context, effect)
    case 'stream':
      if (!sink) throw new TypeError('an operation without a sink streamed')
      return performStream(context, effect, sink)
    case 'wait':
      if (effect.progress !== undefined) context.onProgress?.(Math.min(1, Math.max(0, effect.progress)))
      return context.scope.wait(effect.ms)
    case 'upload':
      if (!context.uploads) throw new TypeError('an operation that may not upload did')
      return context.uploads.use(context, effect, runSilently)
    case 'read':
      return context.scope.race(readSource(effect.source, context.secretRequest))
  }
}

/** An upload and its removal give out no parts. */
function runSilently<R>(context: CallContext, operation: Operation<R>): Promise<R> {
  return runOperation(context, operation, undefined)
}
