import type { OutputSpec, TextCall, TextSettings, ToolChoice, ToolSpec } from '@shlyuz/core'
import { convertToOpenAiMessages, type MessageDialect } from './convert-to-openai-messages.ts'

/** How an endpoint likes its requests. */
export interface RequestDialect extends MessageDialect {
  /** The name of `maxOutputTokens`. @default 'max_tokens' */
  readonly tokenParameter?: 'max_tokens' | 'max_completion_tokens'
  /** Ask for the usage of a stream (`stream_options.include_usage`). @default true */
  readonly includeUsage?: boolean
  /** Ask that answers keep a given schema exactly (`json_schema.strict`). @default true */
  readonly strictOutput?: boolean
  /** Settings that the service does not have. @default [] */
  readonly withoutSettings?: readonly (keyof TextSettings)[]
}

/**
 * The body of `POST /chat/completions`. `model`: as the wire spells it. `extraBody` goes below everything that has a
 * word of its own. `stop` is not sent: core cuts the answer itself.
 * Source: the OpenAI API reference, "Create chat completion".
 */
export function createChatRequestBody(
  call: TextCall,
  model: string,
  dialect: RequestDialect = {},
  extraBody: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const { stream, tools, output } = call
  const { includeUsage = true, strictOutput = true } = dialect
  // Written in order: spreads of objects that are mostly empty take a third of the time.
  const body: Record<string, unknown> = { ...extraBody }
  body['model'] = model
  body['messages'] = convertToOpenAiMessages(call.messages, dialect)
  enterSettings(body, call.settings, dialect)
  if (tools.length > 0) {
    body['tools'] = tools.map(convertTool)
    body['tool_choice'] = convertToolChoice(call.toolChoice)
    if (call.parallelToolCalls !== undefined) body['parallel_tool_calls'] = call.parallelToolCalls
  }
  if (output) body['response_format'] = convertOutputSpec(output, strictOutput)
  body['stream'] = stream
  if (stream && includeUsage) body['stream_options'] = { include_usage: true }
  return body
}

function enterSettings(
  body: Record<string, unknown>,
  settings: TextSettings,
  { tokenParameter = 'max_tokens', withoutSettings = [] }: RequestDialect,
): void {
  const { temperature, topP, seed, frequencyPenalty, presencePenalty, maxOutputTokens, reasoningEffort } = settings
  const takes = (name: keyof TextSettings): boolean => !withoutSettings.includes(name)
  if (temperature !== undefined && takes('temperature')) body['temperature'] = temperature
  if (topP !== undefined && takes('topP')) body['top_p'] = topP
  if (seed !== undefined && takes('seed')) body['seed'] = seed
  if (frequencyPenalty !== undefined && takes('frequencyPenalty')) body['frequency_penalty'] = frequencyPenalty
  if (presencePenalty !== undefined && takes('presencePenalty')) body['presence_penalty'] = presencePenalty
  if (maxOutputTokens !== undefined) body[tokenParameter] = maxOutputTokens
  if (reasoningEffort !== undefined && takes('reasoningEffort')) {
    body['reasoning_effort'] = reasoningEffort === 'off' ? 'none' : reasoningEffort
  }
}

function convertTool({ name, description, inputSchema, strict }: ToolSpec): object {
  return {
    type: 'function',
    function: {
      name,
      ...(description !== undefined && { description }),
      parameters: inputSchema,
      ...(strict !== undefined && { strict }),
    },
  }
}

function convertToolChoice(choice: ToolChoice): unknown {
  return typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.tool } }
}

function convertOutputSpec({ name, schema }: OutputSpec, strict: boolean): object {
  return { type: 'json_schema', json_schema: { name, schema, ...(strict && { strict }) } }
}
