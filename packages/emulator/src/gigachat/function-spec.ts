import { Refusal } from '../answer.ts'
import { isObject } from '../exchange.ts'
import { apiError, refuseParams, refuseSchema } from './refusals.ts'

/** A function that a request describes. */
export interface FunctionSpec {
  readonly name: string
  readonly description?: string
  /** JSON schema of the arguments; a built-in function is listed without. */
  readonly parameters?: Readonly<Record<string, unknown>>
}

/** Functions of the service itself on `/v1`: they are listed by name, and run there. */
export const builtInFunctions: readonly string[] = ['text2image', 'text2model3d', 'get_file_content']

/** Of the live 422: Latin letters, `_`, `-`, `.`, and digits that do not lead. */
const goodName = /^[A-Za-z_.-][A-Za-z0-9_.-]*$/

/** True for a function of the user's own. */
export function isOwnFunction({ name }: FunctionSpec): boolean {
  return !builtInFunctions.includes(name)
}

/** Reads functions: each needs a name, and the user's own need `parameters`. @throws Refusal with 400 */
export function readFunctions(list: unknown, where: string): FunctionSpec[] {
  if (!Array.isArray(list)) throw refuseSchema(`${where} is not a list`)
  return list.map((entry: unknown, index) => readFunction(entry, `${where}[${index}]`))
}

function readFunction(entry: unknown, where: string): FunctionSpec {
  if (!isObject(entry)) throw refuseSchema(`${where} is not an object`)
  const { name, description, parameters, return_parameters: returns, few_shot_examples: examples } = entry
  if (typeof name !== 'string' || name === '') throw refuseSchema(`${where}.name is not a text`)
  if (description !== undefined && description !== null && typeof description !== 'string') {
    throw refuseSchema(`${where}.description is not a string`)
  }
  if (parameters !== undefined && !isObject(parameters)) throw refuseSchema(`${where}.parameters is not an object`)
  if (parameters === undefined && !builtInFunctions.includes(name)) {
    throw refuseSchema(`${where}.parameters is missing`)
  }
  if (returns !== undefined && returns !== null && !isObject(returns)) {
    throw refuseSchema(`${where}.return_parameters is not an object`)
  }
  if (examples !== undefined && examples !== null && !(Array.isArray(examples) && examples.every(isExample))) {
    throw refuseSchema(`${where}.few_shot_examples need a request as text and params as an object`)
  }
  return {
    name,
    ...(typeof description === 'string' ? { description } : {}),
    ...(parameters === undefined ? {} : { parameters }),
  }
}

function isExample(example: unknown): boolean {
  return isObject(example) && typeof example['request'] === 'string' && isObject(example['params'])
}

/** @throws Refusal with 422 for a name with other letters, and for a name that stands twice */
export function checkFunctionNames(functions: readonly FunctionSpec[]): void {
  const names = functions.map(({ name }) => name)
  const bad = names.filter((name) => !goodName.test(name))
  if (bad.length > 0) {
    throw refuseParams(
      'Invalid function names. Only Latin letters (A-Z or a-z), underscore (_), hyphen (-), dot (.) and digits ' +
        `(not leading) are allowed.: [${bad.join(' ')}]`,
    )
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw refuseParams(`function ${twice} is described twice`)
}

/**
 * Schemas as `/v1` takes them: `properties` at every level of an object (ai-forever/gigachain issue 253), no `$ref`.
 * The words for `$ref` and unions are ours.
 *
 * @throws Refusal with 422
 */
export function checkFunctionSchemas(functions: readonly FunctionSpec[], rules: 'current' | 'older'): void {
  for (const { name, parameters } of functions) {
    if (parameters === undefined) continue
    const missing = findMissingProperties(parameters, '', true)
    if (missing !== undefined) {
      throw new Refusal(apiError(422, `Field '${missing}' is missing`), `${name}: ${missing} is missing`)
    }
    if (hasKey(parameters, ['$ref'])) throw refuseParams(`parameters of function ${name} must not contain $ref`)
    if (rules === 'older' && hasKey(parameters, ['anyOf', 'oneOf', 'allOf'])) {
      throw refuseParams(`parameters of function ${name} must not contain unions`)
    }
  }
}

/** Path of the first object without `properties`, in the words of the service: `properties.data.properties`. */
export function findMissingProperties(schema: unknown, path: string, isRoot: boolean): string | undefined {
  if (!isObject(schema)) return undefined
  const { type, properties, items } = schema
  const isLevel = isRoot || type === 'object' || (Array.isArray(type) && type.includes('object'))
  if (isLevel && !isObject(properties)) return join(path, 'properties')
  if (isObject(properties)) {
    for (const [name, property] of Object.entries(properties)) {
      const missing = findMissingProperties(property, join(path, `properties.${name}`), false)
      if (missing !== undefined) return missing
    }
  }
  const inItems = findMissingProperties(items, join(path, 'items'), false)
  if (inItems !== undefined) return inItems
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    const branches: unknown = schema[key]
    if (!Array.isArray(branches)) continue
    for (const [index, branch] of branches.entries()) {
      const missing = findMissingProperties(branch, join(path, `${key}.${index}`), false)
      if (missing !== undefined) return missing
    }
  }
  return undefined
}

function join(path: string, step: string): string {
  return path === '' ? step : `${path}.${step}`
}

/** Looks for keywords at every level; the names of properties are no keywords. */
function hasKey(schema: unknown, keys: readonly string[]): boolean {
  if (Array.isArray(schema)) return schema.some((part) => hasKey(part, keys))
  if (!isObject(schema)) return false
  return Object.entries(schema).some(([key, value]) => {
    if (keys.includes(key)) return true
    if (key === 'enum' || key === 'const' || key === 'default' || key === 'examples') return false
    const isNamed = ['properties', '$defs', 'definitions', 'patternProperties'].includes(key) && isObject(value)
    return isNamed ? Object.values(value).some((part) => hasKey(part, keys)) : hasKey(value, keys)
  })
}
