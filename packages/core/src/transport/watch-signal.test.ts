import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { unwatchSignal, watchSignal } from './watch-signal.ts'

function createWatcher(): { aborts: number; aborted: () => void } {
  const watcher = { aborts: 0, aborted: (): void => void watcher.aborts++ }
  return watcher
}

test('however many watch a signal, it has one listener, and none once the last has left', () => {
  const { signal } = new AbortController()
  const [first, second] = [createWatcher(), createWatcher()]
  watchSignal(signal, first)
  watchSignal(signal, second)
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  unwatchSignal(signal, first)
  unwatchSignal(signal, first)
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  unwatchSignal(signal, second)
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  watchSignal(signal, first)
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
})

test('an abort reaches all who watch, once each, and nobody who left, also while it is told', () => {
  const controller = new AbortController()
  const { signal } = controller
  const [gone, first, second] = [createWatcher(), createWatcher(), createWatcher()]
  const leaving = {
    aborted: (): void => {
      unwatchSignal(signal, leaving)
      first.aborted()
    },
  }
  for (const watcher of [gone, leaving, second]) watchSignal(signal, watcher)
  unwatchSignal(signal, gone)
  controller.abort()
  expect([gone.aborts, first.aborts, second.aborts]).toEqual([0, 1, 1])
})

test('signals are watched apart', () => {
  const [one, other] = [new AbortController(), new AbortController()]
  const [first, second] = [createWatcher(), createWatcher()]
  watchSignal(one.signal, first)
  watchSignal(other.signal, second)
  one.abort()
  expect([first.aborts, second.aborts]).toEqual([1, 0])
})
