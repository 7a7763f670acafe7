import { randomUUID } from 'node:crypto'
import { NotFoundError } from '../errors/not-found-error.ts'
import type { Effect, Operation } from '../provider.ts'
import { CallScope } from '../transport/call-scope.ts'
import type { Warning } from '../vocabulary/warnings.ts'
import type { CallContext, ClientServices } from './call-context.ts'
import { CallRecord } from './call-record.ts'

/** What an adapter asks to have put at its service. */
export type UploadEffect = Extract<Effect, { do: 'upload' }>

/** Drives an operation: `runOperation`, handed in so that it may perform uploads itself. */
export type RunOperation = <R>(context: CallContext, operation: Operation<R>) => Promise<R>

/** What becomes of the files of a call that is over. */
export type UploadOutcome = 'kept' | 'delete'

/** How long a removal may take. The call it belongs to is over: it lives in a scope of its own. */
const removalMs = 5_000

/** How long an upload that nobody waits for any more may take to say its id: without the id it cannot be removed. */
const lateMs = 2_000

/** Shortest limit of an upload: a caller in a hurry must not end it for those who wait with it. */
const sharedMs = 600_000

const removalRetry = { retries: 1, longestWaitMs: 1_000 }

/** Whose a file is, and under which policy it is removed. Kept as long as the file: it holds no call's record. */
export type UploadOwner = Pick<CallContext, 'services' | 'provider' | 'guard' | 'limits' | 'secretRequest'>

/** A file at a service, or on its way there. */
export interface Upload {
  readonly key: string
  readonly remove: UploadEffect['remove']
  readonly run: RunOperation
  readonly owner: UploadOwner
  readonly scope: CallScope
  readonly fileId: Promise<string>
  /** Calls under way that use it. */
  readonly users: Set<CallUploads>
  state: 'pending' | 'held' | 'failed'
}

/**
 * What a client has put at its services, by provider, credential and content. Calls that need the same content share
 * one upload, at the same time and later on; the last call to leave it decides what becomes of it.
 */
export class UploadRegistry {
  readonly #byKey = new Map<string, Upload>()
  /** Could not be removed; {@link takeIdle} gives them for another try. */
  readonly #left = new Set<Upload>()
  readonly #late = new Set<Promise<void>>()

  /** The files of one call. Settle it when the call is over, however it ended. */
  open(): CallUploads {
    return new CallUploads(this)
  }

  /** The upload of this content: the one that is there, or a new one. From now on `user` uses it. */
  acquire(key: string, user: CallUploads, context: CallContext, effect: UploadEffect, run: RunOperation): Upload {
    const known = this.#byKey.get(key)
    const upload = known ?? this.#begin(key, context, effect, run)
    upload.users.add(user)
    return upload
  }

