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
export function readEnum(value: unknown, where: string, names: readonly string[]): string | undefined {
  if (isAbsent(value)) return undefined
  const name = readString(value, where)
  if (!names.includes(name)) throw refuse(400, `invalid value for enum field ${where}: "${name}"`)
  return name
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}

function wrongType(where: string, wanted: string): Error {
  return refuse(400, `invalid value for field ${where}`, `${where} is not ${wanted}`)
}

function toCamelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
