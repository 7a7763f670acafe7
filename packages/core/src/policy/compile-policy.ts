import { createHash } from 'node:crypto'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { createRanges, type Ranges } from './addresses.ts'
import { isSpelledPlainly, parseSpelled } from './parse-origin.ts'
import type { ModelDeclaration, PolicyDocument, ProxyRule } from './policy-document.ts'
import { isRule, type Rule } from './rule.ts'

/** One listed origin. */
export interface CompiledOrigin {
  readonly origin: string
  readonly url: URL
  /** Ranges of its own; they replace those of the document for this host. */
  readonly ranges: Ranges | undefined
  readonly ca: string | undefined
  readonly models: readonly ModelDeclaration[]
}

/** A policy document, checked, copied and taken apart. */
export interface CompiledPolicy {
  readonly name: string
  readonly digest: string
  readonly origins: readonly CompiledOrigin[] | undefined
  readonly addresses:
    | { readonly global: boolean; readonly ranges: Ranges; readonly pins: ReadonlyMap<string, Ranges> }
    | undefined
  readonly proxy: { readonly url: URL; readonly ranges: Ranges; readonly ca: string | undefined } | undefined
  readonly models: { readonly developer: ReadonlySet<string>; readonly weights: ReadonlySet<string> } | undefined
  readonly rules: readonly Rule[]
  /** Canonical JSON of what decides over sockets: addresses, pins, proxy, trust. */
  readonly network: string
}

const sections = [
  'name', 'version', 'description', 'origins', 'addresses', 'redirects', 'proxy', 'models', 'tls', 'customTransport', 'rules',
] // oxfmt-ignore

/** @throws ConfigurationError for anything unknown or malformed */
export function compilePolicy(given: PolicyDocument): CompiledPolicy {
  const document = copyPlain(given, 'policy') as unknown as PolicyDocument
  onlyKeys(document, sections, 'policy')
  if (typeof document.name !== 'string' || !/^[\w.-]{1,64}$/.test(document.name)) {
    fail('policy.name must be of letters, digits, dots and dashes', 'name политики: латиница, цифры, точка, дефис.')
  }
  onlyValue(document.redirects, 'deny', 'redirects')
  onlyValue(document.customTransport, 'deny', 'customTransport')
  if (document.tls !== undefined) {
    onlyKeys(document.tls, ['verify'], 'tls')
    onlyValue(document.tls.verify, true, 'tls.verify')
  }
  const origins = listOf(document.origins, 'origins')?.map(compileOrigin)
  const addresses = compileAddresses(document)
  const rules = compileRules(given)
  const data = { ...document, rules: rules.map(({ name, version }) => ({ name, version })) }
  const trust = origins
    ?.filter(({ ca, ranges }) => ca !== undefined || ranges !== undefined)
    .map(({ origin }) => origin)
  const network = canonical({
    addresses: document.addresses ?? null,
    proxy: document.proxy?.mode === 'explicit' ? document.proxy : null,
    trust: (document.origins ?? []).filter(
      (one) => typeof one !== 'string' && trust?.includes(new URL(one.origin).origin),
    ),
  })
  return Object.freeze({
    name: document.name,
    digest: digestOf(canonical(data)),
    origins,
    addresses,
    proxy: compileProxy(document.proxy),
    models: compileModels(document),
    rules,
    network,
  })
}

export function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

function compileOrigin(given: string | { readonly origin: string }): CompiledOrigin {
  const one = typeof given === 'string' ? { origin: given } : given
  onlyKeys(one, ['origin', 'addresses', 'ca', 'models'], 'origins')
  const {
    origin: spelled,
    addresses,
    ca,
    models,
  } = one as Exclude<NonNullable<PolicyDocument['origins']>[number], string>
  const parsed = typeof spelled === 'string' ? parseSpelled(spelled) : undefined
  const plain = parsed && isSpelledPlainly(parsed, spelled) && !parsed.hasUserinfo && !parsed.url.hostname.endsWith('.')
  const bare =
    parsed && (parsed.url.pathname === '/' || parsed.url.pathname === '') && !parsed.url.search && !parsed.url.hash
  if (!parsed || !plain || !bare || !['https:', 'http:'].includes(parsed.url.protocol)) {
    return fail(
      `'${spelled.slice(0, 100)}' is not an origin`,
      "Адрес в политике: схема, узел и порт без пути, например 'https://llm.corp.example:8443'.",
    )
  }
  for (const model of listOf(models, 'models') ?? [])
    onlyKeys(model, ['id', 'developer', 'weights', 'source', 'asOf'], 'models')
  const incomplete = models?.some(
    (model) =>
      ![model.id, model.developer, model.weights, model.source, model.asOf].every(
        (text) => typeof text === 'string' && text !== '',
      ),
  )
  if (incomplete)
    fail(
      'a declared model needs id, developer, weights, source and asOf',
      'Укажите id, developer, weights, source и asOf модели.',
    )
  return Object.freeze({
    origin: parsed.url.origin,
    url: parsed.url,
    ranges: addresses && createRanges(listOf(addresses, 'origins.addresses') ?? []),
    ca,
    models: models ?? [],
  })
}

