/** A JSON Schema, draft 7 or 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** One thing wrong with a value. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/**
 * A validator by the Standard Schema convention (zod 4.2 and later, arktype). Its JSON Schema is read by the Standard
 * JSON Schema convention; a validator without it is wrapped: `schema(validator, jsonSchema)`.
 * Source: standardschema.dev, version 1.
 */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined
    readonly jsonSchema?: { readonly input: (options: { readonly target: string }) => Record<string, unknown> }
  }
}

/** What a schema may be given as. A plain JSON Schema validates, and types its value as `unknown`. */
export type Schema = StandardSchema | JsonSchema

/** The type of the values a schema lets through. */
export type InferSchema<S> = S extends { readonly '~standard': { readonly types?: infer Types } }
  ? NonNullable<Types> extends { readonly output: infer Output }
    ? Output
    : unknown
  : unknown
