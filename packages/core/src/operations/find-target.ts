import { ConfigurationError } from '../errors/configuration-error.ts'
import type { Provider } from '../provider.ts'

/** A target as the caller named it, found but not yet judged. */
export interface Target {
  readonly provider: Provider
  readonly modelId: string
}

/** Finds `'<provider>/<model>'`. @throws ConfigurationError */
export function findTarget(providers: ReadonlyMap<string, Provider>, model: unknown): Target {
  if (typeof model !== 'string' || model.trim() === '') {
    throw new ConfigurationError("model must be a string such as 'provider/model'", {
      hint: Array.isArray(model)
        ? 'Несколько моделей по очереди — это model: client.fallback([…]); здесь нужна одна строка.'
        : `Укажите model: '${providers.keys().next().value}/…'.`,
    })
  }
  const slash = model.indexOf('/')
  const provider = slash > 0 ? providers.get(model.slice(0, slash)) : undefined
  if (provider && slash < model.length - 1) return { provider, modelId: model.slice(slash + 1) }
  const shown = model.slice(0, 100)
  const known = [...providers.keys()].map((name) => `'${name}/…'`).join(', ')
  const reason =
    slash > 0 && !provider ? 'names a provider that is not configured' : "is not of the form 'provider/model'"
  throw new ConfigurationError(`model '${shown}' ${reason}; configured: ${known}`, {
    code: 'config.model',
    hint: `Пишите модель как ${known}.`,
  })
}
