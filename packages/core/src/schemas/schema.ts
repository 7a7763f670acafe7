import type { JsonSchema, StandardSchema } from '../vocabulary/schemas.ts'

/**
 * A validator together with its JSON Schema, for validators that do not give one themselves (valibot: take
 * `toJsonSchema` of `@valibot/to-json-schema`).
 *
 * @example
 * const city = schema(valibotSchema, toJsonSchema(valibotSchema))
 */
export function schema<S extends StandardSchema>(validator: S, jsonSchema: JsonSchema): S {
  const standard = { ...validator['~standard'], jsonSchema: { input: () => ({ ...jsonSchema }) } }
  return { '~standard': standard } as unknown as S
}
