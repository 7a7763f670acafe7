import { CallScope } from '../transport/call-scope.ts'

/**
 * Runs some work for each item, at most `concurrency` at a time, and gives the results in the order of the items. The
 * first failure ends the others and comes out when they have ended: nothing goes on behind the caller's back. Each
 * run gets a scope that ends with the call's, or with that failure.
 */
export async function runSideBySide<Item, Result>(
  scope: CallScope,
  items: readonly Item[],
  concurrency: number,
  run: (item: Item, scope: CallScope, index: number) => Promise<Result>,
): Promise<Result[]> {
  const group = new CallScope({ wheel: scope.wheel, parent: scope, limitMs: scope.remainingMs })
  const results: Result[] = []
  let next = 0
  let failure: { readonly error: unknown } | undefined
  const work = async (): Promise<void> => {
    while (next < items.length && !failure) {
      const index = next++
      try {
        results[index] = await run(items[index] as Item, group, index)
      } catch (error) {
        failure ??= { error }
        group.fail(error)
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work))
  } finally {
    group.end()
  }
  if (failure) throw failure.error
  return results
}
