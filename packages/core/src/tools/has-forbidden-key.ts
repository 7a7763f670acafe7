/**
 * True when a JSON value has an own key `__proto__` anywhere: a value that changes the prototype of whatever it is
 * merged into. No tool and no output has a use for one.
 */
export function hasForbiddenKey(value: unknown): boolean {
  const open: unknown[] = [value]
  while (open.length > 0) {
    const one = open.pop()
    if (typeof one !== 'object' || one === null) continue
    if (!Array.isArray(one) && Object.hasOwn(one, '__proto__')) return true
    open.push(...Object.values(one))
  }
  return false
}
