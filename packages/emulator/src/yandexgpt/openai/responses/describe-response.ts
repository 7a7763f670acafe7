import type { Generation, GenerationUsage } from '../generate.ts'
import { isAbsent, type JsonObject } from '../read-values.ts'
import type { ResponseRequest } from './response-request.ts'

/** What a response is made of. */
export interface ResponseParts {
  readonly id: string
  /** `model` of the answer. */
  readonly name: string
  /** The request as it came: a response repeats most of it. */
  readonly fields: JsonObject
  readonly request: ResponseRequest
  readonly generation: Generation
  readonly output: readonly JsonObject[]
}

/** The response object when it is complete. */
export function describeResponse({ id, name, fields, request, generation, output }: ResponseParts): JsonObject {
  const { finish, usage } = generation
  const reason = finish === 'length' ? 'max_output_tokens' : finish === 'content_filter' ? finish : undefined
  const repeat = (field: string, otherwise: unknown): unknown => (isAbsent(fields[field]) ? otherwise : fields[field])
  return {
    id,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status: reason === undefined ? 'completed' : 'incomplete',
    background: request.background,
    model: name,
    error: null,
    incomplete_details: reason === undefined ? null : { reason },
    instructions: request.instructions ?? null,
    previous_response_id: request.previousId ?? null,
    output,
    parallel_tool_calls: request.parallelToolCalls,
    tool_choice: repeat('tool_choice', 'auto'),
    tools: repeat('tools', []),
    temperature: repeat('temperature', null),
    top_p: repeat('top_p', null),
    max_output_tokens: request.maxTokens ?? null,
    text: repeat('text', { format: { type: 'text' } }),
    metadata: repeat('metadata', {}),
    store: request.store,
    usage: usage === null ? null : encodeUsage(usage),
  }
}

/** The same before anything is done. */
export function describeUnfinished(complete: JsonObject, status: 'queued' | 'in_progress' | 'cancelled'): JsonObject {
  return { ...complete, status, output: [], incomplete_details: null, usage: null }
}

function encodeUsage({ prompt, completion, total, reasoning = 0 }: GenerationUsage): object {
  return {
    input_tokens: prompt,
    output_tokens: completion,
    total_tokens: total,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: reasoning },
  }
}
