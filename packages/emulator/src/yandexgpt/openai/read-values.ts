import { isObject } from '../../exchange.ts'
import { complain } from './complaint.ts'

/** A JSON object of a request. */
export type JsonObject = Readonly<Record<string, unknown>>

/** @throws Complaint with 400 when the value is no object */
export function readObject(value: unknown, where: string): JsonObject {
  if (!isObject(value)) throw wrongType(where, 'an object')
  return value
}

/** @throws Complaint with 400 when the value is no list */
export function readList(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrongType(where, 'a list')
  return value
}

/** @throws Complaint with 400 when the value is no text */
export function readText(value: unknown, where: string): string {
  if (typeof value !== 'string') throw wrongType(where, 'a string')
  return value
}

/** `undefined` when absent. @throws Complaint with 400 */
export function readFlag(value: unknown, where: string): boolean | undefined {
  if (isAbsent(value)) return undefined
  if (typeof value !== 'boolean') throw wrongType(where, 'a boolean')
  return value
}

/** `undefined` when absent. @throws Complaint with 400 */
export function readChoice<Name extends string>(
  value: unknown,
  where: string,
  names: readonly Name[],
): Name | undefined {
  if (isAbsent(value)) return undefined
  const known = names.find((name) => name === value)
  if (known === undefined)
    throw complain(400, `invalid value for field ${where}`, `${where} is not ${names.join(', ')}`)
  return known
}

/** A number within bounds; `undefined` when absent. @throws Complaint with 400 */
export function readNumberWithin(value: unknown, where: string, least: number, most: number): number | undefined {
  if (isAbsent(value)) return undefined
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrongType(where, 'a number')
  if (value < least || value > most) throw complain(400, `${where} must be in range [${least}, ${most}]`)
  return value
}

/** A whole number above 0; `undefined` when absent. @throws Complaint with 400 */
export function readCount(value: unknown, where: string): number | undefined {
  if (isAbsent(value)) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(where, 'a whole number')
  if (value <= 0) throw complain(400, `${where} must be greater than 0`)
  return value
}

/** Clients send `null` for what they leave out. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null
}

function wrongType(where: string, wanted: string): Error {
  return complain(400, `invalid value for field ${where}`, `${where} is not ${wanted}`)
}
