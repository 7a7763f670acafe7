/** What ends with a caller's signal. */
export interface SignalWatcher {
  aborted(): void
}

/** All that watch one signal: most signals have one watcher, which needs no set. */
class SignalWatch {
  #only: SignalWatcher | undefined
  #more: Set<SignalWatcher> | undefined

  /** The listener. A watcher that is told leaves the set, which a walk over a set allows for. */
  handleEvent(): void {
    this.#only?.aborted()
    if (this.#more) for (const watcher of this.#more) watcher.aborted()
  }

  get isEmpty(): boolean {
    return this.#only === undefined && !this.#more?.size
  }

  add(watcher: SignalWatcher): void {
    if (this.isEmpty) this.#only = watcher
    else (this.#more ??= new Set()).add(watcher)
  }

  /** @returns false for one that is not there */
  remove(watcher: SignalWatcher): boolean {
    if (this.#only !== watcher) return this.#more?.delete(watcher) ?? false
    this.#only = undefined
    return true
  }
}

const watches = new WeakMap<AbortSignal, SignalWatch>()

/**
 * One listener on a signal, however many calls share it: a signal walks the list of its listeners to add one and to take
 * one away, which is dear where a signal ends a whole batch. The last watcher to leave takes the listener along.
 */
export function watchSignal(signal: AbortSignal, watcher: SignalWatcher): void {
  let watch = watches.get(signal)
  if (!watch) watches.set(signal, (watch = new SignalWatch()))
  if (watch.isEmpty) signal.addEventListener('abort', watch)
  watch.add(watcher)
}

export function unwatchSignal(signal: AbortSignal, watcher: SignalWatcher): void {
  const watch = watches.get(signal)
  if (!watch?.remove(watcher) || !watch.isEmpty) return
  signal.removeEventListener('abort', watch)
}
