import type { CallPart, LoadedFile, MediaPart, PartMessage, TextCall, ToolCallPart, ToolResultPart } from '@shlyuz/core'
import { isObject } from './openai-compatible-settings.ts'

/** A message of a chat completion. */
export type OpenAiMessage =
  | { readonly role: 'system'; readonly content: string }
  | { readonly role: 'user'; readonly content: string | readonly OpenAiContentPart[] }
  | {
      readonly role: 'assistant'
      /** Beside calls it is `null`, or absent: see {@link MessageDialect.emptyContent}. */
      readonly content?: string | null
      readonly tool_calls?: readonly OpenAiToolCall[]
    }
  | { readonly role: 'tool'; readonly tool_call_id: string; readonly content: string }

export type OpenAiContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string } }
  | { readonly type: 'input_audio'; readonly input_audio: { readonly data: string; readonly format: string } }

export interface OpenAiToolCall {
  readonly index?: number
  readonly id: string
  readonly type: 'function'
  /** `arguments` is the text of a JSON object. */
  readonly function: { readonly name: string; readonly arguments: string }
}

/** How an endpoint likes its messages. */
export interface MessageDialect {
  /** `content` of an assistant turn that only calls tools. @default 'null' */
  readonly emptyContent?: 'null' | 'absent'
  /**
   * `'function-name'`: the id of a call is the name of its function, as some services give it out themselves; results
   * are then tied to calls by their order. @default 'own'
   */
  readonly toolCallIds?: 'own' | 'function-name'
}

/**
 * The conversation as chat completions take it. System messages are joined in the first place, apart by an empty
 * line: the templates of many open models take one alone. Reasoning stays here: services refuse or ignore it.
 * Source: the OpenAI API reference, "Create chat completion".
 */
export function convertToOpenAiMessages(
  messages: TextCall['messages'],
  dialect: MessageDialect = {},
): readonly OpenAiMessage[] {
  const converted: OpenAiMessage[] = []
  const instructions = joinInstructions(messages)
  if (instructions !== undefined) converted.push({ role: 'system', content: instructions })
  let calls: readonly ToolCallPart[] = []
  let results: ToolResultPart[] = []
  // By index: V8 makes an object for each step over a frozen list.
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index] as PartMessage
    const { role, content } = message
    if (role === 'tool') {
      results.push(...content.filter(isResult))
      continue
    }
    if (results.length > 0) {
      converted.push(...convertResults(results, calls, dialect))
      results = []
    }
    if (role === 'user') converted.push({ role, content: convertUserContent(message) })
    if (role !== 'assistant') continue
    calls = content.filter(isCall)
    const text = joinText(message)
    // Nothing is left of a turn that held reasoning alone.
    if (text !== '' || calls.length > 0) converted.push(convertAssistant(text, calls, dialect))
  }
  if (results.length > 0) converted.push(...convertResults(results, calls, dialect))
  return converted
}

function joinInstructions(messages: TextCall['messages']): string | undefined {
  let joined: string | undefined
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index] as PartMessage
    if (message.role !== 'system') continue
    const text = joinText(message)
    joined = joined === undefined ? text : `${joined}\n\n${text}`
  }
  return joined
}

function convertUserContent(message: PartMessage): string | readonly OpenAiContentPart[] {
  // By index: to take apart a frozen list is slow.
  const first = message.content[0]
  if (message.content.length === 1 && first?.type === 'text') return first.text
  if (message.content.every(({ type }) => type === 'text')) return joinText(message)
  return message.content.flatMap((part): readonly OpenAiContentPart[] => {
    if (part.type === 'text') return [{ type: 'text', text: part.text }]
    return part.type === 'media' ? [convertMedia(part)] : []
  })
}

/** Images and recordings; what else there is was refused by the table before. */
function convertMedia({ modality, source }: MediaPart): OpenAiContentPart {
  if (source instanceof URL) return { type: 'image_url', image_url: { url: source.href } }
  const { bytes, mediaType } = source as LoadedFile
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
  return modality === 'audio'
    ? { type: 'input_audio', input_audio: { data, format: audioFormat(mediaType) } }
    : { type: 'image_url', image_url: { url: `data:${mediaType};base64,${data}` } }
}

/** The reference names `wav` and `mp3`; servers of open models take more, by the same short names. */
function audioFormat(mediaType: string): string {
  const [, subtype = ''] = mediaType.toLowerCase().split('/')
  const format = subtype.replace(/^x-/, '')
  if (format === 'mpeg') return 'mp3'
  return format === 'wave' || format === 'vnd.wave' ? 'wav' : format
}

function convertAssistant(
  text: string,
  calls: readonly ToolCallPart[],
  { emptyContent = 'null', toolCallIds = 'own' }: MessageDialect,
): OpenAiMessage {
  if (calls.length === 0) return { role: 'assistant', content: text }
  return {
    role: 'assistant',
    ...(text !== '' && { content: text }),
    ...(text === '' && emptyContent === 'null' && { content: null }),
    tool_calls: calls.map(({ toolCallId, toolName, input }, index) => ({
      // Services that use names for ids print the index here too, and tell calls of one name apart by it.
      ...(toolCallIds === 'function-name' && { index }),
      id: toolCallIds === 'own' ? toolCallId : toolName,
      type: 'function',
      // Templates of models parse it: a text that is no JSON would fail the whole request.
      function: { name: toolName, arguments: JSON.stringify(isObject(input) ? input : {}) },
    })),
  }
}

/** In the order of the calls, which is all that ties them together where ids are names. */
function convertResults(
  results: readonly ToolResultPart[],
  calls: readonly ToolCallPart[],
  { toolCallIds = 'own' }: MessageDialect,
): readonly OpenAiMessage[] {
  const places = new Map(calls.map(({ toolCallId }, at) => [toolCallId, at]))
  const place = ({ toolCallId }: ToolResultPart): number => places.get(toolCallId) ?? calls.length
  return results
    .toSorted((one, other) => place(one) - place(other))
    .map((result) => ({
      role: 'tool',
      tool_call_id: toolCallIds === 'own' ? result.toolCallId : result.toolName,
      content: convertOutput(result),
    }))
}

/** A text as it is, anything else as JSON. There is no mark for a failure, so the content says that it is one. */
function convertOutput({ output, isError = false }: ToolResultPart): string {
  if (isError) return JSON.stringify({ error: output ?? null })
  // An empty content is refused by some services.
  return typeof output === 'string' && output !== '' ? output : JSON.stringify(output ?? null)
}

function joinText({ content }: PartMessage): string {
  const first = content[0]
  if (content.length === 1 && first?.type === 'text') return first.text
  let joined = ''
  for (const part of content) if (part.type === 'text') joined += part.text
  return joined
}

function isCall(part: CallPart): part is ToolCallPart {
  return part.type === 'tool-call'
}

function isResult(part: CallPart): part is ToolResultPart {
  return part.type === 'tool-result'
}
