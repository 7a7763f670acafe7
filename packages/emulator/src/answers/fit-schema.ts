import { matchPattern } from './match-pattern.ts'
import { Mentions, plainWords, type MentionKind } from './mentions.ts'
import { isObject } from '../exchange.ts'

/**
 * A value that is valid under a JSON schema, made of the words of `about`: numbers, names, codes, quotes and members of
 * an `enum` that occur there go to the fields that ask for them; JSON in the text is used field by field. The same
 * schema and text give the same value. Understood are `type`, `enum`, `const`, `properties`, `required`,
 * `additionalProperties`, `items`, `prefixItems`, `anyOf` and `oneOf` (the first that is not null), `allOf`, `$ref`
 * within the schema, bounds, lengths, `format` and `pattern`; `not`, `if` and the like are not.
 */
export function fitSchema(schema: unknown, about: string): unknown {
  return fitMentions(schema, new Mentions(about)).value
}

/** A value, and how many of its parts the text spoke of. */
export interface Fit {
  readonly value: unknown
  readonly found: number
}

/** The same with mentions that are used up on the way. */
export function fitMentions(schema: unknown, mentions: Mentions): Fit {
  return new Filler(schema, mentions).make({ schema, name: '', depth: 0, given: mentions.json })
}

type Schema = Readonly<Record<string, unknown>>

interface Place {
  readonly schema: unknown
  /** Of the property, or of the list around. */
  readonly name: string
  readonly depth: number
  /** JSON values of the text that may fill this place. */
  readonly given: readonly unknown[]
}

const deepest = 12
/** Below this depth only what is required is filled, so that recursive schemas end. */
const depthOfOptional = 5
/** So many values are filled with all they may have; then only with what they must, and in the end not at all. */
const richValues = 2000
const mostValues = 20_000
const mostItems = 10_000

class Filler {
  readonly #root: unknown
  readonly #mentions: Mentions
  #made = 0

  constructor(root: unknown, mentions: Mentions) {
    this.#root = root
    this.#mentions = mentions
  }

