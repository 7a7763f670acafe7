import type { Provider } from '../provider.ts'
import { movesOn } from '../resilience/moves-on.ts'
import type { RoutedModel } from '../resilience/routed-model.ts'
import { CallScope } from '../transport/call-scope.ts'
import { checkNumber, refuse } from './checks.ts'
import { findTarget, type Target } from './find-target.ts'

/** A model value taken apart: numbers are places of targets in the order they are written. */
export type Route =
  | number
  | { readonly type: 'fallback'; readonly routes: readonly Route[] }
  | { readonly type: 'balance'; readonly routes: readonly Route[]; readonly weights: readonly number[] | undefined }
  | { readonly type: 'hedge'; readonly routes: readonly [Route, Route]; readonly delayMs: number }

/** A model as the caller gave it: whom it may ask, and in which order. */
export interface RoutePlan {
  readonly targets: readonly Target[]
  readonly route: Route
}

/** How one target is asked. */
export interface LegRun {
  /** Its place among the targets. */
  readonly index: number
  readonly scope: CallScope
  /** No other target would be asked after it. */
  readonly isLast: boolean
  /** Of two targets that run at the same time: true when this one came first and may answer. Absent: it is alone. */
  readonly claim?: () => boolean
}

export interface RouteRunner<R> {
  readonly run: (leg: LegRun) => Promise<R>
  /** What a call of this target would take, relative to others. */
  readonly expected: (index: number) => number
}

/** @throws ConfigurationError for what names no configured provider */
export function planRoute(providers: ReadonlyMap<string, Provider>, model: unknown): RoutePlan {
  if (typeof model === 'string') return planOnly(findTarget(providers, model))
  const targets: Target[] = []
  const read = (one: unknown): Route => {
    const { type, targets: inner } = (one ?? {}) as Partial<RoutedModel>
    if (type === undefined || !Array.isArray(inner)) return targets.push(findTarget(providers, one)) - 1
    const routed = checkRouted(one as RoutedModel)
    const routes = inner.map(read)
    if (routed.type === 'hedge') return { type: 'hedge', routes: routes as [Route, Route], delayMs: routed.delayMs }
    if (routed.type === 'balance') return { type: 'balance', routes, weights: routed.weights }
    return { type: 'fallback', routes }
  }
  return { route: read(model), targets }
}

const plans = new WeakMap<Target, RoutePlan>()

/** The same for all calls of a target. */
function planOnly(target: Target): RoutePlan {
  let plan = plans.get(target)
  if (!plan) plans.set(target, (plan = { route: 0, targets: Object.freeze([target]) }))
  return plan
}

/** A value need not come from `client.fallback` and its like: one that came as JSON is checked as well. */
function checkRouted(model: RoutedModel): RoutedModel {
  const { type, targets } = model
  const known = type === 'fallback' || type === 'balance' || type === 'hedge'
  const least = type === 'fallback' ? 1 : 2
  if (!known || targets.length < least || (type === 'hedge' && targets.length !== least)) {
    refuse(
      'model must be a string, or come from client.fallback, balance or hedge with enough targets',
      "model: строка, client.fallback(['a/x', 'b/y']), client.balance([…]) или client.hedge([первая, вторая], { delayMs }).",
    )
  }
  if (type === 'hedge') checkNumber('hedge: delayMs', model.delayMs ?? Number.NaN, 0, 2 ** 31 - 1)
  if (type === 'balance' && model.weights !== undefined) checkWeights(model.weights, targets.length)
  return model
}

function checkWeights(weights: readonly number[], count: number): void {
  const good = Array.isArray(weights) && weights.length === count
  if (good && weights.every((weight) => Number.isFinite(weight) && weight >= 0) && weights.some(Boolean)) return
  refuse('balance: weights are one number for each target, not all zero', 'weights: по числу целей, например [3, 1].')
}

/** The places of all targets in a route, in its order. */
export function placesOf(route: Route): readonly number[] {
  return typeof route === 'number' ? [route] : route.routes.flatMap(placesOf)
}

/** Where a conversation goes on once a target has answered: with it, and with those that would have followed. */
export function restOf(route: Route, index: number): Route {
  if (typeof route === 'number') return route
  const at = route.routes.findIndex((one) => placesOf(one).includes(index))
  const rest = restOf(route.routes[at] as Route, index)
  if (route.type !== 'fallback' || at === route.routes.length - 1) return rest
  return { type: 'fallback', routes: [rest, ...route.routes.slice(at + 1)] }
}

