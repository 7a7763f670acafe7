import type { Decision } from '../policy/decision.ts'
import type { WireRequest } from '../provider.ts'
import type { CallContext } from './call-context.ts'
import { addCounts, countIn } from './mask-call.ts'

/** Requests that were looked into: a repetition is not counted again. */
const counted = new WeakSet<WireRequest>()

/**
 * For operations whose texts core does not know apart: looks for personal data in what is about to be sent, be it in
 * the path, the query, the headers or the body. Files and other bytes cannot be looked into.
 */
export function lookIntoBody({ guard, look, record }: CallContext, request: WireRequest): Decision | undefined {
  if (!look || request.operation === 'token') return undefined
  const { masker, refuses } = look
  const { path, query, headers, body } = request
  const isReadable = body === undefined || typeof body === 'string'
  const texts = [readPath(path), query, headers, isReadable ? tryParse(body) : undefined]
  const counts = countIn(texts, masker)
  const types = Object.keys(counts).toSorted()
  if (!counted.has(request)) record.personal = addCounts(record.personal ?? {}, counts)
  counted.add(request)
  if (refuses === false || (types.length === 0 && isReadable)) return undefined
  if (refuses === 'deny')
    return guard.refuse('data.personal', 'intent', types.length > 0 ? { types: types.join(', ') } : { files: 1 })
  const reason = types.length > 0 ? `this operation sends ${types.join(', ')} as they are` : 'a file cannot be masked'
  return guard.refuse('policy.obligation_unmet', 'intent', { obligation: 'mask', reason })
}

/** Its steps as they were before a URL had to hold them. */
function readPath(path: string): readonly string[] {
  return path.split('/').map((step) => {
    try {
      return decodeURIComponent(step)
    } catch {
      return step
    }
  })
}

function tryParse(body: string | undefined): unknown {
  if (body === undefined) return undefined
  try {
    return JSON.parse(body) as unknown
  } catch {
    return body
  }
}
