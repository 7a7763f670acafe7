import { createHash } from 'node:crypto'
import { ConfigurationError } from '../errors/configuration-error.ts'
import type { ProviderLogging } from '../provider.ts'
import { createRanges, type Ranges } from './addresses.ts'
import { copyPlain } from './copy-plain.ts'
import { isMasker, type Masker } from './masker.ts'
import { isSpelledPlainly, parseSpelled } from './parse-origin.ts'
import type { CatalogueEntry, DataRules, ModelDeclaration, OriginRule, PolicyDocument } from './policy-document.ts'
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

export interface CompiledProxy {
  readonly url: URL
  readonly ranges: Ranges
  readonly ca: string | undefined
}

export interface CompiledData {
  readonly personal: DataRules['personal']
  readonly special: 'deny' | 'allow'
  readonly masker: Masker | undefined
}

/** A policy document, checked, copied and taken apart. */
export interface CompiledPolicy {
  readonly name: string
  readonly digest: string
  readonly origins: readonly CompiledOrigin[] | undefined
  readonly addresses:
    | { readonly global: boolean; readonly ranges: Ranges; readonly pins: ReadonlyMap<string, Ranges> }
    | undefined
  /** `'none'` also when the document speaks of origins or addresses and of no proxy; `undefined`: it has no say. */
  readonly proxy: CompiledProxy | 'none' | undefined
  readonly models: { readonly developer: ReadonlySet<string>; readonly weights: ReadonlySet<string> } | undefined
  /** What may make a service reach elsewhere; `undefined`: nothing, where the policy has origins. */
  readonly remote: ReadonlySet<string> | undefined
  /** Permitted values; `undefined`: it has no say. */
  readonly providerLogging: ReadonlySet<ProviderLogging> | undefined
  readonly catalogue: readonly CatalogueEntry[]
  readonly data: CompiledData | undefined
  readonly audit: 'required' | 'strict' | undefined
  readonly mode: 'enforce' | 'observe'
  /** Unix time in ms at which observing ends; `Infinity` without an end. */
  readonly observeUntil: number
  readonly rules: readonly Rule[]
  /** Canonical JSON of what decides over sockets: addresses, pins, proxy, trust. */
  readonly network: string
}

const sections = [
  'name', 'version', 'description', 'origins', 'addresses', 'redirects', 'proxy', 'models', 'remote', 'providerLogging', 'catalogue', 'data', 'audit', 'tls', 'customTransport', 'mode', 'observeUntil', 'rules',
] // oxfmt-ignore
const developers = ['ru', 'foreign', 'unknown']
const loggings: readonly ProviderLogging[] = ['off', 'on', 'cannot be switched off', 'not stated']
const weights = ['own', 'adapted-foreign', 'undisclosed', 'unknown']

/** @throws ConfigurationError for anything unknown or malformed */
export function compilePolicy(given: PolicyDocument): CompiledPolicy {
  const document = copyPlain(given, 'policy') as unknown as PolicyDocument
  onlyKeys(document, sections, 'policy')
  if (typeof document.name !== 'string' || !/^[\w.-]{1,64}$/.test(document.name)) {
    fail('policy.name must be of letters, digits, dots and dashes', 'name политики: латиница, цифры, точка, дефис.')
  }
  onlyText(document.version, 'version')
  onlyText(document.description, 'description')
  onlyValue(document.redirects, 'deny', 'redirects')
  onlyValue(document.customTransport, 'deny', 'customTransport')
  if (document.mode !== undefined) onlyWords([document.mode], ['enforce', 'observe'], 'mode')
  if (document.audit !== undefined) onlyWords([document.audit], ['required', 'strict'], 'audit')
  if (document.tls !== undefined) {
    onlyKeys(document.tls, ['verify'], 'tls')
    onlyValue(document.tls.verify, true, 'tls.verify')
  }
  const origins = compileOrigins(document)
  const rules = compileRules(document)
  const data = compileData(document)
  const described = {
    ...document,
    rules: rules.map(nameAndVersion),
    ...(data?.masker && { data: { ...document.data, masker: nameAndVersion(data.masker) } }),
  }
  return Object.freeze({
    name: document.name,
    digest: digestOf(canonical(described)),
    origins,
    addresses: compileAddresses(document, origins),
    proxy: compileProxy(document),
    models: compileModels(document),
    remote: compileRemote(document),
    providerLogging: compileLogging(document),
    catalogue: compileCatalogue(document),
    data,
    audit: document.audit,
    mode: document.mode ?? 'enforce',
    observeUntil: readUntil(document),
    rules,
    network: describeNetwork(document),
  })
}

