import type { Operation, ParallelLimit } from '@shlyuz/core'
import type { GigachatSettings } from './gigachat-settings.ts'

/** Source: developers.sber.ru, GigaChat API, limits: one stream at a time for individuals, ten for businesses. */
const forIndividuals = 1
const forBusinesses = 10

/**
 * Requests to models at the same time. They go by the scope of the account, which only an authorisation key has; for
 * another credential the limit is not known, unless `scope` is given.
 */
export function gigachatParallel({ scope, accessToken, user, clientCertificate }: GigachatSettings): ParallelLimit {
  const hasKey = accessToken === undefined && user === undefined && clientCertificate === undefined
  return Object.freeze<ParallelLimit>({
    operations: ['chat', 'embed', 'image', 'classify'],
    *limit(): Operation<number | undefined> {
      const named = scope ?? (yield { do: 'read', source: { env: 'GIGACHAT_SCOPE' } })
      if (named === undefined && !(hasKey && (yield* offersKey()))) return undefined
      return named === undefined || named === 'GIGACHAT_API_PERS' ? forIndividuals : forBusinesses
    },
  })
}

/** A token or a password in the environment tells nothing of the account. */
function* offersKey(): Operation<boolean> {
  const others = ['GIGACHAT_ACCESS_TOKEN', 'GIGACHAT_USER']
  for (const env of others) if ((yield { do: 'read', source: { env } }) !== undefined) return false
  return true
}
