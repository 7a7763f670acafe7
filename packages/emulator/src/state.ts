import { FaultQueue } from './fault-queue.ts'
import { resolveOptions, type EmulatorOptions, type ResolvedOptions } from './options.ts'
import { createCredentials, type EmulatorCredentials } from './credentials.ts'
import { GigaChatAccount } from './gigachat/account.ts'
import type { OpenRecord } from './recorder.ts'
import { ScriptQueue } from './script.ts'
import { YandexCloud } from './yandexgpt/cloud.ts'

/** Everything the handlers share: what is configured, what was issued, what waits, what was seen. */
export interface EmulatorState {
  readonly options: ResolvedOptions
  readonly credentials: EmulatorCredentials
  readonly faults: FaultQueue
  readonly scripts: ScriptQueue
  readonly requests: OpenRecord[]
  readonly gigachat: GigaChatAccount
  readonly yandexgpt: YandexCloud
  /** Aborts when the emulator closes: ends every pause and stall. */
  readonly closing: AbortController
}

/** A fresh state. Opens nothing and sets no timer. */
export function createState(options: EmulatorOptions = {}): EmulatorState {
  const resolved = resolveOptions(options)
  const credentials = createCredentials()
  return {
    options: resolved,
    credentials,
    faults: new FaultQueue(),
    scripts: new ScriptQueue(),
    requests: [],
    gigachat: new GigaChatAccount(resolved.gigachat, credentials.gigachat),
    yandexgpt: new YandexCloud(resolved.yandexgpt, credentials.yandexgpt),
    closing: new AbortController(),
  }
}

/** Forgets requests, faults, scripted answers, open slots and caches. Credentials and issued tokens stay good. */
export function resetState(state: EmulatorState): void {
  state.faults.clear()
  state.scripts.clear()
  state.requests.length = 0
  state.gigachat.reset()
  state.yandexgpt.reset()
}
