import type { ContentFacts } from '../policy/intent.ts'
import type { Masker, MaskSession } from '../policy/masker.ts'
import type { CallPart, ContentPart, PartMessage, ProviderMetadata } from '../vocabulary/messages.ts'
import type { JsonSchema } from '../vocabulary/schemas.ts'
import type { CheckedTool, CheckedTools } from './check-tools.ts'
import type { TextDraft } from './create-text-call.ts'

type Counts = NonNullable<ContentFacts['personal']>

/**
 * A call's texts behind placeholders: first what stays the same over its steps, then the conversation in its order, so
 * that a longer history keeps the placeholders of a shorter one.
 */
export function maskDraft(draft: TextDraft, session: MaskSession): TextDraft {
  const tools = maskTools(draft.tools, session)
  const { output } = draft
  const masked = output && { ...output, jsonSchema: maskSchema(output.jsonSchema, session) }
  return { ...draft, tools, output: masked, messages: maskMessages(draft.messages, session) }
}

export function maskMessages(messages: readonly PartMessage[], session: MaskSession): readonly PartMessage[] {
  return messages.map(({ role, content }) =>
    Object.freeze({ role, content: Object.freeze(joinTexts(content).map((part) => maskPart(part, session))) }),
  )
}

/** Services get texts that stand side by side as one: a value that two of them share must be seen as one. */
function joinTexts(content: readonly CallPart[]): readonly CallPart[] {
  const joined: CallPart[] = []
  for (const part of content) {
    const last = joined.at(-1)
    if (part.type === 'text' && last?.type === 'text')
      joined[joined.length - 1] = { ...last, text: last.text + part.text }
    else joined.push(part)
  }
  return joined
}

function maskPart(part: CallPart, session: MaskSession): CallPart {
  switch (part.type) {
    case 'text':
      return { ...part, text: session.mask(part.text) }
    case 'reasoning':
      return withoutFoundMetadata({ ...part, text: session.mask(part.text) }, session)
    case 'tool-call': {
      const { invalidInput } = part
      const masked = { ...part, ...maskIds(part, session), input: maskPlain(part.input, session) }
      const kept = withoutFoundMetadata(masked, session)
      return invalidInput === undefined ? kept : { ...kept, invalidInput: session.mask(invalidInput) }
    }
    case 'tool-result':
      return { ...part, ...maskIds(part, session), output: maskPlain(part.output, session) }
    case 'media':
      return part
  }
}

/** In a history both may be any text: an id the same for a call and its result, a name that is no name of a tool. */
function maskIds(
  { toolCallId, toolName }: { readonly toolCallId: string; readonly toolName: string },
  session: MaskSession,
): { readonly toolCallId: string; readonly toolName: string } {
  const isName = /^[A-Za-z][\w-]{0,63}$/.test(toolName)
  return { toolCallId: session.mask(toolCallId), toolName: isName ? toolName : session.mask(toolName) }
}

/** What a service wants back is its own and cannot be masked: with personal data in it, it is no longer that, and goes. */
function withoutFoundMetadata<Part extends { readonly providerMetadata?: ProviderMetadata }>(
  part: Part,
  session: MaskSession,
): Part {
  const { providerMetadata, ...rest } = part
  if (providerMetadata === undefined) return part
  const isClean = JSON.stringify(maskPlain(providerMetadata, session)) === JSON.stringify(providerMetadata)
  return isClean ? part : (rest as unknown as Part)
}

/** Tool names are identifiers of the program; descriptions, examples and allowed values may be anything. */
function maskTools(tools: CheckedTools, session: MaskSession): CheckedTools {
  const masked = new Map<string, CheckedTool>()
  for (const [name, one] of tools) {
    const { description, inputSchema, examples, outputSchema } = one.spec
    const spec = {
      ...one.spec,
      inputSchema: maskSchema(inputSchema, session),
      ...(description !== undefined && { description: session.mask(description) }),
      ...(examples && { examples: examples.map((example) => maskExample(example, session)) }),
      ...(outputSchema && { outputSchema: maskSchema(outputSchema, session) }),
    }
    masked.set(name, { ...one, spec })
  }
  return masked
}

type Example = NonNullable<CheckedTool['spec']['examples']>[number]

function maskExample({ request, input }: Example, session: MaskSession): Example {
  return { request: session.mask(request), input: maskPlain(input, session) }
}

/** Words of JSON Schema with values by name, and with values that are data. */
const namedWords = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])
const dataWords = new Set(['enum', 'const', 'default', 'example', 'examples'])

function maskSchema(schema: JsonSchema, session: MaskSession): JsonSchema {
  return maskSchemaValue(schema, session, []) as JsonSchema
}

/** `path`: names of the properties that lead here. */
function maskSchemaValue(value: unknown, session: MaskSession, path: readonly string[]): unknown {
  if (typeof value === 'string') return session.mask(value)
  if (Array.isArray(value)) return value.map((inner) => maskSchemaValue(inner, session, path))
  if (!isMap(value)) return value
  return mapEntries(value, (word, inner) => {
    if (namedWords.has(word) && isMap(inner)) {
      return [
        word,
        mapEntries(inner, (name, one) => [session.mask(name), maskSchemaValue(one, session, [...path, name])]),
      ]
    }
    if (dataWords.has(word)) return [word, maskPlain(inner, session, path)]
    // Words of the caller's own may be anything.
    const name = session.mask(word)
    return [name, word === '$ref' ? maskReference(inner, session) : maskSchemaValue(inner, session, path)]
  })
}

