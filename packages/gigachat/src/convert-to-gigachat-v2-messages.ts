import type { CallPart, PartMessage, TextCall, ToolResultPart } from '@shlyuz/core'
import { toResultText } from './convert-to-gigachat-messages.ts'
import { isObject } from './gigachat-settings.ts'

/** A part of a message of v2: it goes by its one key, and says no `type`. */
export type GigachatV2Part =
  | { readonly text: string }
  | { readonly files: readonly { readonly id: string }[] }
  | { readonly function_call: { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> } }
  | { readonly function_result: { readonly name: string; readonly result: string } }

/** A message of `POST /v2/chat/completions`: its content is a list of parts; a plain text is 400. */
export interface GigachatV2Message {
  readonly role: 'system' | 'user' | 'assistant' | 'function' | 'tool'
  readonly content: readonly GigachatV2Part[]
  /** Ties calls to the turn that made them; optional. */
  readonly tool_state_id?: string
}

/**
 * The conversation as v2 takes it. System messages are joined in the first place, as on v1. A turn may have several
 * calls; their results follow in one message each, in the order of the calls, by name: results have no ids, and those
 * of calls are optional. Arguments go as an object and results as JSON text, both seen live: a text for the first is
 * 400, and so is anything but JSON for the second.
 *
 * `fileIds`: what `uploadFiles` gave. Reasoning is not sent back.
 */
export function convertToGigachatV2Messages(
  messages: TextCall['messages'],
  fileIds: ReadonlyMap<CallPart, string>,
  resultRole: 'function' | 'tool',
): readonly GigachatV2Message[] {
  const instructions = messages.filter(({ role }) => role === 'system').map(joinText)
  const converted: GigachatV2Message[] =
    instructions.length > 0 ? [{ role: 'system', content: [{ text: instructions.join('\n\n') }] }] : []
  const results = new Map(
    messages.flatMap(({ content }) => content.filter(isResult).map((part) => [part.toolCallId, part] as const)),
  )
  for (const message of messages) {
    if (message.role === 'user') converted.push({ role: 'user', content: convertParts(message, fileIds) })
    if (message.role !== 'assistant') continue
    converted.push(convertAssistant(message, fileIds))
    // In the order of the calls, also where the caller has them in another: only that tells two of a name apart.
    for (const call of message.content) {
      const result = call.type === 'tool-call' ? results.get(call.toolCallId) : undefined
      if (result) converted.push(convertResult(result, resultRole))
    }
  }
  return converted
}

function convertAssistant(message: PartMessage, fileIds: ReadonlyMap<CallPart, string>): GigachatV2Message {
  const stateId = message.content
    .map((part) => (part.type === 'tool-call' ? part.providerMetadata?.['gigachat']?.['toolStateId'] : undefined))
    .find((id) => typeof id === 'string')
  return {
    role: 'assistant',
    content: convertParts(message, fileIds),
    ...(typeof stateId === 'string' && { tool_state_id: stateId }),
  }
}

function convertResult(result: ToolResultPart, role: 'function' | 'tool'): GigachatV2Message {
  return { role, content: [{ function_result: { name: result.toolName, result: toResultText(result) } }] }
}

/** At least one part: an empty list is 400. */
function convertParts({ content }: PartMessage, fileIds: ReadonlyMap<CallPart, string>): readonly GigachatV2Part[] {
  const parts = content.flatMap((part): readonly GigachatV2Part[] => {
    if (part.type === 'text') return part.text === '' ? [] : [{ text: part.text }]
    if (part.type === 'tool-call') {
      return [{ function_call: { name: part.toolName, arguments: isObject(part.input) ? part.input : {} } }]
    }
    const id = fileIds.get(part)
    return id === undefined ? [] : [{ files: [{ id }] }]
  })
  return parts.length > 0 ? parts : [{ text: '' }]
}

function isResult(part: CallPart): part is ToolResultPart {
  return part.type === 'tool-result'
}

function joinText({ content }: PartMessage): string {
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
