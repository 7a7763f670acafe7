import { ChatRequest, JsonExchange } from '@shlyuz/core'
import type {
  ContentPart,
  ModelRef,
  Operation,
  Reply,
  Shape,
  StreamReply,
  TextCall,
  TextResult,
  WireRequest,
} from '@shlyuz/core'
import { convertToYandexgptMessages } from './convert-to-yandexgpt-messages.ts'
import { convertToYandexgptTools } from './convert-to-yandexgpt-tools.ts'
import { createYandexgptError } from './create-yandexgpt-error.ts'
import { mapYandexgptFinishReason } from './map-yandexgpt-finish-reason.ts'
import { formatModelUri } from './parse-yandexgpt-model.ts'
import { readYandexgptAnswer, type YandexgptAnswer } from './read-yandexgpt-answer.ts'
import { convertAnsweredModel } from './yandexgpt-models.ts'
import type { YandexgptOptions } from './yandexgpt-options.ts'
import { createYandexgptHeaders, readFolder, type YandexgptCallSettings } from './yandexgpt-request.ts'
import { YandexgptStreamDecoder } from './yandexgpt-stream-decoder.ts'

/**
 * `POST /foundationModels/v1/completion`. It may be repeated: nothing changes on the service but the bill.
 * @throws ConfigurationError without a folder
 */
export function* complete(call: TextCall, model: ModelRef, settings: YandexgptCallSettings): Operation<TextResult> {
  const request = yield* createCompletionRequest('completion', call, model, settings)
  return call.stream ? yield* completeStreamed(request, model) : yield* completeWhole(request, model)
}

/** The request of a method that takes the body of a completion. */
export function* createCompletionRequest(
  method: 'completion' | 'completionAsync' | 'tokenizeCompletion',
  call: TextCall,
  model: ModelRef,
  settings: YandexgptCallSettings,
): Operation<WireRequest> {
  const folder = yield* readFolder(model, settings)
  const headers = yield* createYandexgptHeaders(settings, folder, call.options as YandexgptOptions)
  const body = createCompletionBody(call, formatModelUri(model, folder))
  const accept = call.stream ? streamTypes : undefined
  return new ChatRequest('api', `/foundationModels/v1/${method}`, headers, body, call.stream, accept)
}

/** What a gateway may call lines of JSON: the documentation does not name the type of a stream. */
const streamTypes = ['application/json', 'application/x-ndjson', 'application/stream+json']

/** Source: `POST /foundationModels/v1/completion`, CompletionResponse. Error bodies have no result and are read as such. */
const answerShape: Shape = (z) =>
  z.object({
    result: z
      .looseObject({
        alternatives: z.array(
          z.object({
            message: z.looseObject({ text: z.string().nullish(), toolCallList: z.object({}).nullish() }).optional(),
          }),
        ),
        usage: z.object({}).nullish(),
      })
      .optional(),
  })

function* completeWhole(request: WireRequest, model: ModelRef): Operation<TextResult> {
  const { body } = (yield new JsonExchange(request, answerShape)) as Reply
  const read = readYandexgptAnswer(body)
  if ('failure' in read) throw createYandexgptError(read.failure)
  return convertYandexgptAnswer(read.answer, model)
}

function* completeStreamed(request: WireRequest, model: ModelRef): Operation<TextResult> {
  let decoder = new YandexgptStreamDecoder(model)
  const createDecoder = (): YandexgptStreamDecoder => (decoder = new YandexgptStreamDecoder(model))
  const { end, content } = (yield { do: 'stream', request, createDecoder }) as StreamReply
  return {
    content,
    finishReason: end.finishReason,
    ...(end.rawFinishReason !== undefined && { rawFinishReason: end.rawFinishReason }),
    usage: end.usage,
    ...(decoder.modelId !== undefined && { modelId: decoder.modelId }),
  }
}

/** A whole answer in neutral words. */
export function convertYandexgptAnswer(answer: YandexgptAnswer, model: ModelRef): TextResult {
  const { text = '', toolCalls = [], status, usage = {}, modelVersion } = answer
  const modelId = convertAnsweredModel(modelVersion, model)
  const finishReason = mapYandexgptFinishReason(status) ?? 'other'
  const content: readonly ContentPart[] = [
    ...(text === '' ? [] : [{ type: 'text' as const, text }]),
    // What the filter withheld is not run either.
    ...(finishReason === 'content-filter' ? [] : toolCalls),
  ]
  return {
    content,
    finishReason,
    ...(status !== undefined && { rawFinishReason: status }),
    usage,
    ...(modelId !== undefined && { modelId }),
  }
}

const reasoningModes = { disabled: 'DISABLED', 'enabled-hidden': 'ENABLED_HIDDEN' } as const

function createCompletionBody(call: TextCall, modelUri: string): object {
  const { extraBody, jsonObject } = call.options as YandexgptOptions
  const { temperature, maxOutputTokens } = call.settings
  const reasoningMode = readReasoningMode(call)
  return {
    ...extraBody,
    modelUri,
    completionOptions: {
      ...(extraBody?.['completionOptions'] as object | undefined),
      stream: call.stream,
      temperature,
      // int64 is a string in the JSON of protocol buffers.
      ...(maxOutputTokens !== undefined && { maxTokens: String(maxOutputTokens) }),
      ...(reasoningMode !== undefined && { reasoningOptions: { mode: reasoningModes[reasoningMode] } }),
    },
    messages: convertToYandexgptMessages(call.messages),
    // One of both at most: a schema says more.
    ...(jsonObject && !call.output && { jsonObject: true }),
    ...convertToYandexgptTools(call),
  }
}

/** The vendor's own option wins over the neutral one. There is one degree of reasoning. */
function readReasoningMode({ options, settings }: TextCall): YandexgptOptions['reasoningMode'] {
  const { reasoningMode } = options as YandexgptOptions
  if (reasoningMode !== undefined || settings.reasoningEffort === undefined) return reasoningMode
  return settings.reasoningEffort === 'off' ? 'disabled' : 'enabled-hidden'
}
