import type { Operation, TokenPackages } from '@shlyuz/core'
import { gigachatAccountExtras } from './gigachat-account-extras.ts'
import { gigachatModels } from './gigachat-models.ts'

/**
 * Packages by the names that `GET /balance` has for them: the embedding models share one, and chat models go by their
 * size, whatever the generation. Which package the third generation uses up is not stated; Ultra is taken for Max.
 */
export const gigachatPackages: TokenPackages = Object.freeze<TokenPackages>({
  *left(): Operation<ReadonlyMap<string, number>> {
    const balance = yield* gigachatAccountExtras.balance.run(undefined).steps
    return new Map(balance.map(({ name, tokens }) => [name, tokens]))
  },
  packageOf: ({ catalogueId }) => {
    const card = gigachatModels.find(({ id }) => id.toLowerCase() === catalogueId.toLowerCase())
    if (card?.kind === 'embedding') return 'embeddings'
    if (/pro/i.test(catalogueId)) return 'GigaChat-Pro'
    return /max|ultra/i.test(catalogueId) ? 'GigaChat-Max' : 'GigaChat'
  },
})