/** Asks along a route until a target answers. */
export function runRoute<R>(route: Route, scope: CallScope, runner: RouteRunner<R>): Promise<R> {
  return follow(route, { scope, isLast: true }, runner)
}

type Way = Omit<LegRun, 'index'>

function follow<R>(route: Route, way: Way, runner: RouteRunner<R>): Promise<R> {
  if (typeof route === 'number') return runner.run({ ...way, index: route })
  switch (route.type) {
    case 'fallback':
      return followInOrder(route.routes, way, runner)
    case 'balance':
      return follow(choose(route, runner), way, runner)
    case 'hedge':
      return followBoth(route, way, runner)
  }
}

async function followInOrder<R>(routes: readonly Route[], way: Way, runner: RouteRunner<R>): Promise<R> {
  for (const [index, route] of routes.entries()) {
    const isLast = index === routes.length - 1
    const scope = isLast ? way.scope : createLegScope(way.scope)
    try {
      return await follow(route, { ...way, scope, isLast: way.isLast && isLast }, runner)
    } catch (error) {
      if (isLast || way.scope.over || !movesOn(error)) throw error
    } finally {
      if (!isLast) scope.end()
    }
  }
  throw new TypeError('a route without targets')
}

/** A target that is not the last may use half of what is left, so that the next one has its chance. */
function createLegScope(parent: CallScope): CallScope {
  return new CallScope({ wheel: parent.wheel, parent, limitMs: Math.round(parent.remainingMs / 2), phase: 'attempt' })
}

/** By weight; else the better of two drawn at random, which spreads load without chasing the best one. */
function choose<R>({ routes, weights }: Extract<Route, { type: 'balance' }>, { expected }: RouteRunner<R>): Route {
  if (weights) return routes[draw(weights)] as Route
  const first = Math.floor(Math.random() * routes.length)
  const other = (first + 1 + Math.floor(Math.random() * (routes.length - 1))) % routes.length
  const [a, b] = [routes[first] as Route, routes[other] as Route]
  return expected(placesOf(a)[0] as number) <= expected(placesOf(b)[0] as number) ? a : b
}

function draw(weights: readonly number[]): number {
  let left = Math.random() * weights.reduce((sum, weight) => sum + weight, 0)
  for (const [index, weight] of weights.entries()) {
    left -= weight
    if (left < 0) return index
  }
  return weights.length - 1
}

/** Why the slower of two targets was ended. */
export class HedgeLost extends Error {
  override readonly name = 'HedgeLost'
}

/** The second one starts after the delay, or at once when the first has failed; whoever answers first ends the other. */
function followBoth<R>(
  { routes, delayMs }: Extract<Route, { type: 'hedge' }>,
  way: Way,
  runner: RouteRunner<R>,
): Promise<R> {
  const scopes = routes.map(
    () => new CallScope({ wheel: way.scope.wheel, parent: way.scope, limitMs: way.scope.remainingMs }),
  )
  let winner: number | undefined
  let failed = 0
  return new Promise<R>((resolve, reject) => {
    const claim = (side: number): boolean => {
      if (winner === undefined && (way.claim?.() ?? true)) {
        winner = side
        clearTimeout(timer)
        scopes[1 - side]?.fail(new HedgeLost('another target was quicker'))
      }
      return winner === side
    }
    const start = (side: number): void => {
      const leg = { scope: scopes[side] as CallScope, isLast: way.isLast && side === 1, claim: () => claim(side) }
      follow(routes[side] as Route, leg, runner).then(
        (result) => {
          if (claim(side)) settle(() => resolve(result))
        },
        (error: unknown) => {
          if (winner === 1 - side) return
          failed++
          const mayGoOn = winner === undefined && failed === 1 && !way.scope.over && movesOn(error)
          if (!mayGoOn) return settle(() => reject(error))
          startSecond()
        },
      )
    }
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      // Nothing runs in the one that answered; the other one ends with all that runs in it.
      for (const scope of scopes) scope.fail(new HedgeLost('the call is over'))
      act()
    }
    let isSecondStarted = false
    const startSecond = (): void => {
      clearTimeout(timer)
      if (isSecondStarted || winner !== undefined || way.scope.over) return
      isSecondStarted = true
      start(1)
    }
    const timer = setTimeout(startSecond, delayMs)
    start(0)
  })
}
