import type { FilePart, SourcePart, ToolProgressPart } from '@shlyuz/core'
import { isObject } from './gigachat-settings.ts'

/** One thing a message of v2 says, in its order. */
export type GigachatV2Piece =
  | { readonly type: 'text' | 'reasoning'; readonly text: string }
  | GigachatV2Call
  | FilePart
  | SourcePart
  | ToolProgressPart

/** A function call, or a piece of one in a stream. */
export interface GigachatV2Call {
  readonly type: 'call'
  /** The recordings of one stand have none, the public host gives one. */
  readonly id?: string
  readonly name?: string
  readonly input: unknown
  /** Of its message. */
  readonly stateId?: string
}

/** Media types by the kind of a generated file, where the service states none. */
const typesOfTargets: Readonly<Record<string, string>> = {
  image: 'image/jpeg',
}

/**
 * Reads a message of an answer, or a piece of one in a stream. Its content is a list of parts that go by their keys;
 * a part may have several. A plain text in place of the list is read too. Parts of unknown keys are left out, and so
 * are messages of other roles but `assistant` and `reasoning`: they are no answer. `providerName`: whose the files
 * are. Source: official OpenAPI file (api.yml), `POST /v2/chat/completions`; role `reasoning`: the Java client.
 */
export function readGigachatV2Message(
  message: Readonly<Record<string, unknown>>,
  role: string,
  providerName: string,
): readonly GigachatV2Piece[] {
  const { content } = message
  const parts: readonly unknown[] =
    typeof content === 'string' ? [{ text: content }] : Array.isArray(content) ? content : []
  const type = role === 'reasoning' ? 'reasoning' : 'text'
  const stateId = readStateId(message)
  const pieces = parts
    .filter(isObject)
    .flatMap((part) => [
      ...readPart(part, type, providerName),
      ...(isObject(part['function_call']) ? [readCall(part['function_call'], stateId)] : []),
    ])
  return role === 'assistant' || role === 'reasoning'
    ? pieces
    : pieces.filter((piece) => piece.type === 'tool-progress')
}

/** Names of the field differ between the official OpenAPI file, recordings and the public host. */
const stateNames = ['tool_state_id', 'tools_state_id', 'functions_state_id']

/** What ties a call to the turn that made it: of a message, or of the answer around it. */
export function readStateId(holder: Readonly<Record<string, unknown>>): string | undefined {
  for (const name of stateNames) {
    const id = holder[name]
    if (typeof id === 'string' && id !== '') return id
  }
  return undefined
}

function readPart(
  part: Readonly<Record<string, unknown>>,
  type: 'text' | 'reasoning',
  providerName: string,
): readonly GigachatV2Piece[] {
  const { text, files, tool_execution: execution, inline_data: data } = part
  return [
    ...(typeof text === 'string' && text !== '' ? [{ type, text }] : []),
    ...(Array.isArray(files) ? files.flatMap((file: unknown) => readFile(file, providerName)) : []),
    ...(isObject(execution) ? readExecution(execution) : []),
    ...(isObject(data) ? readSources(data['sources']) : []),
  ]
}

function readFile(file: unknown, providerName: string): readonly FilePart[] {
  if (!isObject(file) || typeof file['id'] !== 'string' || file['id'] === '') return []
  const { id, mime, target } = file
  const stated = typeof mime === 'string' && mime !== '' ? mime : undefined
  const mediaType = stated ?? (typeof target === 'string' ? typesOfTargets[target] : undefined)
  return [{ type: 'file', data: { fileId: id, provider: providerName }, ...(mediaType !== undefined && { mediaType }) }]
}

function readExecution(execution: Readonly<Record<string, unknown>>): readonly ToolProgressPart[] {
  const { name, status, seconds_left: secondsLeft, censored } = execution
  if (typeof name !== 'string' || name === '') return []
  return [
    {
      type: 'tool-progress',
      toolName: name,
      state: status === 'success' ? 'done' : status === 'fail' ? 'failed' : 'running',
      ...(censored === true && { message: 'censored' }),
      ...(typeof secondsLeft === 'number' && { secondsLeft }),
    },
  ]
}

/** By the number with which the text refers to them: `[sources=[2]]`. */
function readSources(sources: unknown): readonly SourcePart[] {
  if (!isObject(sources)) return []
  return Object.entries(sources).flatMap(([id, source]): readonly SourcePart[] => {
    if (!isObject(source) || typeof source['url'] !== 'string' || source['url'] === '') return []
    const { url, title } = source
    return [{ type: 'source', id, url, ...(typeof title === 'string' && title !== '' && { title }) }]
  })
}

function readCall(call: Readonly<Record<string, unknown>>, stateId: string | undefined): GigachatV2Call {
  const { id, name, arguments: input } = call
  return {
    type: 'call',
    ...(typeof id === 'string' && id !== '' && { id }),
    ...(typeof name === 'string' && name !== '' && { name }),
    input,
    ...(stateId !== undefined && { stateId }),
  }
}