  /** One user less. The file goes when nobody else uses it, unless it is to be kept. */
  async release(upload: Upload, user: CallUploads, outcome: UploadOutcome): Promise<'removed' | 'stays' | 'left'> {
    upload.users.delete(user)
    if (upload.users.size > 0 || (outcome === 'kept' && upload.state === 'held')) return 'stays'
    if (this.#byKey.get(upload.key) === upload) this.#byKey.delete(upload.key)
    if (upload.state === 'failed') return 'removed'
    if (upload.state === 'held') return this.remove(upload, upload.owner)
    const late = this.#removeLate(upload).finally(() => this.#late.delete(late))
    this.#late.add(late)
    return 'removed'
  }

  /** What is held and used by no call; from now on no call finds it. */
  takeIdle(): readonly Upload[] {
    const idle = [...this.#byKey.values()].filter(({ users, state }) => users.size === 0 && state === 'held')
    for (const { key } of idle) this.#byKey.delete(key)
    const all = [...this.#left, ...idle]
    this.#left.clear()
    return all
  }

  /** For another try of {@link takeIdle}. */
  keep(upload: Upload): void {
    this.#left.add(upload)
  }

  /**
   * Removes a file. One that cannot be removed is remembered for {@link takeIdle}; `tell` gets the error. Without a
   * `parent` the removal goes on after the call that it belongs to.
   */
  async remove(
    upload: Upload,
    { services, provider, guard, limits, secretRequest }: UploadOwner,
    tell?: (error: unknown) => void,
    parent?: CallScope,
  ): Promise<'removed' | 'left'> {
    const scope = new CallScope({ wheel: upload.scope.wheel, limitMs: removalMs, ...(parent && { parent }) })
    // A record of its own: the call's states the answer, not what was cleaned up after it.
    const target = { provider: provider.name, providerLogging: provider.providerLogging }
    const record = new CallRecord(target, guard, services.network, randomUUID())
    const context = {
      services,
      provider,
      guard,
      scope,
      limits,
      retry: removalRetry,
      secretRequest,
      record,
      priority: 0,
    }
    try {
      await upload.run(context, upload.remove(await upload.fileId))
      return 'removed'
    } catch (error) {
      // Gone already: what was wanted.
      if (NotFoundError.isInstance(error)) return 'removed'
      this.keep(upload)
      tell?.(record.complete(error))
      return 'left'
    } finally {
      scope.end()
    }
  }

  /** Ends what is still on its way and waits for the clean-up. For the end of the client. */
  async close(reason: unknown): Promise<void> {
    for (const { state, scope } of this.#byKey.values()) if (state === 'pending') scope.fail(reason)
    await Promise.all(this.#late)
  }

  #begin(key: string, context: CallContext, { put, remove }: UploadEffect, run: RunOperation): Upload {
    // A scope of its own, since several calls share it: the abort of one must not end it for the others.
    const limitMs = Math.max(sharedMs, context.scope.remainingMs)
    const scope = new CallScope({ wheel: context.scope.wheel, limitMs })
    const fileId = run({ ...context, scope }, put())
    const { services, provider, guard, limits, secretRequest } = context
    const owner = { services, provider, guard, limits, secretRequest }
    const upload: Upload = { key, remove, run, owner, scope, fileId, users: new Set(), state: 'pending' }
    this.#byKey.set(key, upload)
    fileId
      .then(
        () => {
          upload.state = 'held'
        },
        () => {
          upload.state = 'failed'
          // The next call tries anew.
          if (this.#byKey.get(key) === upload) this.#byKey.delete(key)
        },
      )
      .finally(() => scope.end())
    return upload
  }

  async #removeLate(upload: Upload): Promise<void> {
    const timer = setTimeout(() => upload.scope.fail(new Error('nobody waits for the upload any more')), lateMs)
    try {
      await upload.fileId
      await this.remove(upload, upload.owner)
    } catch {
      // It failed after all: nothing is there to be removed.
    } finally {
      clearTimeout(timer)
    }
  }
}

const none: readonly never[] = Object.freeze([])

/** The files that one call uses. */
export class CallUploads {
  readonly #registry: UploadRegistry
  #used: readonly Upload[] = none

  constructor(registry: UploadRegistry) {
    this.#registry = registry
  }

  get isEmpty(): boolean {
    return this.#used.length === 0
  }

  /** The id of a file with this content at the service: put there now, by another call at this moment, or before. */
  async use(context: CallContext, effect: UploadEffect, run: RunOperation): Promise<string> {
    const { services, provider, guard, scope, secretRequest } = context
    const credential = await scope.race(services.authorizer.keyOf(provider, secretRequest))
    // What one policy let out, or refused to, says nothing about a call under another one.
    const key = JSON.stringify([provider.name, credential, guard.digest, effect.key])
    const upload = this.#registry.acquire(key, this, context, effect, run)
    if (!this.#used.includes(upload)) this.#used = [...this.#used, upload]
    return scope.race(upload.fileId)
  }

  /**
   * The call is over. `'delete'`, which is also right for a call that failed, removes each file that no other call
   * uses at this moment. Never throws: what could not be removed is told by a warning, and waits for `deleteUploads`.
   */
  async settle(outcome: UploadOutcome): Promise<readonly Warning[]> {
    if (this.isEmpty) return []
    const used = this.#used
    this.#used = none
    const ends = await Promise.all(used.map((upload) => this.#registry.release(upload, this, outcome)))
    const left = ends.filter((end) => end === 'left').length
    if (left === 0) return []
    const message = `${left} uploaded file${left === 1 ? '' : 's'} could not be deleted; client.deleteUploads() tries again`
    return [{ code: 'upload-not-deleted', setting: 'uploads', message }]
  }
}

/** The files of one call, in the registry of its client. */
export function openUploads({ uploads }: ClientServices): CallUploads {
  return uploads.open()
}
