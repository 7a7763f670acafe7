/** Levels of JSON that came from a model: deeper ones are an attack on whatever walks through it. */
const depthLimit = 256

/** What {@link findUnsafeJson} says of a value that is nested too deeply. */
export const tooDeep = 'is nested too deeply'

/**
 * What makes a JSON value unsafe to hand on, as the end of a sentence; `undefined` when nothing does. An own key
 * `__proto__` changes the prototype of whatever the value is merged into, and endless nesting ends in an overflow of
 * the stack: no tool and no output has a use for either.
 */
export function findUnsafeJson(value: unknown): string | undefined {
  const open: unknown[] = [value]
  const depths = [0]
  while (open.length > 0) {
    const one = open.pop()
    const depth = depths.pop() as number
    if (typeof one !== 'object' || one === null) continue
    if (depth >= depthLimit) return tooDeep
    if (!Array.isArray(one) && Object.hasOwn(one, '__proto__')) return 'has the key __proto__'
    for (const inner of Object.values(one)) {
      if (typeof inner !== 'object') continue
      open.push(inner)
      depths.push(depth + 1)
    }
  }
  return undefined
}