  make(place: Place): Fit {
    const schema = this.#resolve(place.schema, 0)
    this.#made += 1
    if (place.depth > deepest || this.#made > mostValues) return { value: null, found: 0 }
    const plain = { ...place, schema }
    const given = this.#givenValue(schema, place.given)
    if ('const' in schema) return { value: schema['const'], found: 0 }
    if (Array.isArray(schema['enum']) && schema['enum'].length > 0) return this.#fillEnum(schema['enum'], place)
    if (given !== undefined) return { value: given, found: 1 }
    switch (typeOf(schema)) {
      case 'object':
        return this.#fillObject(schema, plain)
      case 'array':
        return this.#fillArray(schema, plain)
      case 'integer':
      case 'number':
        return this.#fillNumber(schema)
      case 'boolean':
        return this.#fillBoolean(place.name)
      case 'null':
        return { value: null, found: 0 }
      default:
        return this.#fillString(schema, place.name)
    }
  }

  /** The schema with references followed, `allOf` merged and a branch of `anyOf` or `oneOf` taken. */
  #resolve(schema: unknown, hops: number): Schema {
    if (!isObject(schema) || hops > 20) return {}
    let merged: Schema = schema
    if (typeof schema['$ref'] === 'string') {
      const { $ref: _ref, ...rest } = schema
      merged = mergeSchemas(this.#resolve(this.#lookUp(schema['$ref']), hops + 1), rest)
    }
    if (Array.isArray(merged['allOf'])) {
      const { allOf, ...rest } = merged
      const parts = (allOf as unknown[]).map((part) => this.#resolve(part, hops + 1))
      merged = parts.reduce<Schema>((all, part) => mergeSchemas(all, part), rest)
    }
    const branches = merged['anyOf'] ?? merged['oneOf']
    if (Array.isArray(branches) && branches.length > 0) {
      const { anyOf: _any, oneOf: _one, ...rest } = merged
      const resolved = branches.map((branch) => this.#resolve(branch, hops + 1))
      const branch = resolved.find((each) => typeOf(each) !== 'null') ?? resolved[0] ?? {}
      merged = mergeSchemas(rest, branch)
    }
    return merged
  }

  #lookUp(reference: string): unknown {
    if (!reference.startsWith('#')) return {}
    const steps = reference.slice(1).split('/').slice(1)
    return steps.reduce<unknown>((value, step) => {
      const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
      if (Array.isArray(value)) return value[Number(key)]
      return isObject(value) ? value[key] : undefined
    }, this.#root)
  }

  /** A value of the text's own JSON; objects and lists are filled part by part instead. */
  #givenValue(schema: Schema, given: readonly unknown[]): unknown {
    const type = typeOf(schema)
    if (type === 'object' || type === 'array') return undefined
    return given.find((value) => {
      if (type === 'string') return typeof value === 'string' && fitsString(value, schema) && fitsFormat(value, schema)
      if (type === 'integer') return Number.isInteger(value) && fitsNumber(value as number, schema)
      if (type === 'number') return typeof value === 'number' && fitsNumber(value, schema)
      return type === 'boolean' && typeof value === 'boolean'
    })
  }

  #fillEnum(members: readonly unknown[], { given, name }: Place): Fit {
    const stated = members.find((member) => given.includes(member))
    if (stated !== undefined) return { value: stated, found: 1 }
    const mentioned = members.find((member) => this.#isMentioned(String(member)))
    if (mentioned !== undefined) return { value: mentioned, found: 1 }
    const translated = members.find((member) => isMeant(String(member), this.#mentions.plain))
    if (translated !== undefined && name !== '') return { value: translated, found: 1 }
    return { value: members.find((member) => member !== null) ?? null, found: 0 }
  }

  #isMentioned(word: string): boolean {
    const plain = plainWords(word).replaceAll('_', ' ')
    if (plain.trim() === '') return false
    if (/^[\p{L}\p{N}]{1,3}$/u.test(plain)) {
      return new RegExp(`(?<![\\p{L}\\p{N}])${plain}(?![\\p{L}\\p{N}])`, 'u').test(this.#mentions.plain)
    }
    return this.#mentions.plain.includes(plain.length > 5 ? plain.slice(0, Math.max(5, plain.length - 2)) : plain)
  }

  #fillObject(schema: Schema, { depth, given }: Place): Fit {
    const properties = isObject(schema['properties']) ? schema['properties'] : {}
    const required = stringsOf(schema['required'])
    const objects = given.filter(isObject)
    const value: Record<string, unknown> = {}
    let found = 0
    for (const [name, property] of Object.entries(properties)) {
      const isRequired = required.includes(name)
      if (!isRequired && this.#isDeep(depth)) continue
      const own = objects.flatMap((object) => (Object.hasOwn(object, name) ? [object[name]] : []))
      const fit = this.make({ schema: property, name: labelOf(name, property), depth: depth + 1, given: own })
      const isWanted = isRequired || required.length === 0 || fit.found > 0
      if (isWanted) setOwn(value, name, fit.value)
      found += fit.found
    }
    for (const name of required) if (!Object.hasOwn(value, name)) this.#fillExtra(value, name, schema, depth)
    this.#fillUnnamed(value, schema, depth)
    return { value, found }
  }

  /** A required property that `properties` says nothing about. */
  #fillExtra(value: Record<string, unknown>, name: string, schema: Schema, depth: number): void {
    const extra = isObject(schema['additionalProperties']) ? schema['additionalProperties'] : {}
    setOwn(value, name, this.make({ schema: extra, name, depth: depth + 1, given: [] }).value)
  }

  #fillUnnamed(value: Record<string, unknown>, schema: Schema, depth: number): void {
    const extra = schema['additionalProperties']
    if (extra === false || this.#isDeep(depth)) return
    const isMap = isObject(extra) && !isObject(schema['properties'])
    const least = Math.max(numberOf(schema['minProperties']) ?? 0, isMap ? 1 : 0)
    for (let index = 1; Object.keys(value).length < least && index <= 100; index += 1) {
      const key = plainWords(this.#mentions.take('word') ?? `key${index}`)
      if (!Object.hasOwn(value, key)) this.#fillExtra(value, key, schema, depth)
    }
  }

  #fillArray(schema: Schema, { name, depth, given }: Place): Fit {
    const first = Array.isArray(schema['prefixItems']) ? (schema['prefixItems'] as unknown[]) : []
    const items = Array.isArray(schema['items']) ? (schema['items'] as unknown[])[0] : schema['items']
    const lists = given.filter((value): value is unknown[] => Array.isArray(value))
    const list = lists[0] ?? []
    const count = this.#countItems(schema, { items, name, depth, given: list }, first.length)
    const value: unknown[] = []
    let found = 0
    for (let index = 0; index < count; index += 1) {
      const own = index < list.length ? [list[index]] : []
      const itemSchema = first[index] ?? items ?? {}
      const fit = this.make({ schema: itemSchema, name, depth: depth + 1, given: own })
      const isTwin = schema['uniqueItems'] === true && value.some((other) => same(other, fit.value))
      value.push(isTwin ? makeOther(fit.value, index, this.#resolve(itemSchema, 0)) : fit.value)
      found += fit.found
    }
    return { value, found }
  }

  #countItems(
    schema: Schema,
    { items, name, depth, given }: { items: unknown; name: string; depth: number; given: readonly unknown[] },
    tuple: number,
  ): number {
    const least = Math.min(numberOf(schema['minItems']) ?? 0, mostItems)
    const most = numberOf(schema['maxItems']) ?? Infinity
    if (this.#isDeep(depth)) return Math.max(least, tuple)
    const item = this.#resolve(items, 0)
    const mentioned = typeOf(item) === 'string' ? this.#mentions.left(kindOf(name) ?? 'quote') : 0
    const wanted = given.length > 0 ? given.length : Math.max(Math.min(mentioned, 5), tuple, 1)
    const members = schema['uniqueItems'] === true && Array.isArray(item['enum']) ? item['enum'].length : Infinity
    return Math.max(least, Math.min(wanted, most, members))
  }

  #isDeep(depth: number): boolean {
    return depth >= depthOfOptional || this.#made > richValues
  }

  #fillNumber(schema: Schema): Fit {
    const isInteger = typeOf(schema) === 'integer'
    const fits = (text: string): boolean => {
      const number = Number(text)
      return (!isInteger || Number.isInteger(number)) && fitsNumber(number, schema)
    }
    const found = this.#mentions.take('number', fits)
    if (found !== undefined) return { value: Number(found), found: 1 }
    return { value: nearestNumber(schema, isInteger), found: 0 }
  }

  #fillBoolean(name: string): Fit {
    const stems = (plainWords(name).match(/\p{L}{4,}/gu) ?? []).map((word) => word.slice(0, 5))
    return { value: stems.some((stem) => this.#mentions.plain.includes(stem)), found: 0 }
  }

  #fillString(schema: Schema, name: string): Fit {
    const { pattern, format } = schema
    if (typeof pattern === 'string') {
      const text = matchPattern(pattern, this.#mentions.text)
      const isFound = text !== undefined && this.#mentions.text.includes(text)
      if (text !== undefined) return { value: fitLength(text, schema), found: isFound ? 1 : 0 }
    }
    if (typeof format === 'string' && formats[format] !== undefined) return this.#fillFormat(formats[format])
    const fits = (text: string): boolean => fitsString(text, schema)
    const kind = kindOf(name)
    const wanted: readonly MentionKind[] = kind === undefined ? ['quote', 'code', 'name'] : likes[kind]
    for (const each of wanted) {
      const found = this.#mentions.take(each, fits)
      if (found !== undefined) return { value: found, found: each === 'sentence' ? 0 : 1 }
    }
    if (kind === 'sentence') return { value: fitLength(this.#mentions.text || 'текст', schema), found: 0 }
    return { value: fitLength(isPlace(name) ? 'Москва' : this.#anyText(kind), schema), found: 0 }
  }

  #fillFormat({ kind, isGood, usual }: FormatRule): Fit {
    const found = kind === undefined ? undefined : this.#mentions.take(kind, isGood)
    return found === undefined ? { value: usual, found: 0 } : { value: found, found: 1 }
  }

  /** What stands in a string of which the text says nothing: its words, or its next sentence. */
  #anyText(kind: MentionKind | undefined): string {
    const { text } = this.#mentions
    if (kind === 'date') return 'сегодня'
    if (kind === 'code') return `A-${(text.length % 900) + 100}`
    if (kind === 'name') return this.#mentions.take('word') ?? 'Имя'
    if (text.length > 160) return (this.#mentions.take('sentence') ?? text).slice(0, 160)
    return text === '' ? 'текст' : text
  }
}

/** The words of a property's name and description. */
function labelOf(name: string, property: unknown): string {
  const description = isObject(property) && typeof property['description'] === 'string' ? property['description'] : ''
  return `${name.replace(/(?<=\p{Ll})(?=\p{Lu})/gu, ' ').replace(/[_.-]+/g, ' ')}\n${description}`
}

const kinds: readonly (readonly [RegExp, MentionKind])[] = [
  [/(?<!\p{L})e-?mail|почт/u, 'email'],
  [/(?<!\p{L})(?:urls?|uri|links?|href)(?!\p{L})|ссылк|(?<!\p{L})сайт/u, 'url'],
  [/expression|formula|выражени|формул/u, 'expression'],
  [
    /(?<!\p{L})(?:date|day|when|since|until|deadline)(?!\p{L})|(?<!\p{L})(?:дат[аыуе]|день|когда|срок)(?!\p{L})/u,
    'date',
  ],
  [
    /(?<!\p{L})(?:query|question|text|prompt|message|body|content|summary|search|description|explanation)(?!\p{L})/u,
    'sentence',
  ],
  [/запрос|вопрос|текст|сообщени|пояснени|объяснени|вывод|кратко/u, 'sentence'],
  [/(?<!\p{L})(?:id|code|number|order|sku|inn|articles?|ticket)(?!\p{L})|номер|(?<!\p{L})код|артикул|идентиф/u, 'code'],
  [/city|cities|town|location|place|region|country|address|origin|destination|person|author|customer|company/u, 'name'],
  [
    /(?<!\p{L})(?:names?|from|to)(?!\p{L})|город|мест[оа]|регион|стран[аы]|адрес|(?<!\p{L})(?:имя|имена|фамили)/u,
    'name',
  ],
  [/откуда|куда|клиент|автор|компани|организац|участник/u, 'name'],
]

function isPlace(label: string): boolean {
  return /city|cities|town|location|place|город|мест[оа]/u.test(plainWords(label))
}

/** Where a string of a kind comes from, best first. */
const likes: Readonly<Record<MentionKind, readonly MentionKind[]>> = {
  email: ['email'],
  url: ['url'],
  expression: ['expression', 'number'],
  date: ['date'],
  sentence: ['quote'],
  code: ['code', 'number', 'quote'],
  name: ['name', 'quote'],
  number: ['number'],
  quote: ['quote'],
  word: ['word'],
}

/** The property's own name counts before its description. */
function kindOf(label: string): MentionKind | undefined {
  for (const part of plainWords(label).split('\n')) {
    const kind = kinds.find(([words]) => words.test(part))?.[1]
    if (kind !== undefined) return kind
  }
  return undefined
}

interface FormatRule {
  readonly kind?: MentionKind
  readonly isGood?: (text: string) => boolean
  readonly usual: string
}

const formats: Readonly<Record<string, FormatRule>> = {
  date: { kind: 'date', isGood: (text) => /^\d{4}-\d{2}-\d{2}$/.test(text), usual: '2026-01-15' },
  'date-time': { usual: '2026-01-15T12:00:00Z' },
  time: { usual: '12:00:00Z' },
  duration: { usual: 'PT1H' },
  email: { kind: 'email', usual: 'ivan@example.ru' },
  'idn-email': { kind: 'email', usual: 'ivan@example.ru' },
  uri: { kind: 'url', usual: 'https://example.ru/' },
  'uri-reference': { kind: 'url', usual: 'https://example.ru/' },
  iri: { kind: 'url', usual: 'https://example.ru/' },
  url: { kind: 'url', usual: 'https://example.ru/' },
  uuid: { usual: '7f2c1a90-5b3d-4e68-9a41-0c8d2e6f1b35' },
  hostname: { usual: 'example.ru' },
  ipv4: { usual: '192.0.2.1' },
  ipv6: { usual: '2001:db8::1' },
}

/** Whether a text that was found is of the schema's format; of most formats only the usual text is sure to be. */
function fitsFormat(text: string, { format }: Schema): boolean {
  const rule = typeof format === 'string' ? formats[format] : undefined
  return rule === undefined || rule.isGood?.(text) === true
}

/** English members of an enumeration and the Russian words that mean them. */
const meanings: readonly (readonly [string, RegExp])[] = [
  ['celsius', /цельси|градус/],
  ['fahrenheit', /фаренгейт/],
  ['positive', /отличн|хорош|прекрасн|нрав|понравил|доволен|довольн|супер|рекоменд/],
  ['negative', /плох|ужас|отврат|недовол|слома|брак|разочаров/],
  ['neutral', /нормальн|обычн|средн/],
  ['rub', /рубл/],
  ['usd', /доллар/],
  ['eur', /евро/],
  ['cny', /юан/],
  ['high', /срочн|важн|высок/],
  ['low', /низк|неважн/],
]

function isMeant(member: string, plain: string): boolean {
  return meanings.some(([word, meaning]) => word === member.toLowerCase() && meaning.test(plain))
}

function typeOf(schema: Schema): string {
  const { type } = schema
  if (typeof type === 'string') return type
  if (Array.isArray(type)) return String(type.find((each) => each !== 'null') ?? 'null')
  if (isObject(schema['properties']) || 'required' in schema || 'additionalProperties' in schema) return 'object'
  if ('items' in schema || 'prefixItems' in schema || 'minItems' in schema) return 'array'
  if (['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'].some((key) => key in schema)) {
    return 'number'
  }
  return 'string'
}

/** Both schemas at once: properties and required joined, the narrower of two bounds. */
function mergeSchemas(first: Schema, second: Schema): Schema {
  const merged: Record<string, unknown> = { ...first, ...second }
  if (isObject(first['properties']) && isObject(second['properties'])) {
    merged['properties'] = { ...first['properties'], ...second['properties'] }
  }
  if ('required' in first && 'required' in second) {
    merged['required'] = [...new Set([...stringsOf(first['required']), ...stringsOf(second['required'])])]
  }
  for (const key of ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties']) {
    narrow(merged, key, first, second, Math.max)
  }
  for (const key of ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties']) {
    narrow(merged, key, first, second, Math.min)
  }
  if (Array.isArray(first['enum']) && Array.isArray(second['enum'])) {
    const others: unknown[] = second['enum']
    merged['enum'] = first['enum'].filter((member) => others.includes(member))
  }
  return merged
}

function narrow(
  merged: Record<string, unknown>,
  key: string,
  first: Schema,
  second: Schema,
  choose: (one: number, other: number) => number,
): void {
  const [one, other] = [numberOf(first[key]), numberOf(second[key])]
  if (one !== undefined && other !== undefined) merged[key] = choose(one, other)
}

interface Bounds {
  readonly least: number
  readonly most: number
  readonly opensLow: boolean
  readonly opensHigh: boolean
  readonly step: number | undefined
}

/** `exclusiveMinimum` is a number in newer drafts, and a flag beside `minimum` in draft 4. */
function boundsOf(schema: Schema): Bounds {
  const minimum = numberOf(schema['minimum']) ?? -Infinity
  const maximum = numberOf(schema['maximum']) ?? Infinity
  const above = numberOf(schema['exclusiveMinimum']) ?? -Infinity
  const below = numberOf(schema['exclusiveMaximum']) ?? Infinity
  const step = numberOf(schema['multipleOf'])
  return {
    least: Math.max(minimum, above),
    most: Math.min(maximum, below),
    opensLow: above >= minimum ? above > -Infinity : schema['exclusiveMinimum'] === true,
    opensHigh: below <= maximum ? below < Infinity : schema['exclusiveMaximum'] === true,
    step: step !== undefined && step > 0 ? step : undefined,
  }
}

function fitsNumber(value: number, schema: Schema): boolean {
  const { least, most, opensLow, opensHigh, step } = boundsOf(schema)
  const isAbove = opensLow ? value > least : value >= least
  const isBelow = opensHigh ? value < most : value <= most
  const isStep = step === undefined || Math.abs(value / step - Math.round(value / step)) < 1e-9
  return Number.isFinite(value) && isAbove && isBelow && isStep
}

/** A small number within the bounds. */
function nearestNumber(schema: Schema, isInteger: boolean): number {
  const { least, most, step = isInteger ? 1 : undefined } = boundsOf(schema)
  const start = Math.min(Math.max(1, least), most)
  const middle = Number.isFinite(least) && Number.isFinite(most) ? (least + most) / 2 : start
  const unit = step ?? 1
  const candidates = [
    start,
    Math.ceil(start / unit) * unit,
    Math.floor(start / unit) * unit,
    (Math.floor(start / unit) + 1) * unit,
    (Math.ceil(start / unit) - 1) * unit,
    start + 0.5,
    start - 0.5,
    middle,
    0,
  ]
  const good = candidates.find((value) => (!isInteger || Number.isInteger(value)) && fitsNumber(value, schema))
  return good ?? start
}

function fitsString(text: string, schema: Schema): boolean {
  const length = [...text].length
  if (length < (numberOf(schema['minLength']) ?? 0)) return false
  if (length > (numberOf(schema['maxLength']) ?? Infinity)) return false
  const { pattern } = schema
  if (typeof pattern !== 'string') return true
  try {
    return new RegExp(pattern, 'u').test(text)
  } catch {
    return true
  }
}

function fitLength(text: string, schema: Schema): string {
  const least = Math.min(numberOf(schema['minLength']) ?? 0, 1_000_000)
  const most = numberOf(schema['maxLength']) ?? Infinity
  const letters = [...text]
  if (letters.length > most) return letters.slice(0, most).join('')
  return letters.length < least ? text + 'а'.repeat(least - letters.length) : text
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** Another item of a list without twins. */
function makeOther(value: unknown, index: number, schema: Schema): unknown {
  const members: unknown = schema['enum']
  if (Array.isArray(members)) return members[index % members.length]
  if (typeof value === 'string') return fitsString(`${value} ${index + 1}`, schema) ? `${value} ${index + 1}` : value
  if (typeof value === 'number') {
    const next = [value + index * (boundsOf(schema).step ?? 1), value - index * (boundsOf(schema).step ?? 1)]
    return next.find((each) => fitsNumber(each, schema)) ?? value
  }
  if (typeof value === 'boolean') return !value
  if (!isObject(value)) return value
  const name = Object.keys(value).find((key) => typeof value[key] === 'string' || typeof value[key] === 'number')
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  if (name === undefined) return value
  return { ...value, [name]: makeOther(value[name], index, isObject(properties[name]) ? properties[name] : {}) }
}

/** Sets an own property, whatever its name is (`__proto__` too). */
function setOwn(value: Record<string, unknown>, name: string, content: unknown): void {
  Object.defineProperty(value, name, { value: content, enumerable: true, configurable: true, writable: true })
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []
}
