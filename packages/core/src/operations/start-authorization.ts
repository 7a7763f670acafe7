import type { StartAuthorization } from '../auth/authorizer.ts'
import { createDeniedError } from '../policy/create-denied-error.ts'
import type { Access, Operation } from '../provider.ts'
import { CallScope } from '../transport/call-scope.ts'
import type { CallContext } from './call-context.ts'
import { CallRecord } from './call-record.ts'
import { auditDenial } from './audit-call.ts'
import { createIntent } from './create-intent.ts'
import { runOperation } from './run-operation.ts'

/** Shortest limit: a caller in a hurry must not end the exchange for those who wait with it. */
const sharedMs = 60_000

/**
 * Runs a token exchange in a scope of its own, since several calls share it: the abort of one caller must not end it
 * for the others. It passes the same door under the client's policy: the credential is the client's, and the rules of
 * one call must not decide for those who wait with it.
 */
export function createStartAuthorization(context: CallContext): StartAuthorization {
  return (credential, secrets) => {
    const scope = new CallScope({ wheel: context.scope.wheel, limitMs: Math.max(sharedMs, context.scope.remainingMs) })
    const { provider, services } = context
    const { guard } = services
    const record = new CallRecord(
      { provider: provider.name, providerLogging: 'off' },
      guard,
      services.network,
      context.record.id,
    )
    const { model: _asked, ...shared } = context
    const access = authorize({ ...shared, guard, scope, record }, () => credential.authorize(secrets))
    return { access, cancel: () => scope.fail(new Error('nobody waits for the token any more')) }
  }
}

async function authorize(context: CallContext, begin: () => Operation<Access>): Promise<Access> {
  const { guard, provider, record, scope } = context
  try {
    record.intent = createIntent(provider, { operation: 'token' })
    const decision = await guard.judgeIntent(record.intent)
    record.decide(decision)
    if (decision.verdict === 'deny') throw createDeniedError(decision)
    return await runOperation(context, begin(), undefined)
  } catch (error) {
    throw await auditDenial(context.services, record, record.complete(error))
  } finally {
    scope.end()
  }
}
