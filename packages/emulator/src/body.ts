import { setImmediate as nextTick } from 'node:timers/promises'
import { pause, untilAborted } from './pace.ts'

/** One thing that happens while the body of an answer goes out. */
export type BodyStep =
  /** Bytes of the body. `content`: the step carries a piece of the answer, which faults count. */
  | { readonly do: 'write'; readonly data: string | Uint8Array; readonly content?: boolean }
  | { readonly do: 'wait'; readonly ms: number }
  /** Nothing more comes, and the connection stays open. */
  | { readonly do: 'stall' }
  /** The connection ends here, by RST or by FIN, although the body is not complete. */
  | { readonly do: 'break'; readonly how: ConnectionEnd }
  /** Lets go of what the answer holds, such as a slot of the parallel limit. */
  | { readonly do: 'run'; readonly action: () => void }

/** How a connection ends: `reset` with RST, `close` with an orderly FIN. */
export type ConnectionEnd = 'reset' | 'close'

/** How the body ended: all of it written, broken by a fault, or the client went away. */
export type BodyEnd = 'sent' | 'broken' | 'client-closed'

/** The body was broken on purpose; the server ends the connection accordingly. */
export class BrokenBodyError extends Error {
  readonly how: ConnectionEnd

  constructor(how: ConnectionEnd) {
    super(`The emulator ended the connection on purpose (${how}).`)
    this.name = 'BrokenBodyError'
    this.how = how
  }
}

/** What a body needs besides its steps. */
export interface BodyOptions {
  /** Aborts when the client goes away or the emulator closes. */
  readonly signal: AbortSignal
  /** Called once. */
  onEnd(end: BodyEnd): void
}

/** A response body that performs its steps one by one, each when the reader asks for it. */
export function createBody(steps: readonly BodyStep[], options: BodyOptions): ReadableStream<Uint8Array> {
  const gone = new AbortController()
  const signal = AbortSignal.any([options.signal, gone.signal])
  const chunks = perform(steps, signal)
  let ended = false
  const end = (how: BodyEnd): void => {
    if (ended) return
    ended = true
    options.onEnd(how)
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const chunk = await chunks.next()
          if (signal.aborted) {
            end('client-closed')
            if (!gone.signal.aborted) controller.error(new BrokenBodyError('close'))
          } else if (chunk.done) {
            end('sent')
            controller.close()
          } else {
            controller.enqueue(chunk.value)
          }
        } catch (error) {
          end('broken')
          controller.error(error)
        }
      },
      cancel() {
        gone.abort()
        end('client-closed')
      },
    },
    { highWaterMark: 0 },
  )
}

async function* perform(steps: readonly BodyStep[], signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  for (const step of steps) {
    if (signal.aborted) return
    switch (step.do) {
      case 'write':
        yield typeof step.data === 'string' ? Buffer.from(step.data) : step.data
        break
      case 'wait':
        await (step.ms > 0 ? pause(step.ms, signal) : nextTick())
        break
      case 'stall':
        await untilAborted(signal)
        break
      case 'break':
        throw new BrokenBodyError(step.how)
      case 'run':
        step.action()
        break
      default:
        step satisfies never
    }
  }
}
