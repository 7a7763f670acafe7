import type { Feature } from '@shlyuz/core'
import type { Sent } from './columns.ts'

/** JSON that is sent. */
export type Body = Readonly<Record<string, unknown>>

/**
 * What is looked for on the wire. Fields: one request of the chat, that of a plain call with these put in and nothing
 * else. A function throws when it does not find what it looks for.
 */
export type Found = Body | ((sent: readonly Sent[], plain: Body) => void)

/** What the probe of a cell must have sent. */
export type WireExpectation =
  /** The feature is on the wire, in these words; `despite`: and yet there is a warning, because it is changed or unsure. */
  | { readonly carries: Found; readonly despite?: 'warned' }
  /** The feature is not on the wire: what is sent is what would be sent without it. */
  | { readonly leaves: Found }

/** A feature that is carried. */
export type Carried = Extract<WireExpectation, { carries: unknown }>

/** The same on the wire, for a feature that is not: it leaves it as it is without. */
export function leaves({ carries }: Carried): WireExpectation {
  return { leaves: carries }
}

/** The same on the wire, and a warning says that it is changed or unsure. */
export function despiteWarning({ carries }: Carried): Carried {
  return { carries, despite: 'warned' }
}

/** Where the cell depends on the model: one for each of the two. */
export interface WireChoice {
  readonly able?: WireExpectation
  readonly unable?: WireExpectation
}

/** How a surface spells what it does not refuse. */
export type Wire = Readonly<Partial<Record<Feature, WireExpectation | WireChoice>>>

/** The fields of one laid over those of another; objects field by field, `undefined` takes a field out. */
export function overlay(below: Body, above: Body): Body {
  const merged: Record<string, unknown> = { ...below }
  for (const [key, value] of Object.entries(above)) {
    const old = merged[key]
    if (value === undefined) delete merged[key]
    else merged[key] = isObject(old) && isObject(value) ? overlay(old, value) : value
  }
  return merged
}

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
