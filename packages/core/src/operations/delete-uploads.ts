import type { Provider } from '../provider.ts'
import { runCall, type CallFrame } from './run-call.ts'
import { runSideBySide } from './run-side-by-side.ts'
import type { Upload } from './uploads.ts'

const concurrency = 4

/**
 * Removes what a client holds at its services and no call uses. What cannot be removed is remembered, and the first
 * error comes out once all was tried.
 */
export async function deleteUploads(frame: CallFrame): Promise<{ readonly deleted: number }> {
  const { uploads } = frame.services
  const byProvider = Map.groupBy(uploads.takeIdle(), ({ owner }) => owner.provider)
  const failures: unknown[] = []
  let deleted = 0
  await runSideBySide(frame.scope, [...byProvider], 1, async ([provider, files]) => {
    try {
      deleted += await deleteOf(frame, provider, files, failures)
    } catch (error) {
      for (const file of files) uploads.keep(file)
      failures.push(error)
    }
  })
  if (failures.length > 0) throw failures[0]
  return Object.freeze({ deleted })
}

function deleteOf(
  frame: CallFrame,
  provider: Provider,
  files: readonly Upload[],
  failures: unknown[],
): Promise<number> {
  return runCall(frame, { provider, operation: 'files' }, async () => {
    const { services, guard, timeouts, scope } = frame
    const ends = await runSideBySide(scope, files, concurrency, (file) => {
      const { secretRequest } = file.owner
      const owner = { services, provider, guard, limits: timeouts, secretRequest }
      return services.uploads.remove(file, owner, (error) => failures.push(error), scope)
    })
    return ends.filter((end) => end === 'removed').length
  })
}
