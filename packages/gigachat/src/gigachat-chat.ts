import { ChatRequest, JsonExchange, normaliseJsonSchema } from '@shlyuz/core'
import type {
  CallPart,
  Loss,
  ModelRef,
  Operation,
  OutputSpec,
  Reply,
  SchemaRules,
  StreamReply,
  TextCall,
  TextResult,
  WireRequest,
} from '@shlyuz/core'
import { checkGigachatFunctions, checkToolChoice, createFunctionFields } from './convert-to-gigachat-functions.ts'
import { convertToGigachatMessages } from './convert-to-gigachat-messages.ts'
import { uploadFiles } from './gigachat-files.ts'
import { createGigachatHeaders, type GigachatOptions } from './gigachat-options.ts'
import { GigachatStreamDecoder } from './gigachat-stream-decoder.ts'
import { gigachatAnswerShape, readGigachatAnswer } from './read-gigachat-answer.ts'

/** `POST /v1/chat/completions`. `providerName`: whose the files are that the service makes. */
export function* converse(call: TextCall, model: ModelRef, providerName: string): Operation<TextResult> {
  const fileIds = yield* uploadFiles(call)
  const body = createGigachatBody(call, model, fileIds)
  return call.stream
    ? yield* converseStreamed(createRequest(call, body), model, providerName)
    : yield* converseWhole(createRequest(call, body), model, providerName)
}

function* converseWhole(request: WireRequest, model: ModelRef, providerName: string): Operation<TextResult> {
  const reply = (yield new JsonExchange(request, gigachatAnswerShape)) as Reply
  return readGigachatAnswer(reply.body, model, providerName)
}

function* converseStreamed(request: WireRequest, model: ModelRef, providerName: string): Operation<TextResult> {
  let decoder = new GigachatStreamDecoder(model, providerName)
  const createDecoder = (): GigachatStreamDecoder => (decoder = new GigachatStreamDecoder(model, providerName))
  const { end, content } = (yield { do: 'stream', request, createDecoder }) as StreamReply
  return {
    content,
    finishReason: end.finishReason,
    ...(end.rawFinishReason !== undefined && { rawFinishReason: end.rawFinishReason }),
    usage: end.usage,
    ...(decoder.modelId !== undefined && { modelId: decoder.modelId }),
    ...(decoder.rawModel !== undefined && { rawModel: decoder.rawModel }),
  }
}

function createRequest(call: TextCall, body: object): WireRequest {
  const headers = createGigachatHeaders(call.options as GigachatOptions)
  return new ChatRequest('api', '/chat/completions', headers, body, call.stream)
}

/** The body of a v1 request; the lines of a batch have it too. `fileIds`: what {@link uploadFiles} gave. */
export function createGigachatBody(call: TextCall, model: ModelRef, fileIds: ReadonlyMap<CallPart, string>): object {
  const { messages, settings, stream } = call
  const { temperature, topP, maxOutputTokens, reasoningEffort } = settings
  const options = call.options as GigachatOptions
  const { repetitionPenalty, profanityCheck, updateInterval, flags, functionRanker, extraBody } = options
  return {
    ...extraBody,
    model: model.catalogueId,
    messages: convertToGigachatMessages(messages, fileIds),
    ...createFunctionFields(call, options),
    // 0 is outside the schema's range; the most likely word alone is what it means.
    ...(temperature === 0 ? { top_p: 0 } : { temperature, top_p: topP }),
    max_tokens: maxOutputTokens,
    repetition_penalty: repetitionPenalty,
    profanity_check: profanityCheck,
    update_interval: updateInterval,
    flags,
    response_format: createResponseFormat(call.output, options),
    // v1 has no level for "off".
    reasoning_effort: reasoningEffort === 'off' ? undefined : reasoningEffort,
    function_ranker: functionRanker && { enabled: functionRanker.enabled, top_n: functionRanker.topN },
    ...(stream && { stream: true }),
  }
}

/** What is known to be understood in `response_format`; whether `$ref` is, is not documented. */
const outputSchemaRules: SchemaRules = { service: 'GigaChat', inlineReferences: true, requireProperties: true }

/**
 * `response_format` of v1, and of the model options of v2. It is flat. With `required` and `strict` the answer has
 * exactly the fields of the schema; `strict` needs `required`. Source: «Генерация структурированных данных».
 */
export function createResponseFormat(output: OutputSpec | undefined, options: GigachatOptions): object | undefined {
  if (options.responseFormat) return { type: 'regex', regex: options.responseFormat.regex }
  if (!output) return undefined
  const { schema } = normaliseJsonSchema(output.schema, outputSchemaRules, 'output')
  const { required } = schema
  const isStrict = Array.isArray(required) && required.length > 0
  return { type: 'json_schema', schema, ...(isStrict && { strict: true }) }
}

/** What depends on values in the asked output. */
export function checkResponseFormat({ output, tools, options }: TextCall): readonly Loss[] {
  const { responseFormat } = options as GigachatOptions
  const losses = output ? normaliseJsonSchema(output.schema, outputSchemaRules, 'output').losses : []
  if (!responseFormat || (!output && tools.length === 0)) return losses
  const other = output ? 'output' : 'tools'
  const conflict: Loss = {
    effect: 'refuse',
    code: 'response-format-conflict',
    setting: 'providerOptions.gigachat.responseFormat',
    message: `${other} and a regular expression for the answer exclude each other`,
    hint: `Оставьте одно: ${other} или providerOptions.gigachat.responseFormat.`,
  }
  return [...losses, conflict]
}

/** What v1 cannot keep of a call beyond its column of the loss table. */
export function checkV1Call(call: TextCall): readonly Loss[] {
  const { temperature, topP } = call.settings
  return [
    ...(temperature === 0 && topP !== undefined ? [ignoredTopP] : []),
    ...checkToolChoice(call),
    ...checkGigachatFunctions(call.tools),
    ...checkResponseFormat(call),
    ...((call.options as GigachatOptions).v2 ? [optionsOfV2] : []),
  ]
}

const optionsOfV2: Loss = {
  effect: 'refuse',
  code: 'option-of-other-api',
  setting: 'providerOptions.gigachat.v2',
  message: 'the options of v2 mean nothing to v1 of the chat',
  hint: "Задайте api: 'v2' в gigachat(…) или в providerOptions.gigachat, либо уберите v2.",
}

/** For {@link checkV1Call} and its like of v2. */
export const ignoredTopP: Loss = {
  effect: 'warn',
  code: 'setting-ignored',
  setting: 'topP',
  message: 'topP was not sent: temperature 0 is sent as top_p 0',
}
