import type { Provider } from '../provider.ts'
import { checkKeys, isObject, refuse } from './checks.ts'

/** Options that every call takes. */
export const callOptionNames = ['policy', 'labels', 'dataClass', 'priority', 'signal', 'timeout', 'retries'] as const

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

/** The options of a call for one provider, as they were given. @throws ConfigurationError */
export function optionsOf(given: unknown, { kind }: Provider): unknown {
  if (given === undefined) return undefined
  if (isObject(given)) return given[kind]
  return refuse('providerOptions must be an object', 'Пишите providerOptions: { <вид провайдера>: { … } }.')
}

/** The same, checked by its adapter. @throws ConfigurationError */
export function parseProviderOptions(provider: Provider, given: unknown): unknown {
  return provider.parseOptions(optionsOf(given, provider))
}
