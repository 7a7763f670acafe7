import { Refusal } from '../../answer.ts'
import { checkRanges, refuseMissingCall, refuseMissingResult } from '../check-chat-request.ts'
import { checkFunctionNames } from '../function-spec.ts'
import { apiError, refuseParams, refuseSchema } from '../refusals.ts'
import type { ChatRequestV2, MessageV2 } from './chat-v2-request.ts'

/** Tools of the service, by their key in `tools`. */
export const toolIds: readonly string[] = [
  'web_search',
  'url_content_extraction',
  'image_generate',
  'model_3d_generate',
  'code_interpreter',
  'get_datetime',
  'memory',
]

/** What the account settles. */
export interface ChecksV2 {
  readonly toolResultRole: 'any' | 'function' | 'tool'
  readonly unavailableTools: readonly string[]
}

/**
 * Checks values, tools and history. The texts about tools were seen live (konstant16-Z/gigachat-v2-connector); those
 * about history are those of `/v1`. Schemas of functions may use all of JSON schema, as the Python SDK sends them.
 *
 * @throws Refusal with 400, 404 or 422
 */
export function checkChatRequestV2(request: ChatRequestV2, checks: ChecksV2): void {
  checkTools(request.tools, checks.unavailableTools)
  checkRanges(request.numbers)
  checkFunctionNames(request.functions)
  checkForced(request)
  checkHistory(request.messages, checks.toolResultRole)
}

function checkTools(tools: readonly string[], unavailable: readonly string[]): void {
  for (const id of tools) {
    if (!toolIds.includes(id)) throw new Refusal(apiError(404, `Unknown tool ${id}`), `no tool ${id}`)
    if (unavailable.includes(id)) throw new Refusal(apiError(422, `Tool ${id} is unavailable`), `${id} is switched off`)
  }
}

function checkForced({ toolConfig: { functionName, toolName }, functions, tools }: ChatRequestV2): void {
  if (functionName !== undefined && !functions.some(({ name }) => name === functionName)) {
    throw refuseParams(`tool_config names function ${functionName}, which is not in tools`)
  }
  if (toolName !== undefined && !tools.includes(toolName)) {
    throw refuseParams(`tool_config names tool ${toolName}, which is not in tools`)
  }
}

/** Every call needs its result in the messages that follow at once, and every result its call. */
function checkHistory(messages: readonly MessageV2[], resultRole: ChecksV2['toolResultRole']): void {
  let open: string[] = []
  for (const { role, parts } of messages) {
    if (role === 'function' || role === 'tool') {
      if (resultRole !== 'any' && role !== resultRole) throw refuseSchema(`results have the role ${resultRole} here`)
      for (const { functionResult } of parts) {
        const at = open.indexOf(functionResult?.name ?? '')
        if (at < 0) throw refuseMissingCall()
        open.splice(at, 1)
      }
      continue
    }
    if (open.length > 0) throw refuseMissingResult()
    open = parts.flatMap(({ functionCall }) => (functionCall === undefined ? [] : [functionCall.name]))
  }
  if (open.length > 0) throw refuseMissingResult()
}
