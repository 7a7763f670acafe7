import type { ProviderResult } from '../client-types.ts'
import type { ExtraOperation, Provider } from '../provider.ts'
import { runOperation } from './run-operation.ts'
import { runCall, type CallFrame } from './run-call.ts'

/** Runs an operation that one provider alone has: through the same policy and the same door. */
export function runExtra(
  frame: CallFrame,
  provider: Provider,
  operation: string,
  input: unknown,
): Promise<ProviderResult<unknown>> {
  const extra = provider.extras?.[operation] as ExtraOperation
  const { model: modelId, remoteUrls = 0, remoteTools = [], steps } = extra.run(input as never)
  const aim = {
    provider,
    operation: extra.operation,
    content: { messages: 0, characters: 0, images: 0, files: 0, remoteUrls, remoteTools },
    isOpaque: true,
    ...(modelId !== undefined && { modelId }),
  }
  return runCall(frame, aim, async ({ context, record }) => {
    const data = await runOperation(context, steps, undefined)
    return Object.freeze({ data, policy: record.receipt(), attempts: Object.freeze([...record.attempts]) })
  })
}
