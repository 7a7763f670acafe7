import type { CallScope } from './call-scope.ts'

/** The calls under way. A list, since a set that few enter and leave at a time makes its table anew again and again. */
export class OpenScopes {
  readonly #scopes: CallScope[] = []

  get size(): number {
    return this.#scopes.length
  }

  add(scope: CallScope): void {
    scope.openIndex = this.#scopes.length
    this.#scopes.push(scope)
  }

  /** Harmless for one that has left. */
  delete(scope: CallScope): void {
    const index = scope.openIndex
    if (this.#scopes[index] !== scope) return
    const last = this.#scopes.pop() as CallScope
    if (last !== scope) {
      this.#scopes[index] = last
      last.openIndex = index
    }
    scope.openIndex = -1
  }

  /** Ends all of them, each with a reason of its own. */
  fail(createReason: () => unknown): void {
    for (const scope of this.#scopes.slice()) scope.fail(createReason())
  }
}