/** By its steps, which are names: `#/$defs/Иванов`. */
function maskReference(reference: unknown, session: MaskSession): unknown {
  if (typeof reference !== 'string') return reference
  return reference
    .split('/')
    .map((step) => session.mask(step))
    .join('/')
}

/** Anything that JSON can say, as JSON says it: what is looked at is what is sent. */
function maskPlain(value: unknown, session: MaskSession, path?: readonly string[]): unknown {
  return maskJson(toPlain(value), session, path)
}

/**
 * Plain JSON with its personal data behind placeholders. A value is looked at together with its key, which often says
 * what it is (`{ "passport": "4509 123456" }`); a number that is personal data becomes a text. `path`: the keys that
 * lead to the value.
 */
export function maskJson(value: unknown, session: MaskSession, path: readonly string[] = []): unknown {
  if (typeof value === 'string') return maskValue(value, session, path)
  if (typeof value === 'number') {
    const text = String(value)
    const masked = maskValue(text, session, path)
    return masked === text ? value : masked
  }
  if (Array.isArray(value)) return value.map((inner) => maskJson(inner, session, path))
  if (!isMap(value)) return value
  return mapEntries(value, (name, inner) => [session.mask(name), maskJson(inner, session, [...path, name])])
}

function maskValue(text: string, session: MaskSession, path: readonly string[]): string {
  const label = createLabel(path)
  const masked = session.mask(label + text)
  if (masked.startsWith(label)) return masked.slice(label.length)
  // The key itself is personal data; or a value reaches into it, and is left behind one placeholder with it.
  const maskedLabel = session.mask(label)
  return masked.startsWith(maskedLabel) ? masked.slice(maskedLabel.length) : masked
}

/** What stands before a value: its key and the one above (`{ "birth": { "date": … } }`), as words. */
function createLabel(path: readonly string[]): string {
  return path.length === 0 ? '' : `${path.slice(-2).map(spellKey).join(' ')}: `
}

/** `birthDate` and `birth_date` as words. */
function spellKey(key: string): string {
  return key
    .replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replaceAll(/[_-]+/g, ' ')
    .toLowerCase()
}

/** The values in place of the placeholders, in keys and texts. */
export function restoreJson(value: unknown, session: MaskSession): unknown {
  if (typeof value === 'string') return session.restore(value, 'text')
  if (Array.isArray(value)) return value.map((inner) => restoreJson(inner, session))
  if (!isMap(value)) return value
  return mapEntries(value, (name, inner) => [session.restore(name, 'text'), restoreJson(inner, session)])
}

/** A part of an answer as the caller is to see it. `isJson`: the text is the output by schema. */
export function restorePart<Part extends ContentPart>(part: Part, session: MaskSession, isJson: boolean): Part {
  switch (part.type) {
    case 'text':
      return { ...part, text: session.restore(part.text, isJson ? 'json' : 'text') }
    case 'reasoning':
      return { ...part, text: session.restore(part.text, 'text') }
    case 'tool-call': {
      const { invalidInput } = part
      return {
        ...part,
        input: restoreJson(part.input, session),
        ...(invalidInput !== undefined && { invalidInput: session.restore(invalidInput, 'json') }),
      }
    }
    case 'source':
      return part.title === undefined ? part : { ...part, title: session.restore(part.title, 'text') }
    case 'file':
      return part
  }
}

/** Counts personal data in all texts of a value, as JSON says it: what an adapter's own options may hold. */
export function countIn(value: unknown, { find }: Masker): Counts {
  const counts = new Map<string, number>()
  const look = (inner: unknown, path: readonly string[]): void => {
    if (typeof inner === 'string' || typeof inner === 'number') {
      const label = createLabel(path)
      for (const { type, end } of find(`${label}${inner}`)) {
        if (end > label.length) counts.set(type, (counts.get(type) ?? 0) + 1)
      }
    } else if (Array.isArray(inner)) for (const one of inner) look(one, path)
    else if (isMap(inner)) {
      for (const [name, one] of Object.entries(inner)) {
        look(name, [])
        look(one, [...path, name])
      }
    }
  }
  look(toPlain(value), [])
  return Object.freeze(Object.fromEntries(counts))
}

/** Counts of several looks, added. */
export function addCounts(...all: readonly Counts[]): Counts {
  const sum = new Map<string, number>()
  for (const counts of all) {
    for (const [type, count] of Object.entries(counts)) sum.set(type, (sum.get(type) ?? 0) + count)
  }
  return Object.freeze(Object.fromEntries(sum))
}

/** `undefined` for what JSON has no word for. */
function toPlain(value: unknown): unknown {
  const text = JSON.stringify(value) as string | undefined
  return text === undefined ? undefined : (JSON.parse(text) as unknown)
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** As own data, whatever the name: assigning to `__proto__` would set the prototype. */
function mapEntries(
  value: object,
  map: (name: string, inner: unknown) => readonly [name: string, inner: unknown],
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => map(name, inner)))
}
