import { ConfigurationError } from '../errors/configuration-error.ts'
import type { JsonSchema, SchemaIssue, StandardSchema } from '../vocabulary/schemas.ts'

/** A schema ready for both of its uses: told to a model, and held against what came back. */
export interface ResolvedSchema {
  readonly jsonSchema: JsonSchema
  validate(value: unknown): Promise<Validation>
}

export type Validation =
  | { readonly valid: true; readonly value: unknown }
  /** In words for a model and for an error: places and expectations, never values. */
  | { readonly valid: false; readonly issues: readonly string[] }

/** The dialect asked of validators; both services and the OpenAI-compatible ones take it. */
const target = 'draft-07'

/** Issues told at a time. */
const issueLimit = 8

/**
 * Reads a schema that the caller gave. `where` names it in messages.
 * @throws ConfigurationError for what is no schema, or a validator without JSON Schema
 */
export function resolveSchema(given: unknown, where: string): ResolvedSchema {
  if (isStandard(given)) return resolveStandard(given, where)
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) {
    return resolvePlain(given as JsonSchema, where)
  }
  throw new ConfigurationError(`${where} must be a schema`, {
    hint: `${where}: передайте схему zod, arktype или JSON Schema (объект).`,
  })
}

function isStandard(given: unknown): given is StandardSchema {
  const type = typeof given
  return (type === 'object' || type === 'function') && given !== null && '~standard' in (given as object)
}

function resolveStandard(given: StandardSchema, where: string): ResolvedSchema {
  const { vendor, jsonSchema: convert } = given['~standard']
  if (!convert) {
    const converter = vendor === 'valibot' ? '@valibot/to-json-schema' : 'a JSON Schema of your own'
    throw new ConfigurationError(`${where}: ${vendor} gives no JSON Schema; wrap it: schema(validator, jsonSchema)`, {
      code: 'config.schema',
      hint: `Оберните: schema(валидатор, jsonSchema); JSON Schema даёт ${converter}.`,
    })
  }
  let jsonSchema: JsonSchema
  try {
    jsonSchema = convert.input({ target })
  } catch (cause) {
    throw new ConfigurationError(`${where}: ${vendor} cannot express this schema as JSON Schema`, {
      code: 'config.schema',
      hint: `${where}: уберите из схемы преобразования, даты и прочее, чего нет в JSON.`,
      cause,
    })
  }
  return {
    jsonSchema,
    async validate(value) {
      const result = await given['~standard'].validate(value)
      if (result.issues) return { valid: false, issues: describe(result.issues) }
      return { valid: true, value: result.value }
    },
  }
}

/** zod reads JSON Schema too; it is loaded when there is something to validate. */
function resolvePlain(jsonSchema: JsonSchema, where: string): ResolvedSchema {
  if (
    typeof jsonSchema['type'] !== 'string' &&
    !['$ref', 'anyOf', 'oneOf', 'allOf', 'enum', 'properties'].some((key) => Object.hasOwn(jsonSchema, key))
  ) {
    throw new ConfigurationError(`${where} is neither a validator nor a JSON Schema: it has no type`, {
      code: 'config.schema',
      hint: `${where}: JSON Schema начинается с type, например { type: 'object', properties: { … } }.`,
    })
  }
  let validator: Promise<StandardSchema> | undefined
  return {
    jsonSchema,
    async validate(value) {
      validator ??= import('zod').then(({ fromJSONSchema }) => fromJSONSchema(jsonSchema as never))
      let compiled: StandardSchema
      try {
        compiled = await validator
      } catch (cause) {
        throw new ConfigurationError(`${where}: this JSON Schema cannot be validated`, {
          code: 'config.schema',
          hint: `${where}: упростите JSON Schema или передайте валидатор zod.`,
          cause,
        })
      }
      const result = await compiled['~standard'].validate(value)
      if (result.issues) return { valid: false, issues: describe(result.issues) }
      return { valid: true, value }
    },
  }
}

/** A validator's own message may quote the value: for the model that is its own answer, for an error it is cut. */
function describe(issues: readonly SchemaIssue[]): readonly string[] {
  return issues.slice(0, issueLimit).map(({ path = [], message }) => {
    const place = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
    return `${place.slice(0, 100) || 'the whole'}: ${message.slice(0, 200)}`
  })
}
