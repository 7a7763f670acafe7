import { ConfigurationError } from '../errors/configuration-error.ts'
import type { JsonSchema, SchemaIssue, StandardSchema } from '../vocabulary/schemas.ts'

/** A schema ready for both of its uses: told to a model, and held against what came back. */
export interface ResolvedSchema {
  readonly jsonSchema: JsonSchema
  validate(value: unknown): Promise<Validation>
  /**
   * Makes the validator ready, where that takes a step of its own.
   * @throws ConfigurationError for a schema that nothing can be held against
   */
  prepare?(): Promise<void>
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

const types: readonly unknown[] = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']
const typeless = ['$ref', 'anyOf', 'oneOf', 'allOf', 'enum', 'const', 'properties']

/** zod reads JSON Schema too; it is loaded when there is something to validate. */
function resolvePlain(jsonSchema: JsonSchema, where: string): ResolvedSchema {
  const { type } = jsonSchema
  const isSchema = type === undefined ? typeless.some((key) => Object.hasOwn(jsonSchema, key)) : hasKnownTypes(type)
  if (!isSchema) {
    const isShape = Object.values(jsonSchema).some(isStandard)
    throw new ConfigurationError(
      isShape
        ? `${where} holds validators and is none itself: wrap it in z.object`
        : `${where} is neither a validator nor a JSON Schema: it has no known type`,
      {
        code: 'config.schema',
        hint: isShape
          ? `Оберните: ${where}: z.object({ … }).`
          : `${where}: JSON Schema начинается с type, например { type: 'object', properties: { … } }.`,
      },
    )
  }
  const unfit = (cause: unknown): ConfigurationError =>
    new ConfigurationError(`${where}: this JSON Schema cannot be validated`, {
      code: 'config.schema',
      hint: `${where}: упростите JSON Schema или передайте валидатор zod.`,
      cause,
    })
  let validator: Promise<StandardSchema> | undefined
  const compile = async (): Promise<StandardSchema> => {
    validator ??= import('zod').then(({ fromJSONSchema }) => fromJSONSchema(jsonSchema as never))
    try {
      return await validator
    } catch (cause) {
      throw unfit(cause)
    }
  }
  return {
    jsonSchema,
    async prepare() {
      await compile()
    },
    async validate(value) {
      const compiled = await compile()
      const result = await compiled['~standard'].validate(value)
      if (result.issues) return { valid: false, issues: describe(result.issues) }
      return { valid: true, value }
    },
  }
}

function hasKnownTypes(type: unknown): boolean {
  return Array.isArray(type) ? type.length > 0 && type.every((one) => types.includes(one)) : types.includes(type)
}

/** A validator's own message may quote the value: for the model that is its own answer, for an error it is cut. */
function describe(issues: readonly SchemaIssue[]): readonly string[] {
  return issues.slice(0, issueLimit).map(({ path = [], message }) => {
    const place = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
    return `${place.slice(0, 100) || 'the whole'}: ${message.slice(0, 200)}`
  })
}
