import type { CallPart, PartMessage, TextCall, ToolCallPart, ToolResultPart } from '@shlyuz/core'
import { isObject } from './gigachat-settings.ts'

/** A message of `POST /v1/chat/completions`: its content is always one plain string. */
export interface GigachatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'function'
  readonly content: string
  /** Name of the function whose result this is. */
  readonly name?: string
  /** Ids of files. */
  readonly attachments?: readonly string[]
  readonly function_call?: { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> }
  /** Ties a call to the turn that made it; optional. */
  readonly functions_state_id?: string
}

/**
 * The conversation as GigaChat takes it. It allows one system message, in the first place (else 422 `system message
 * must be the first message`), so all of them are joined there, apart by an empty line. The text parts of a message
 * follow one another as they are. A turn has one call at most, with its result right after it (else 422 `every
 * assistant function call must have a result in history`): several calls become as many turns.
 *
 * `fileIds`: what `uploadFiles` gave. Reasoning is not sent back.
 */
export function convertToGigachatMessages(
  messages: TextCall['messages'],
  fileIds: ReadonlyMap<CallPart, string> = new Map(),
): readonly GigachatMessage[] {
  const instructions = messages.filter(({ role }) => role === 'system').map(joinText)
  const converted: GigachatMessage[] =
    instructions.length > 0 ? [{ role: 'system', content: instructions.join('\n\n') }] : []
  const results = new Map(
    messages.flatMap(({ content }) => content.filter(isResult).map((part) => [part.toolCallId, part] as const)),
  )
  for (const message of messages) {
    if (message.role === 'user') converted.push(convertUser(message, fileIds))
    if (message.role === 'assistant') converted.push(...convertAssistant(message, results))
  }
  return converted
}

function convertUser(message: PartMessage, fileIds: ReadonlyMap<CallPart, string>): GigachatMessage {
  const attachments = message.content.flatMap((part) => fileIds.get(part) ?? [])
  return { role: 'user', content: joinText(message), ...(attachments.length > 0 && { attachments }) }
}

function convertAssistant(
  message: PartMessage,
  results: ReadonlyMap<string, ToolResultPart>,
): readonly GigachatMessage[] {
  const calls = message.content.filter(isCall)
  const content = joinText(message)
  if (calls.length === 0) return [{ role: 'assistant', content }]
  return calls.flatMap((call, at): readonly GigachatMessage[] => {
    const result = results.get(call.toolCallId)
    const stateId = call.providerMetadata?.['gigachat']?.['functionsStateId']
    return [
      {
        role: 'assistant',
        content: at === 0 ? content : '',
        function_call: { name: call.toolName, arguments: isObject(call.input) ? call.input : {} },
        ...(typeof stateId === 'string' && { functions_state_id: stateId }),
      },
      ...(result ? [{ role: 'function', name: call.toolName, content: toResultText(result) } as const] : []),
    ]
  })
}

/**
 * A tool's result as the JSON text of an object: what the documentation asks for. A value of another kind stands
 * under `result`, a failure under `error`.
 */
export function toResultText({ output, isError }: ToolResultPart): string {
  if (isError) return JSON.stringify({ error: output ?? 'failed' })
  return JSON.stringify(isObject(output) ? output : { result: output ?? null })
}

function joinText({ content }: PartMessage): string {
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

function isCall(part: CallPart): part is ToolCallPart {
  return part.type === 'tool-call'
}

function isResult(part: CallPart): part is ToolResultPart {
  return part.type === 'tool-result'
}