function nameAndVersion({ name, version }: Rule | Masker): { readonly name: string; readonly version: string } {
  return { name, version }
}

/** The same policy, only watching. @param until `YYYY-MM-DD`, the last day of it */
export function compileObserved(policy: CompiledPolicy, until: string | undefined): CompiledPolicy {
  const digest = digestOf(canonical({ observe: policy.digest, until: until ?? null }))
  return Object.freeze({ ...policy, digest, mode: 'observe' as const, observeUntil: endOf(until) })
}

/** True while a policy only records what it would refuse. */
export function isObserving({ mode, observeUntil }: CompiledPolicy): boolean {
  return mode === 'observe' && Date.now() < observeUntil
}

function readUntil({ mode, observeUntil }: PolicyDocument): number {
  if (observeUntil !== undefined && mode !== 'observe') {
    fail('policy.observeUntil goes with mode observe', "observeUntil имеет смысл только с mode: 'observe'.")
  }
  return endOf(observeUntil)
}

/** The end of a day in UTC. */
function endOf(day: string | undefined): number {
  if (day === undefined) return Infinity
  const start = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : NaN
  if (Number.isNaN(start) || new Date(start).toISOString().slice(0, 10) !== day) {
    return fail('the last day of observing must be a date YYYY-MM-DD', "Дата пишется как '2027-01-31'.")
  }
  return start + 86_400_000
}

function compileData({ data }: PolicyDocument): CompiledData | undefined {
  if (data === undefined) return undefined
  onlyKeys(data, ['personal', 'special', 'masker'], 'data')
  const { personal, special = 'allow', masker } = data
  if (personal !== undefined) onlyWords([personal], ['mask', 'deny', 'report'], 'data.personal')
  onlyWords([special], ['deny', 'allow'], 'data.special')
  if (masker !== undefined && !isMasker(masker)) {
    fail('policy.data.masker must be made by masker()', 'masker: результат russianMasker() из @shlyuz/personal-data.')
  }
  if (personal !== undefined && masker === undefined) {
    fail(
      'policy.data.personal needs a masker to find personal data',
      'Возьмите personalData() из @shlyuz/personal-data или добавьте masker: russianMasker().',
    )
  }
  return Object.freeze({ personal, special, masker })
}

function compileCatalogue({ catalogue, models }: PolicyDocument): readonly CatalogueEntry[] {
  const entries = listOf(catalogue, 'catalogue') ?? []
  if (entries.length > 0 && models === undefined) {
    fail('policy.catalogue needs models: nothing judges by it', 'catalogue имеет смысл только вместе с models.')
  }
  for (const entry of entries) {
    onlyKeys(entry, ['provider', ...declarationKeys], 'catalogue')
    if (typeof entry.provider !== 'string' || entry.provider === '') {
      fail('an entry of the catalogue needs its provider', 'catalogue: укажите provider — вид провайдера.')
    }
    const { provider, ...model } = entry
    const others = entries.filter((other) => other.provider === provider)
    checkDeclaration(model, others.indexOf(entry), others)
  }
  return entries
}

export function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

function describeNetwork({ addresses, proxy, origins }: PolicyDocument): string {
  const own = origins?.filter((one) => typeof one !== 'string' && (one.ca !== undefined || one.addresses !== undefined))
  return canonical({
    addresses: addresses ?? null,
    proxy: proxy?.mode === 'explicit' ? proxy : null,
    trust: own ?? null,
  })
}

function compileOrigins({ origins }: PolicyDocument): CompiledPolicy['origins'] {
  const compiled = listOf(origins, 'origins')?.map(compileOrigin)
  const special = compiled?.filter(({ ca, ranges, models }) => ca !== undefined || ranges || models.length > 0)
  const twice = special?.find(({ origin }, index) => special.findIndex((one) => one.origin === origin) < index)
  if (twice) fail(`${twice.origin} is described twice`, `Опишите ${twice.origin} в origins (also) один раз.`)
  return compiled && Object.freeze(compiled)
}

