import type { ZodType } from 'zod'
import { ProtocolError } from '../errors/protocol-error.ts'
import type { Shape } from '../provider.ts'

const schemas = new WeakMap<Shape, ZodType>()

/**
 * Holds a whole answer against what its adapter expects. zod is loaded at the first answer, not at import.
 * @throws ProtocolError that names the place, never the value
 */
export async function checkShape(shape: Shape, body: unknown): Promise<void> {
  let schema = schemas.get(shape)
  if (!schema) schemas.set(shape, (schema = shape(await import('zod'))))
  const { error } = schema.safeParse(body)
  const [issue] = error?.issues ?? []
  if (!issue) return
  const place = issue.path.join('.').slice(0, 100) || 'the whole'
  throw new ProtocolError(`the answer is not what the service documents: ${place} is ${issue.code}`, {
    code: 'response.shape',
    hint: 'Ответ не похож на документированный: проверьте адрес сервиса (baseUrl) и прокси.',
  })
}
