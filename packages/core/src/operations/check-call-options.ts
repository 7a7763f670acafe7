import { ConfigurationError } from '../errors/configuration-error.ts'
import type { Provider } from '../provider.ts'
import { checkKeys, isObject, refuse } from './checks.ts'

/** Options that every call takes. */
export const callOptionNames = ['policy', 'labels', 'signal', 'timeout', 'retries'] as const

/** @throws ConfigurationError for what is no object, or has an unknown key */
export function checkOptionNames(
  verb: string,
  options: unknown,
  names: readonly string[],
  example: string,
): asserts options is Record<string, unknown> {
  if (!isObject(options)) refuse(`${verb} takes an object of options`, `Пишите ${verb}(${example}).`)
  checkKeys(verb, options, [...names, ...callOptionNames])
}

/** A text with something in it. @throws ConfigurationError */
export function checkText(name: string, value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '') return value
  return refuse(`${name} must be a text that is not empty`, `${name}: непустая строка.`)
}

/** The options of a call for one provider, checked by its adapter. @throws ConfigurationError */
export function parseProviderOptions(provider: Provider, given: unknown): unknown {
  if (given === undefined) return provider.parseOptions(undefined)
  if (!isObject(given)) {
    throw new ConfigurationError('providerOptions must be an object', {
      hint: 'Пишите providerOptions: { <вид провайдера>: { … } }.',
    })
  }
  return provider.parseOptions(given[provider.kind])
}
