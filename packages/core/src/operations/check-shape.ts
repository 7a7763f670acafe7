import type { ZodType } from 'zod'
import { ProtocolError } from '../errors/protocol-error.ts'
import type { Shape } from '../provider.ts'

const schemas = new WeakMap<Shape, ZodType>()

/**
 * Holds a whole answer against what its adapter expects: at once, but for the first answer of a shape, which loads zod.
 * @throws ProtocolError that names the place, never the value
 */
export function checkShape(shape: Shape, body: unknown): void | Promise<void> {
  const schema = schemas.get(shape)
  return schema ? checkBody(schema, body) : checkFirst(shape, body)
}

async function checkFirst(shape: Shape, body: unknown): Promise<void> {
  const schema = shape(await import('zod'))
  schemas.set(shape, schema)
  checkBody(schema, body)
}

function checkBody(schema: ZodType, body: unknown): void {
  const issue = schema.safeParse(body).error?.issues[0]
  if (!issue) return
  const place = issue.path.join('.').slice(0, 100) || 'the whole'
  throw new ProtocolError(`the answer is not what the service documents: ${place} is ${issue.code}`, {
    code: 'response.shape',
    hint: 'Ответ не похож на документированный: проверьте адрес сервиса (baseUrl) и прокси.',
  })
}
