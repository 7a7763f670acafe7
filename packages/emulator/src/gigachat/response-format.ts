import { Refusal } from '../answer.ts'
import { fitSchema } from '../answers/fit-schema.ts'
import { matchPattern } from '../answers/match-pattern.ts'
import { isObject } from '../exchange.ts'
import { apiError, refuseParams, refuseSchema } from './refusals.ts'

/** The form that a request wants its answer in; plain text is none. */
export type ResponseFormat =
  | { readonly type: 'json_schema'; readonly schema: Readonly<Record<string, unknown>>; readonly isStrict: boolean }
  | { readonly type: 'regex'; readonly regex: string }

/**
 * Reads `response_format`, which is flat: the schema stands beside `type`. The two messages of 400 were seen live on
 * `/v2` (konstant16-Z/gigachat-v2-connector); `regex` is of bank stands and of one recording.
 *
 * @throws Refusal with 400, or 422 for `strict` without `required`
 */
export function readResponseFormat(value: unknown): ResponseFormat | undefined {
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) throw refuseSchema('response_format is not an object')
  const { type, schema, strict, regex } = value
  switch (type) {
    case 'text':
      if (schema !== undefined || strict !== undefined || regex !== undefined) {
        throw refuseSchema('response_format text takes no other field')
      }
      return undefined
    case 'regex':
      if (typeof regex !== 'string') throw refuseSchema('response_format.regex is not a string')
      if (matchPattern(regex) === undefined) throw refuseParams('response_format.regex is not a usable expression')
      return { type, regex }
    case 'json_schema':
      return readSchema(schema, strict)
    default: {
      const message = `Unknown type "${String(type)}" in response_format`
      throw new Refusal(apiError(400, message), message)
    }
  }
}

function readSchema(schema: unknown, strict: unknown): ResponseFormat {
  if (strict !== undefined && strict !== null && typeof strict !== 'boolean') {
    throw refuseSchema('response_format.strict is not a boolean')
  }
  if (schema !== undefined && schema !== null && !isObject(schema)) {
    throw refuseSchema('response_format.schema is not an object')
  }
  if (!isObject(schema) || Object.keys(schema).length === 0) {
    const message = 'Empty schema with json format type is not supported'
    throw new Refusal(apiError(400, message), message)
  }
  if (strict === true && !Array.isArray(schema['required'])) {
    throw refuseParams('response_format.strict needs required in the schema')
  }
  return { type: 'json_schema', schema, isStrict: strict === true }
}

/**
 * An answer in that form, made of the words of the prompt. JSON is printed over several lines, as recorded. `strict`
 * with `required` gives exactly what is required.
 */
export function writeFormatted(format: ResponseFormat, about: string): string {
  if (format.type === 'regex') return matchPattern(format.regex, about) ?? ''
  const schema = format.isStrict ? onlyRequired(format.schema) : format.schema
  return JSON.stringify(fitSchema(schema, about), undefined, 4)
}

/** The schema without the properties that are not required, at every level that says what is. */
function onlyRequired(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(onlyRequired)
  if (!isObject(schema)) return schema
  const { properties, required } = schema
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (key === 'properties' && isObject(properties)) {
        const kept = Object.entries(properties).filter(([name]) => !Array.isArray(required) || required.includes(name))
        return [key, Object.fromEntries(kept.map(([name, property]) => [name, onlyRequired(property)]))]
      }
      if (key === '$defs' || key === 'definitions') {
        const named = isObject(value) ? Object.entries(value) : []
        return [key, Object.fromEntries(named.map(([name, part]) => [name, onlyRequired(part)]))]
      }
      return [key, ['items', 'anyOf', 'oneOf', 'allOf', 'prefixItems'].includes(key) ? onlyRequired(value) : value]
    }),
  )
}
