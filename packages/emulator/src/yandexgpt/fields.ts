import { isObject } from '../exchange.ts'
import { refuse } from './refusals.ts'

/** A JSON object whose fields may be spelt in camel case or snake case, as the service's gateway takes them. */
export type Fields = Readonly<Record<string, unknown>>

/** The object with its names in camel case. @throws Refusal with 400 when it is none */
export function readFields(value: unknown, where: string): Fields {
  if (!isObject(value)) throw wrongType(where, 'an object')
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [toCamelCase(name), field]))
}

export function readString(value: unknown, where: string): string {
  if (typeof value !== 'string') throw wrongType(where, 'a string')
  return value
}

/** A string with something in it. */
export function readName(value: unknown, where: string): string {
  const name = isAbsent(value) ? '' : readString(value, where)
  if (name.trim() === '') throw refuse(400, `${where} must not be empty`)
  return name
}

/** An array. An absent one is empty, as for every repeated field. */
export function readList(value: unknown, where: string): readonly unknown[] {
  if (isAbsent(value)) return []
  if (!Array.isArray(value)) throw wrongType(where, 'a list')
  return value
}

/** Which of some fields is there; `undefined` for none. Two of them are refused, as for every oneof of protobuf. */
export function readOneOf<Name extends string>(
  fields: Fields,
  names: readonly Name[],
  where: string,
): Name | undefined {
  const given = names.filter((name) => !isAbsent(fields[name]))
  if (given.length > 1) throw refuse(400, `only one of ${given.join(', ')} may be set in ${where}`)
  return given[0]
}

/** `undefined` when absent. */
export function readBoolean(value: unknown, where: string): boolean | undefined {
  if (isAbsent(value)) return undefined
  if (typeof value !== 'boolean') throw wrongType(where, 'a boolean')
  return value
}

/** `undefined` when absent. Protobuf JSON takes numbers as strings, too. */
export function readNumber(value: unknown, where: string): number | undefined {
  if (isAbsent(value)) return undefined
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number)) throw wrongType(where, 'a number')
  return number
}

/** An int64: a number or a string of digits. `undefined` when absent. */
export function readInt64(value: unknown, where: string): number | undefined {
  const number = readNumber(value, where)
  if (number !== undefined && !Number.isInteger(number)) throw wrongType(where, 'an int64')
  return number
}

/** `undefined` when absent. An unknown name is refused, as every unknown enum name. */
export function readEnum<Name extends string>(value: unknown, where: string, names: readonly Name[]): Name | undefined {
  if (isAbsent(value)) return undefined
  const given = readString(value, where)
  const name = names.find((known) => known === given)
  if (name === undefined) throw refuse(400, `invalid value for enum field ${where}: "${given}"`)
  return name
}

/** True for a field that is not there, or `null`: protobuf JSON makes no difference. */
export function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}

/** @returns the refusal of a value of another type */
function wrongType(where: string, wanted: string): Error {
  return refuse(400, `invalid value for field ${where}`, `${where} is not ${wanted}`)
}

function toCamelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