function compileOrigin(given: string | OriginRule): CompiledOrigin {
  const one = (typeof given === 'string' ? copyPlain({ origin: given }, 'origins') : given) as unknown as OriginRule
  onlyKeys(one, ['origin', 'addresses', 'ca', 'models'], 'origins')
  onlyText(one.ca, 'origins.ca')
  const models = listOf(one.models, 'models') ?? []
  models.forEach(checkDeclaration)
  const url = readOrigin(one.origin)
  return Object.freeze({
    origin: url.origin,
    url,
    ranges: one.addresses && createRanges(listOf(one.addresses, 'origins.addresses') ?? []),
    ca: one.ca,
    models,
  })
}

function readOrigin(spelled: unknown): URL {
  const parsed = typeof spelled === 'string' ? parseSpelled(spelled) : undefined
  const url = parsed?.url
  const plain = parsed && isSpelledPlainly(parsed) && !parsed.hasUserinfo && !parsed.url.hostname.endsWith('.')
  if (url && plain && url.pathname === '/' && !url.search && !url.hash && /^https?:$/.test(url.protocol)) return url
  return fail(
    `'${String(spelled).slice(0, 100)}' is not an origin`,
    "Адрес в политике: схема, узел и порт без пути, например 'https://llm.corp.example:8443'.",
  )
}

const declarationKeys = ['id', 'developer', 'weights', 'base', 'source', 'asOf']

function checkDeclaration(model: ModelDeclaration, index: number, all: readonly ModelDeclaration[]): void {
  onlyKeys(model, declarationKeys, 'models')
  for (const key of ['id', 'source', 'asOf'] as const) {
    if (typeof model[key] !== 'string' || model[key] === '') {
      fail('a declared model needs id, developer, weights, source and asOf', `Укажите ${key} объявленной модели.`)
    }
  }
  onlyText(model.base, 'models.base')
  onlyWords([model.developer], developers, 'models.developer')
  onlyWords([model.weights], weights, 'models.weights')
  const id = model.id.toLowerCase()
  if (all.findIndex((one) => one.id?.toLowerCase?.() === id) < index) {
    fail(`model '${model.id.slice(0, 100)}' is declared twice`, 'Объявите модель один раз.')
  }
}

function compileAddresses(
  { addresses }: PolicyDocument,
  origins: CompiledPolicy['origins'],
): CompiledPolicy['addresses'] {
  if (addresses === undefined) return undefined
  onlyKeys(addresses, ['classes', 'cidrs', 'pins'], 'addresses')
  const classes = listOf(addresses.classes, 'addresses.classes') ?? []
  onlyWords(classes, ['global'], 'addresses.classes')
  if (addresses.pins !== undefined) onlyKeys(addresses.pins, undefined, 'addresses.pins')
  const pins = Object.entries(addresses.pins ?? {}).map(
    ([host, cidrs]) => [readPinnedHost(host, origins), createRanges(listOf(cidrs, 'addresses.pins') ?? [])] as const,
  )
  return {
    global: classes.includes('global'),
    ranges: createRanges(listOf(addresses.cidrs, 'addresses.cidrs') ?? []),
    pins: new Map(pins),
  }
}

/** As the connection will spell it; a pin that no connection meets would pin nothing. */
function readPinnedHost(host: string, origins: CompiledPolicy['origins']): string {
  const hostname = URL.parse(`https://${host}/`)?.hostname
  const plain = hostname !== undefined && isSpelledPlainly({ url: new URL(`https://${hostname}/`), rawHost: host })
  if (plain && (!origins || origins.some(({ url }) => url.hostname === hostname))) return bareHost(hostname)
  return fail(
    `addresses.pins: '${host.slice(0, 100)}' is not the host of a listed origin`,
    'pins: ключ — узел одного из адресов origins, без схемы и порта.',
  )
}

