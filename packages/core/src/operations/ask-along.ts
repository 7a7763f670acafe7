import type { Attempt } from '../errors/shlyuz-error.ts'
import { ShlyuzError } from '../errors/shlyuz-error.ts'
import { movesOn, worthWaitingMs } from '../resilience/moves-on.ts'
import { isCallersReason } from '../transport/call-scope.ts'
import type { Target } from './find-target.ts'
import { HedgeLost, placesOf, runRoute, type RoutePlan } from './route.ts'
import type { CallFrame } from './run-call.ts'

/** Asks one target for what a verb gives. */
export type AskTarget<R> = (frame: CallFrame, target: Target) => Promise<R>

/**
 * Asks along a route, for verbs other than text calls. The policy judges every target before the first one is asked;
 * the result says what was tried.
 */
export async function askAlong<R extends object>(
  frame: CallFrame,
  { targets, route }: RoutePlan,
  ask: AskTarget<R>,
): Promise<R> {
  const places = placesOf(route)
  if (places.length === 1) return ask(frame, targets[0] as Target)
  for (const [index, place] of places.entries()) {
    await ask({ ...frame, judgeOnly: { isFirst: index === 0 } }, targets[place] as Target)
  }
  const { latencies } = frame.services
  const tried: Attempt[] = []
  return runRoute(route, frame.scope, {
    expected: (place) => latencies.expected((targets[place] as Target).name),
    run: async ({ index, scope, isLast, claim }) => {
      const target = targets[index] as Target
      const watch = latencies.watch(target.name)
      const patience = isLast ? {} : { retries: Math.min(1, frame.retries), longestWaitMs: worthWaitingMs }
      try {
        const result = await ask({ ...frame, ...patience, scope }, target)
        watch.end('answered')
        if (claim?.() === false) throw new HedgeLost('another target was quicker')
        return withAttempts(result, tried)
      } catch (error) {
        watch.end(movesOn(error) ? 'failed' : 'left')
        if (ShlyuzError.isInstance(error) && !isCallersReason(error)) {
          tried.push(...error.attempts)
          error.attempts = [...tried]
        }
        throw error
      }
    },
  })
}

function withAttempts<R extends object>(result: R, tried: readonly Attempt[]): R {
  if (tried.length === 0 || !('attempts' in result)) return result
  return Object.freeze({ ...result, attempts: Object.freeze([...tried, ...(result.attempts as Attempt[])]) })
}
