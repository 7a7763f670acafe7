/** What ends with a caller's signal. */
export interface SignalWatcher {
  aborted(): void
}

/** All that watch one signal. */
class SignalWatch {
  readonly watchers = new Set<SignalWatcher>()

  /** The listener. A watcher that is told leaves the set, which a walk over a set allows for. */
  handleEvent(): void {
    for (const watcher of this.watchers) watcher.aborted()
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
  if (watch.watchers.size === 0) signal.addEventListener('abort', watch)
  watch.watchers.add(watcher)
}

export function unwatchSignal(signal: AbortSignal, watcher: SignalWatcher): void {
  const watch = watches.get(signal)
  if (!watch?.watchers.delete(watcher) || watch.watchers.size > 0) return
  signal.removeEventListener('abort', watch)
}
