import type { JsonSchema } from '../vocabulary/schemas.ts'

/**
 * Where an output does not fit, for the message of an error: only steps that the schema itself names. What else
 * stands in a path are keys that the model made, and those are its answer.
 */
export function describePlaces(issues: readonly string[], jsonSchema: JsonSchema): string {
  const known = new Set<string>()
  collectNames(jsonSchema, known, 0)
  const places = issues.map((issue) => {
    const [place = '', ...words] = issue.split(': ')
    // Without a place it is ours, such as 'the answer is not JSON'.
    if (words.length === 0 || place === 'the whole') return place
    return place
      .split('.')
      .map((step) => (known.has(step) || /^\d{1,9}$/.test(step) ? step : '*'))
      .join('.')
  })
  return [...new Set(places)].join(', ')
}

function collectNames(schema: unknown, known: Set<string>, depth: number): void {
  if (typeof schema !== 'object' || schema === null || depth > 64 || known.size > 10_000) return
  for (const [key, inner] of Object.entries(schema)) {
    if (key === 'properties' && typeof inner === 'object' && inner !== null) {
      for (const name of Object.keys(inner)) known.add(name)
    }
    collectNames(inner, known, depth + 1)
  }
}
