import { ConfigurationError } from '../errors/configuration-error.ts'
import type { Provider } from '../provider.ts'
import type { CallTarget } from './call-record.ts'

/** A target as the caller named it, found but not yet judged. */
export interface Target {
  readonly provider: Provider
  readonly modelId: string
  /** `'<provider>/<model>'` */
  readonly name: string
  /** As records state it. */
  readonly stated: CallTarget
}

/** By the providers of a client: it asks for the same few names in each call. */
const found = new WeakMap<ReadonlyMap<string, Provider>, Map<string, Target>>()
const foundLimit = 200

/** Finds `'<provider>/<model>'`: the same object for the same name. @throws ConfigurationError */
export function findTarget(providers: ReadonlyMap<string, Provider>, model: unknown): Target {
  let known = found.get(providers)
  if (!known) found.set(providers, (known = new Map()))
  const before = known.get(model as string)
  if (before) return before
  const target = parseTarget(providers, model)
  if (known.size < foundLimit) known.set(target.name, target)
  return target
}

export function createTarget(provider: Provider, modelId: string): Target {
  const { name, providerLogging } = provider
  return Object.freeze({
    provider,
    modelId,
    name: `${name}/${modelId}`,
    stated: Object.freeze({ provider: name, model: modelId, providerLogging }),
  })
}

function parseTarget(providers: ReadonlyMap<string, Provider>, model: unknown): Target {
  if (typeof model !== 'string' || model.trim() === '') {
    throw new ConfigurationError("model must be a string such as 'provider/model'", {
      hint: Array.isArray(model)
        ? 'Несколько моделей по очереди — это model: client.fallback([…]); здесь нужна одна строка.'
        : `Укажите model: '${providers.keys().next().value}/…'.`,
    })
  }
  const slash = model.indexOf('/')
  const provider = slash > 0 ? providers.get(model.slice(0, slash)) : undefined
  if (provider && slash < model.length - 1) return createTarget(provider, model.slice(slash + 1))
  const shown = model.slice(0, 100)
  const known = [...providers.keys()].map((name) => `'${name}/…'`).join(', ')
  const reason =
    slash > 0 && !provider ? 'names a provider that is not configured' : "is not of the form 'provider/model'"
  throw new ConfigurationError(`model '${shown}' ${reason}; configured: ${known}`, {
    code: 'config.model',
    hint: `Пишите модель как ${known}.`,
  })
}
