import { FaultQueue } from './fault-queue.ts'
import { resolveOptions, type EmulatorOptions, type ResolvedOptions } from './options.ts'
import { createCredentials, type EmulatorCredentials } from './credentials.ts'
import { GigaChatAccount } from './gigachat/account.ts'
import type { OpenRecord } from './recorder.ts'
import { ScriptQueue } from './script.ts'
import { YandexCloud } from './yandexgpt/cloud.ts'
import { ResponseStore } from './yandexgpt/openai/responses/response-store.ts'

/** Everything the handlers share: what is configured, what was issued, what waits, what was seen. */
export interface EmulatorState {
  readonly options: ResolvedOptions
  readonly credentials: EmulatorCredentials
  readonly faults: FaultQueue
  readonly scripts: ScriptQueue
  readonly requests: OpenRecord[]
  readonly gigachat: GigaChatAccount
  readonly yandexgpt: YandexCloud
  /** What the Responses API keeps. */
  readonly responses: ResponseStore
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
    responses: new ResponseStore(),
    closing: new AbortController(),
  }
}

/**
 * Forgets requests, faults, scripted answers, open slots, caches, files and batches. Credentials and issued tokens stay
 * good.
 */
export function resetState(state: EmulatorState): void {
  state.faults.clear()
  state.scripts.clear()
  state.requests.length = 0
  state.gigachat.reset()
  state.yandexgpt.reset()
  state.responses.clear()
}
