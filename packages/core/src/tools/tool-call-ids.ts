import { randomUUID } from 'node:crypto'
import { ProtocolError } from '../errors/protocol-error.ts'
import type { PartMessage, ToolCallPart } from '../vocabulary/messages.ts'
import { findUnsafeJson, tooDeep } from './find-unsafe-json.ts'

/**
 * Keeps the ids of tool calls unique within a conversation: some services give none, others give the name of the
 * function, so that two calls share one.
 */
export class ToolCallIds {
  readonly #messages: readonly PartMessage[]
  /** Made at the first call: most answers have none. */
  #taken: Set<string> | undefined

  constructor(messages: readonly PartMessage[]) {
    this.#messages = messages
  }

  /**
   * The call with an id that no other call has.
   * @throws ProtocolError for arguments that nothing could walk through, also on their way back to the service
   */
  assign(call: ToolCallPart): ToolCallPart {
    if (findUnsafeJson(call.input) === tooDeep) {
      throw new ProtocolError(`the arguments of a tool call are nested too deeply`, {
        code: 'response.too_deep',
        hint: 'Аргументы вызова вложены слишком глубоко: ответ испорчен, повторите запрос.',
      })
    }
    const { toolCallId: given, toolName } = call
    const taken = (this.#taken ??= collectIds(this.#messages))
    const isUsable = given !== '' && given !== toolName && !taken.has(given)
    const toolCallId = isUsable ? given : `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`
    taken.add(toolCallId)
    return isUsable ? call : { ...call, toolCallId }
  }
}

function collectIds(messages: readonly PartMessage[]): Set<string> {
  const ids = new Set<string>()
  for (const { content } of messages) {
    for (const part of content) if (part.type === 'tool-call') ids.add(part.toolCallId)
  }
  return ids
}
