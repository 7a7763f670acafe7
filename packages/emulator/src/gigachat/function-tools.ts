import type { Answer } from '../answer.ts'
import { isObject, parseJson, type Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import { authorise } from './authorise.ts'
import { findMissingProperties } from './function-spec.ts'
import { jsonAnswer } from './json-answer.ts'
import { refuseParams, refuseSchema } from './refusals.ts'

interface Finding {
  readonly description: string
  readonly schema_location: string
}

/**
 * `POST /functions/validate`: says with HTTP 200 what is wrong with a function, or could be better.
 *
 * @throws Refusal with 400
 */
export async function answerValidateFunction(exchange: Exchange): Promise<Answer> {
  authorise(exchange)
  if (!isObject(exchange.json)) throw refuseSchema('the body is not a JSON object')
  await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
  const errors = findErrors(exchange.json)
  const warnings = errors.length > 0 ? [] : findWarnings(exchange.json)
  return jsonAnswer({
    status: 200,
    message: errors.length > 0 ? 'Incorrect function syntax' : 'Function is valid',
    json_ai_rules_version: '1.0.5',
    ...(errors.length > 0 ? { errors } : {}),
    ...(warnings.length > 0 ? { warnings } : {}),
  })
}

function findErrors({ name, parameters }: Record<string, unknown>): Finding[] {
  const errors: Finding[] = []
  if (name === undefined) errors.push(atRoot('name is required'))
  else if (typeof name !== 'string' || !/^[A-Za-z_.-][A-Za-z0-9_.-]*$/.test(name)) {
    errors.push({ description: 'name is not valid', schema_location: 'name' })
  }
  if (parameters === undefined) errors.push(atRoot('parameters is required'))
  else if (!isObject(parameters))
    errors.push({ description: 'parameters must be an object', schema_location: 'parameters' })
  else {
    const missing = findMissingProperties(parameters, '', true)
    if (missing !== undefined) {
      const place = missing.split('.').slice(0, -1)
      errors.push({ description: 'properties is required', schema_location: ['parameters', ...place].join('.') })
    }
  }
  return errors
}

function findWarnings(spec: Record<string, unknown>): Finding[] {
  const wanted = ['description', 'few_shot_examples', 'return_parameters']
  return wanted
    .filter((key) => spec[key] === undefined)
    .map((key) => atRoot(`${key} ${key === 'few_shot_examples' ? 'are' : 'is'} missing`))
}

function atRoot(description: string): Finding {
  return { description, schema_location: '(root)' }
}

/**
 * `POST /functions/convert`: functions out of the text of an OpenAPI description, one an operation. The emulator reads
 * JSON, not YAML. The address is of the Python SDK.
 *
 * @throws Refusal with 422 for a text that is no OpenAPI description in JSON
 */
export async function answerConvertFunctions(exchange: Exchange): Promise<Answer> {
  authorise(exchange)
  const api = parseJson(exchange.text)
  if (!isObject(api) || !isObject(api['paths'])) throw refuseParams('the body is not an OpenAPI description in JSON')
  await pause(exchange.draw(exchange.state.options.pace.serviceMs), exchange.signal)
  const methods = ['get', 'put', 'post', 'delete', 'patch']
  const functions = Object.entries(api['paths']).flatMap(([path, operations]) => {
    if (!isObject(operations)) return []
    return methods.flatMap((method) => {
      const operation = operations[method]
      return isObject(operation) ? [convertOperation(path, method, operation)] : []
    })
  })
  return jsonAnswer({ functions })
}

function convertOperation(path: string, method: string, operation: Record<string, unknown>): object {
  const { operationId, summary, description, parameters, requestBody } = operation
  const properties: Record<string, unknown> = {}
  const required: string[] = []
  for (const parameter of Array.isArray(parameters) ? (parameters as unknown[]) : []) {
    if (!isObject(parameter) || typeof parameter['name'] !== 'string') continue
    const schema = isObject(parameter['schema']) ? parameter['schema'] : { type: 'string' }
    const said = typeof parameter['description'] === 'string' ? { description: parameter['description'] } : {}
    properties[parameter['name']] = { ...schema, ...said }
    if (parameter['required'] === true) required.push(parameter['name'])
  }
  const body = bodySchema(requestBody)
  if (isObject(body['properties'])) Object.assign(properties, body['properties'])
  if (Array.isArray(body['required'])) required.push(...body['required'].filter((each) => typeof each === 'string'))
  const said = [description, summary].find((each) => typeof each === 'string')
  return {
    name: typeof operationId === 'string' ? operationId : `${method}${path.replace(/\W+/g, '_')}`,
    ...(said === undefined ? {} : { description: said }),
    parameters: { type: 'object', properties, ...(required.length === 0 ? {} : { required }) },
  }
}

function bodySchema(requestBody: unknown): Record<string, unknown> {
  const content = isObject(requestBody) && isObject(requestBody['content']) ? requestBody['content'] : {}
  const media = content['application/json']
  return isObject(media) && isObject(media['schema']) ? media['schema'] : {}
}
