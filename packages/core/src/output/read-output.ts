import type { ResolvedSchema } from '../schemas/resolve-schema.ts'
import { findUnsafeJson } from '../tools/find-unsafe-json.ts'

export type OutputReading =
  | { readonly valid: true; readonly value: unknown }
  | { readonly valid: false; readonly issues: readonly string[] }

/** Reads the text of an answer as the asked output. A fence of Markdown round the JSON is forgiven. */
export async function readOutputText(text: string, schema: ResolvedSchema): Promise<OutputReading> {
  const parsed = parseJson(text)
  if (!parsed) return { valid: false, issues: ['the answer is not JSON'] }
  return readOutputValue(parsed.value, schema)
}

/** Holds a value against the schema of the output. */
export async function readOutputValue(value: unknown, schema: ResolvedSchema): Promise<OutputReading> {
  const unsafe = findUnsafeJson(value)
  if (unsafe !== undefined) return { valid: false, issues: [`the answer ${unsafe}`] }
  return schema.validate(value)
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  for (const candidate of [text, withoutFence(text)]) {
    try {
      return { value: JSON.parse(candidate) as unknown }
    } catch {
      // The next form may do.
    }
  }
  return undefined
}

function withoutFence(text: string): string {
  const [, inside = text] = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?\s*```\s*$/i.exec(text) ?? []
  return inside
}
