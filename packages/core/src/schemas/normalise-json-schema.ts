import type { JsonSchema } from '../vocabulary/schemas.ts'
import type { Loss } from '../vocabulary/warnings.ts'

/** What a service's JSON Schema cannot say. Absent: it can. */
export interface SchemaRules {
  /** For messages: `the service`. */
  readonly service: string
  /** `$ref` is put in place of itself; a schema that contains itself is refused. */
  readonly inlineReferences?: boolean
  /** `allOf` is merged into one schema. */
  readonly mergeAllOf?: boolean
  /** A union with `null` becomes its other branch, with a warning; any other union is refused. */
  readonly noUnions?: boolean
  /** Every object gets `properties`, if only empty ones. */
  readonly requireProperties?: boolean
}

export interface NormalisedSchema {
  readonly schema: JsonSchema
  readonly losses: readonly Loss[]
}

/** Levels of a schema: deeper ones are a mistake, or an attack. */
const depthLimit = 64

/** Schemas that one becomes when its references are put in place: doubled at each level, they have no end. */
const nodeLimit = 10_000

/** Losses told of one schema. */
const lossLimit = 32

/** Keywords whose values are schemas by name, lists of schemas, and single schemas. */
const namedKeywords = ['properties', 'patternProperties', 'dependentSchemas']
const listKeywords = ['anyOf', 'oneOf', 'allOf', 'prefixItems']
const singleKeywords = ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames']

/**
 * A schema in the form that a service takes. Each loss is told; what cannot be expressed is a loss that refuses the
 * call. `where` names the schema in messages: `tools.weather`.
 */
export function normaliseJsonSchema(schema: JsonSchema, rules: SchemaRules, where: string): NormalisedSchema {
  const walk = new SchemaWalk(schema, rules, where)
  const { $schema: _dialect, ...rest } = walk.visit(schema, [], [])
  return { schema: rest, losses: walk.losses }
}

class SchemaWalk {
  readonly losses: Loss[] = []
  readonly #root: JsonSchema
  readonly #rules: SchemaRules
  readonly #where: string
  #nodes = 0

  constructor(root: JsonSchema, rules: SchemaRules, where: string) {
    this.#root = root
    this.#rules = rules
    this.#where = where
  }