function compileAddresses({ addresses }: PolicyDocument): CompiledPolicy['addresses'] {
  if (addresses === undefined) return undefined
  onlyKeys(addresses, ['classes', 'cidrs', 'pins'], 'addresses')
  for (const name of listOf(addresses.classes, 'addresses.classes') ?? [])
    onlyValue(name, 'global', 'addresses.classes')
  const pins = Object.entries(addresses.pins ?? {}).map(
    ([host, cidrs]) => [host.toLowerCase(), createRanges(cidrs)] as const,
  )
  return {
    global: addresses.classes?.includes('global') ?? false,
    ranges: createRanges(addresses.cidrs ?? []),
    pins: new Map(pins),
  }
}

function compileProxy(proxy: ProxyRule | undefined): CompiledPolicy['proxy'] {
  if (proxy === undefined) return undefined
  onlyKeys(proxy, ['mode', 'origin', 'addresses', 'ca'], 'proxy')
  if (proxy.mode === 'none') return undefined
  if (proxy.mode !== 'explicit' || proxy.origin === undefined || !proxy.addresses?.cidrs) {
    return fail(
      'an explicit proxy needs an origin and addresses',
      "proxy: { mode: 'explicit', origin: 'http://…:3128', addresses: { cidrs: ['10.1.0.0/24'] } }.",
    )
  }
  return {
    url: compileOrigin(proxy.origin).url,
    ranges: createRanges(listOf(proxy.addresses.cidrs, 'proxy.addresses.cidrs') ?? []),
    ca: proxy.ca,
  }
}

function compileModels({ models }: PolicyDocument): CompiledPolicy['models'] {
  if (models === undefined) return undefined
  onlyKeys(models, ['developer', 'weights'], 'models')
  if (!Array.isArray(models.developer) || !Array.isArray(models.weights)) {
    return fail('models needs the lists developer and weights', "models: { developer: ['ru'], weights: ['own'] }.")
  }
  return { developer: new Set(models.developer), weights: new Set(models.weights) }
}

function compileRules({ rules }: PolicyDocument): readonly Rule[] {
  if (rules === undefined) return []
  if (!Array.isArray(rules) || !rules.every(isRule))
    fail('rules must be made by rule()', 'rules: список результатов rule({ … }).')
  const names = rules.map((one) => one.name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) fail(`two rules are named '${twice}'`, `Переименуйте одно из правил '${twice}'.`)
  return Object.freeze([...rules])
}

/** Own plain data only: a getter, a prototype or a later change of the caller's object has no effect. */
function copyPlain(value: unknown, where: string): Record<string, unknown> {
  const proto: unknown = typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined
  if (proto !== Object.prototype && proto !== null)
    return fail(`${where} must be a plain object`, `${where}: простой объект.`)
  const copy: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const [key, inner] of Object.entries(value as object)) {
    if (key !== 'rules' && inner !== undefined) copy[key] = copyValue(inner, `${where}.${key}`)
  }
  return copy
}

function copyValue(value: unknown, where: string): unknown {
  if (Array.isArray(value)) return value.map((inner: unknown, index) => copyValue(inner, `${where}[${index}]`))
  if (typeof value === 'object' && value !== null) return copyPlain(value, where)
  return value
}

/** JSON with sorted keys: the same policy has the same digest, however it is written. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return `{${entries
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`)
    .join(',')}}`
}

function listOf<T>(given: readonly T[] | undefined, where: string): readonly T[] | undefined {
  if (given === undefined || Array.isArray(given)) return given
  return fail(`policy.${where} must be a list`, `${where}: нужен список […].`)
}

function onlyKeys(given: object, known: readonly string[], where: string): void {
  if (typeof given !== 'object' || given === null) fail(`policy.${where} must be an object`, `${where}: нужен объект.`)
  const unknown = Object.keys(given).find((key) => !known.includes(key))
  if (unknown === undefined) return
  const later = ['mode', 'data'].includes(unknown) ? ' (observe mode and data rules are not offered yet)' : ''
  fail(
    `${where}: unknown key '${unknown.slice(0, 60)}'${later}`,
    `Уберите '${unknown.slice(0, 60)}': известны ${known.join(', ')}.`,
  )
}

function onlyValue(given: unknown, only: unknown, where: string): void {
  if (given === undefined || given === only) return
  fail(`policy.${where} can only be ${JSON.stringify(only)}`, `${where}: допускается только ${JSON.stringify(only)}.`)
}

function fail(message: string, hint: string): never {
  throw new ConfigurationError(message, { code: 'config.policy', hint })
}