function compileProxy({ proxy, origins, addresses }: PolicyDocument): CompiledPolicy['proxy'] {
  if (proxy === undefined) return (origins ?? addresses) === undefined ? undefined : 'none'
  onlyKeys(proxy, proxy.mode === 'none' ? ['mode'] : ['mode', 'origin', 'addresses', 'ca'], 'proxy')
  if (proxy.mode === 'none') return 'none'
  if (proxy.mode !== 'explicit' || proxy.origin === undefined || proxy.addresses === undefined) return failProxy()
  onlyKeys(proxy.addresses, ['cidrs'], 'proxy.addresses')
  const cidrs = listOf(proxy.addresses.cidrs, 'proxy.addresses.cidrs') ?? failProxy()
  onlyText(proxy.ca, 'proxy.ca')
  return { url: readOrigin(proxy.origin), ranges: createRanges(cidrs), ca: proxy.ca }
}

function failProxy(): never {
  return fail(
    'an explicit proxy needs an origin and addresses',
    "proxy: { mode: 'explicit', origin: 'http://…:3128', addresses: { cidrs: ['10.1.0.0/24'] } }.",
  )
}

function compileModels({ models }: PolicyDocument): CompiledPolicy['models'] {
  if (models === undefined) return undefined
  onlyKeys(models, ['developer', 'weights'], 'models')
  if (!Array.isArray(models.developer) || !Array.isArray(models.weights)) {
    return fail('models needs the lists developer and weights', "models: { developer: ['ru'], weights: ['own'] }.")
  }
  // An unknown developer is refused by everything but '*': listing it would promise something else.
  onlyWords(models.developer, ['ru', 'foreign', '*'], 'models.developer')
  onlyWords(models.weights, [...weights, '*'], 'models.weights')
  return { developer: new Set(models.developer), weights: new Set(models.weights) }
}

function compileRemote({ remote }: PolicyDocument): CompiledPolicy['remote'] {
  const listed = listOf(remote, 'remote')
  if (listed === undefined) return undefined
  if (!listed.every((name) => /^[a-z][a-z0-9_]{0,63}$/.test(name))) {
    fail(
      "remote lists 'links' and names of services' tools, such as 'web_search'",
      "remote: ['links'] и имена инструментов сервиса, например 'web_search'.",
    )
  }
  return new Set(listed)
}

function compileLogging({ providerLogging }: PolicyDocument): CompiledPolicy['providerLogging'] {
  const listed = listOf(providerLogging, 'providerLogging')
  if (listed === undefined) return undefined
  onlyWords(listed, loggings, 'providerLogging')
  return new Set(listed)
}

function compileRules({ rules = [] }: PolicyDocument): readonly Rule[] {
  if (!Array.isArray(rules) || !rules.every(isRule))
    fail('rules must be made by rule()', 'rules: список результатов rule({ … }).')
  const names = rules.map((one) => one.name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) fail(`two rules are named '${twice}'`, `Переименуйте одно из правил '${twice}'.`)
  return rules
}

/** Without the brackets of an IPv6 address. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
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

/** @param known `undefined`: any */
function onlyKeys(given: object, known: readonly string[] | undefined, where: string): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    fail(`policy.${where} must be an object`, `${where}: нужен объект.`)
  const unknown = known && Object.keys(given).find((key) => !known.includes(key))
  if (unknown === undefined) return
  fail(
    `${where}: unknown key '${unknown.slice(0, 60)}'`,
    `Уберите '${unknown.slice(0, 60)}': известны ${known?.join(', ')}.`,
  )
}

function onlyValue(given: unknown, only: unknown, where: string): void {
  if (given === undefined || given === only) return
  fail(`policy.${where} can only be ${JSON.stringify(only)}`, `${where}: допускается только ${JSON.stringify(only)}.`)
}

function onlyText(given: unknown, where: string): void {
  if (given === undefined || (typeof given === 'string' && given !== '')) return
  fail(`policy.${where} must be a text`, `${where}: непустая строка.`)
}

function onlyWords(given: readonly unknown[], known: readonly string[], where: string): void {
  if (given.every((word) => typeof word === 'string' && known.includes(word))) return
  fail(`policy.${where} can only be of ${known.join(', ')}`, `${where}: допускается ${known.join(', ')}.`)
}

function fail(message: string, hint: string): never {
  throw new ConfigurationError(message, { code: 'config.policy', hint })
}