  /** `open`: the references being put in place at this moment. */
  visit(schema: JsonSchema, path: readonly string[], open: readonly string[]): Record<string, unknown> {
    if (path.length > depthLimit || open.length > depthLimit) {
      this.#refuse(path, 'is nested too deeply', 'упростите вложенность')
      return {}
    }
    if (++this.#nodes > nodeLimit) {
      if (this.#nodes === nodeLimit + 1) {
        const why = `becomes more than ${nodeLimit} schemas when its references are put in place`
        this.#refuse([], why, 'слишком велика: уберите повторяющиеся $ref')
      }
      return {}
    }
    const { noUnions, requireProperties } = this.#rules
    const direct = this.#dereference(schema, path, open)
    let { node } = direct
    if (this.#rules.mergeAllOf) node = this.#merge(node, path, direct.open)
    if (noUnions) node = this.#withoutUnion(node, path)
    if (node['$ref'] !== undefined && this.#rules.inlineReferences) return this.visit(node, path, direct.open)
    const visited = this.#visitChildren(node, path, direct.open)
    const isObjectType = visited['type'] === 'object' || (visited['type'] === undefined && visited['properties'])
    if (requireProperties && isObjectType && !isObject(visited['properties'])) visited['properties'] = {}
    return visited
  }

  #visitChildren(node: JsonSchema, path: readonly string[], open: readonly string[]): Record<string, unknown> {
    const visited: Record<string, unknown> = {}
    for (const [keyword, value] of Object.entries(node)) {
      // Set on a plain object, it would change its prototype.
      if (keyword === '__proto__') continue
      if ((keyword === '$defs' || keyword === 'definitions') && this.#rules.inlineReferences) continue
      const isNamed = namedKeywords.includes(keyword) || keyword === '$defs' || keyword === 'definitions'
      if (isNamed && isObject(value)) {
        visited[keyword] = Object.fromEntries(
          Object.entries(value).map(([name, one]) => [name, this.#visitAny(one, [...path, name], open)]),
        )
      } else if (listKeywords.includes(keyword) && Array.isArray(value)) {
        visited[keyword] = value.map((one, at) => this.#visitAny(one, [...path, `${keyword}[${at}]`], open))
      } else if (singleKeywords.includes(keyword) && isObject(value)) {
        visited[keyword] = this.visit(value, [...path, keyword], open)
      } else visited[keyword] = value
    }
    return visited
  }

  /** `true` and `false` are schemas too. */
  #visitAny(value: unknown, path: readonly string[], open: readonly string[]): unknown {
    return isObject(value) ? this.visit(value, path, open) : value
  }

  #dereference(
    schema: JsonSchema,
    path: readonly string[],
    open: readonly string[],
  ): { readonly node: JsonSchema; readonly open: readonly string[] } {
    const { $ref: reference, ...beside } = schema
    if (!this.#rules.inlineReferences || typeof reference !== 'string') return { node: schema, open }
    if (open.includes(reference)) {
      this.#refuse(path, 'contains itself', 'схема ссылается сама на себя: ограничьте вложенность')
      return { node: {}, open }
    }
    const target = this.#find(reference)
    if (!target) {
      this.#refuse(path, `refers to '${reference.slice(0, 80)}', which is not in it`, 'ссылка $ref ведёт в никуда')
      return { node: {}, open }
    }
    return { node: { ...target, ...beside }, open: [...open, reference] }
  }

  /** Only places within the schema itself: nothing is fetched. */
  #find(reference: string): JsonSchema | undefined {
    if (!reference.startsWith('#')) return undefined
    let found: unknown = this.#root
    for (const step of reference.slice(1).split('/').filter(Boolean)) {
      const key = decodeStep(step)
      if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
      found = (found as Record<string, unknown>)[key]
    }
    return isObject(found) ? found : undefined
  }

  #merge(schema: JsonSchema, path: readonly string[], open: readonly string[]): JsonSchema {
    const { allOf, ...rest } = schema
    if (!Array.isArray(allOf)) return schema
    let merged: Record<string, unknown> = rest
    for (const [at, one] of allOf.entries()) {
      if (isObject(one)) merged = mergeSchemas(merged, this.visit(one, [...path, `allOf[${at}]`], open))
    }
    return merged
  }

  #withoutUnion(schema: JsonSchema, path: readonly string[], depth = 0): JsonSchema {
    if (depth > depthLimit) {
      this.#refuse(path, 'is nested too deeply', 'упростите вложенность')
      return {}
    }
    const { type } = schema
    let node = schema
    if (Array.isArray(type)) {
      const types = type.filter((one) => one !== 'null')
      if (types.length > 1) this.#refuse(path, `may be of types ${types.join(', ')}`, 'оставьте один тип')
      if (types.length < type.length) this.#warnOfNull(path)
      node = withoutNull({ ...node, type: types[0] ?? 'null' })
    }
    for (const keyword of ['anyOf', 'oneOf'] as const) {
      const { [keyword]: branches, ...rest } = node
      if (!Array.isArray(branches)) continue
      const others = branches.filter((one) => !isNull(one))
      if (others.length !== 1) {
        this.#refuse(path, 'is a union of several schemas', 'объединение anyOf/oneOf замените одной схемой')
        return rest
      }
      if (others.length < branches.length) this.#warnOfNull(path)
      node = isObject(others[0]) ? this.#withoutUnion({ ...others[0], ...rest }, path, depth + 1) : rest
    }
    return node
  }

  #warnOfNull(path: readonly string[]): void {
    this.#lose({
      effect: 'warn',
      code: 'schema-null-dropped',
      setting: this.#where,
      message: `${this.#place(path)} may be null; ${this.#rules.service} has no unions, so null was left out of the schema`,
    })
  }

  #refuse(path: readonly string[], why: string, fix: string): void {
    this.#lose({
      effect: 'refuse',
      code: 'schema-unsupported',
      setting: this.#where,
      message: `${this.#rules.service} cannot express the schema: ${this.#place(path)} ${why}`,
      hint: `Схема ${this.#place(path)}: ${fix}.`,
    })
  }

  /** A refusal is told whatever else there is. */
  #lose(loss: Loss): void {
    if (this.losses.length < lossLimit) this.losses.push(loss)
    else if (loss.effect === 'refuse' && !this.losses.some(({ effect }) => effect === 'refuse')) this.losses.push(loss)
  }

  #place(path: readonly string[]): string {
    return [this.#where, ...path.slice(0, 8)].join('.').slice(0, 120)
  }
}

function mergeSchemas(a: Record<string, unknown>, b: Record<string, unknown>): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...a, ...b }
  if (isObject(a['properties']) && isObject(b['properties'])) {
    merged['properties'] = { ...a['properties'], ...b['properties'] }
  }
  if (Array.isArray(a['required']) && Array.isArray(b['required'])) {
    merged['required'] = [...new Set([...(a['required'] as unknown[]), ...(b['required'] as unknown[])])]
  }
  return merged
}

function withoutNull(schema: JsonSchema): JsonSchema {
  const { enum: values } = schema
  return Array.isArray(values) ? { ...schema, enum: values.filter((one) => one !== null) } : schema
}

function isNull(schema: unknown): boolean {
  return isObject(schema) && (schema['type'] === 'null' || schema['const'] === null)
}

function decodeStep(step: string): string {
  let text = step
  try {
    text = decodeURIComponent(step)
  } catch {
    // Not percent-encoded after all.
  }
  return text.replaceAll('~1', '/').replaceAll('~0', '~')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
