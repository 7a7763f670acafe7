import { UnsupportedFeatureError } from '@shlyuz/core'
import type { ExtraOperation, JsonSchema, Shape, ToolSpec } from '@shlyuz/core'
import {
  checkGigachatFunctions,
  convertToGigachatFunctions,
  type GigachatFunction,
} from './convert-to-gigachat-functions.ts'
import { askJson, checkExtraInput, checkTextInput } from './gigachat-extra-request.ts'
import { isObject, refuse } from './gigachat-settings.ts'

/** A function in the words of `tools`, its schemas as JSON Schema. */
export interface GigachatFunctionInput {
  readonly name: string
  readonly description?: string
  readonly inputSchema: JsonSchema
  readonly outputSchema?: JsonSchema
  readonly examples?: readonly { readonly request: string; readonly input: unknown }[]
}

/** What the service says of a function. */
export interface GigachatFunctionReport {
  readonly isValid: boolean
  /** The service's own words. */
  readonly message: string
  readonly errors: readonly GigachatFunctionFinding[]
  /** What would make the function easier to understand for the model. */
  readonly warnings: readonly GigachatFunctionFinding[]
  /** Version of the service's rules. */
  readonly rulesVersion?: string
}

export interface GigachatFunctionFinding {
  readonly description: string
  /** Where in the function: `(root)`. */
  readonly location?: string
}

interface WireFinding {
  readonly description: string
  readonly schema_location?: string | null
}

interface WireReport {
  readonly message: string
  readonly json_ai_rules_version?: string | null
  readonly errors?: readonly WireFinding[] | null
  readonly warnings?: readonly WireFinding[] | null
}

/** Source: `POST /functions/validate`, 200. */
const reportShape: Shape = (z) => {
  const findings = z.array(z.looseObject({ description: z.string(), schema_location: z.string().nullish() })).nullish()
  return z.looseObject({
    message: z.string(),
    json_ai_rules_version: z.string().nullish(),
    errors: findings,
    warnings: findings,
  })
}

/** Source: official Python client, `functions_convert`. */
const functionsShape: Shape = (z) =>
  z.looseObject({
    functions: z.array(
      z.looseObject({
        name: z.string(),
        description: z.string().nullish(),
        parameters: z.looseObject({}).nullish(),
        few_shot_examples: z.array(z.looseObject({ request: z.string(), params: z.unknown() })).nullish(),
        return_parameters: z.looseObject({}).nullish(),
      }),
    ),
  })

/**
 * `POST /functions/validate`: whether the service understands a function, as it would be sent among the tools of a
 * call. Source: official OpenAPI file (api.yml).
 */
const validateFunction: ExtraOperation<GigachatFunctionInput, GigachatFunctionReport> = {
  operation: 'other',
  run(input) {
    const body = JSON.stringify(createFunction('validateFunction()', input))
    const request = { method: 'POST', path: '/functions/validate', body } as const
    return { steps: askJson('other', request, reportShape, convertReport) }
  },
}

/**
 * `POST /functions/convert`: functions out of the text of an OpenAPI description, for `tools` of a call. Not in the
 * official OpenAPI file. Source: official Python client, `functions_convert`.
 */
const convertFunctions: ExtraOperation<{ readonly openapi: string }, readonly GigachatFunctionInput[]> = {
  operation: 'other',
  run(input) {
    const { openapi } = checkExtraInput('convertFunctions', input, ['openapi'])
    checkTextInput('convertFunctions(): openapi', openapi)
    const headers = { 'content-type': 'text/plain; charset=utf-8' }
    const request = { method: 'POST', path: '/functions/convert', headers, body: openapi } as const
    const read = ({ functions }: { readonly functions: readonly WireFunction[] }): readonly GigachatFunctionInput[] =>
      functions.map(convertFunction)
    return { steps: askJson('other', request, functionsShape, read) }
  },
}

/** Functions outside of a conversation. */
export const gigachatFunctionExtras = { validateFunction, convertFunctions } as const

/**
 * The function as it is sent among the tools of a call.
 * @throws ConfigurationError for what is no function, UnsupportedFeatureError for a schema GigaChat has no words for
 */
export function createFunction(where: string, input: unknown): GigachatFunction {
  const known = ['name', 'description', 'inputSchema', 'outputSchema', 'examples']
  const given = checkExtraInput(where.replace('()', ''), input, known, {
    parameters: 'inputSchema',
    execute: 'nothing',
  })
  const { name, description, inputSchema, outputSchema, examples } = given
  checkTextInput(`${where}: name`, name)
  if (description !== undefined) checkTextInput(`${where}: description`, description)
  for (const [key, schema] of Object.entries({ inputSchema, outputSchema })) {
    if (isObject(schema) || (key === 'outputSchema' && schema === undefined)) continue
    refuse(
      `${where}: ${key} must be a JSON Schema`,
      `${key}: объект JSON Schema; схему zod переведите через z.toJSONSchema().`,
    )
  }
  const areExamples =
    Array.isArray(examples) && examples.every((one) => isObject(one) && typeof one['request'] === 'string')
  if (examples !== undefined && !areExamples) {
    refuse(
      `${where}: examples must be a list of { request, input }`,
      'examples: список вида [{ request: «текст», input: {} }].',
    )
  }
  const spec = given as unknown as ToolSpec
  const refusal = checkGigachatFunctions([spec]).find(({ effect }) => effect === 'refuse')
  if (refusal)
    throw new UnsupportedFeatureError(refusal.message, refusal.hint === undefined ? {} : { hint: refusal.hint })
  return convertToGigachatFunctions([spec])[0]!
}

interface WireFunction {
  readonly name: string
  readonly description?: string | null
  readonly parameters?: JsonSchema | null
  readonly few_shot_examples?: readonly { readonly request: string; readonly params: unknown }[] | null
  readonly return_parameters?: JsonSchema | null
}

function convertFunction(wire: WireFunction): GigachatFunctionInput {
  const { name, description, parameters, few_shot_examples: examples, return_parameters: outputSchema } = wire
  return {
    name,
    ...(description && { description }),
    inputSchema: parameters ?? { type: 'object', properties: {} },
    ...(outputSchema && { outputSchema }),
    ...(examples &&
      examples.length > 0 && { examples: examples.map(({ request, params }) => ({ request, input: params })) }),
  }
}

/** The answer is 200 in any case; the status inside it says nothing either. */
function convertReport(report: WireReport): GigachatFunctionReport {
  const { message, json_ai_rules_version: rulesVersion, errors, warnings } = report
  return {
    isValid: !errors?.length && !/incorrect|invalid/i.test(message),
    message,
    errors: (errors ?? []).map(convertFinding),
    warnings: (warnings ?? []).map(convertFinding),
    ...(rulesVersion && { rulesVersion }),
  }
}

function convertFinding({ description, schema_location: location }: WireFinding): GigachatFunctionFinding {
  return { description, ...(location && { location }) }
}
