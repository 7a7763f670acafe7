import { randomUUID } from 'node:crypto'
import { Refusal, type Answer } from '../../answer.ts'
import { isObject, type Exchange } from '../../exchange.ts'
import { pause } from '../../pace.ts'
import type { GigaChatScript, GigaChatUsage } from '../../script.ts'
import { admit, checkModel, countPrompt, countReply, thinkingMs, type PromptTokens } from '../admit.ts'
import { firstDocument, takeAttachments, withFiles } from '../attachments.ts'
import { generateReply, lastPrompt, type DialogueMessage } from '../generate-reply.ts'
import { versionedModel } from '../models.ts'
import { apiError } from '../refusals.ts'
import { encodeChatV2, encodeChatV2Stream, type ChatAnswerV2, type UsageV2 } from './chat-v2-answer.ts'
import { readChatRequestV2, type ChatRequestV2, type MessageV2 } from './chat-v2-request.ts'
import { checkChatRequestV2 } from './check-chat-v2-request.ts'
import { chooseCreator, chooseFinder, runTool } from './run-tool.ts'

/** Most calls of one answer. Several were seen; how many there can be is not known. */
const mostCalls = 8

/**
 * `POST /v2/chat/completions`. The order of the checks is ours, as for `/v1`.
 *
 * @throws Refusal
 */
export async function answerChatV2(exchange: Exchange): Promise<Answer> {
  const release = admit(exchange)
  try {
    refuseStored(exchange.json)
    const request = readChatRequestV2(exchange.json)
    const answer = completeChat(exchange, request)
    if (request.stream) {
      return { ...encodeChatV2Stream(answer, exchange, release, request.numbers.updateInterval), release }
    }
    await pause(thinkingMs(exchange, answer.pieces.length), exchange.signal)
    release()
    return encodeChatV2(answer)
  } catch (error) {
    release()
    throw error
  }
}

/** Assistants and threads are not emulated. `storage` without a thread is taken, and nothing is stored. */
function refuseStored(body: unknown): void {
  if (!isObject(body)) return
  const isThread = isObject(body['storage']) && typeof body['storage']['thread_id'] === 'string'
  if (typeof body['assistant_id'] === 'string' || isThread) {
    throw new Refusal(apiError(404), 'assistants and threads are not emulated')
  }
}

function completeChat(exchange: Exchange, request: ChatRequestV2): ChatAnswerV2 {
  checkModel(exchange, request.model, 'chat')
  checkChatRequestV2(request, exchange.state.options.gigachat)
  const messages = readMessages(exchange, request.messages)
  const promptTokens = countPrompt(exchange, textsOf(request, messages))
  const answer = writeAnswer(exchange, request, messages, promptTokens)
  exchange.state.gigachat.spend(request.model, answer.usage?.total_tokens ?? 0)
  return answer
}

/** Thoughts of earlier turns are left out. */
function readMessages(exchange: Exchange, messages: readonly MessageV2[]): DialogueMessage[] {
  const spoken = messages.filter(({ role }) => role !== 'reasoning')
  const files = takeAttachments(
    exchange,
    spoken.map(({ role, parts }) => (role === 'user' ? parts.flatMap((part) => part.files) : [])),
  )
  const document = firstDocument(files.flat())
  return spoken.map(({ role, parts }, index): DialogueMessage => {
    const text = parts.flatMap((part) => (part.text === undefined ? [] : [part.text])).join('\n')
    const attached = files[index] ?? []
    const calls = parts.flatMap(({ functionCall }) => (functionCall === undefined ? [] : [functionCall.name]))
    const results = parts.flatMap(({ functionResult }) => (functionResult === undefined ? [] : [functionResult]))
    return {
      role: role === 'tool' || role === 'reasoning' ? 'function' : role,
      text: attached.length === 0 ? text : withFiles(text, attached, document),
      calls,
      results,
    }
  })
}

/** What counts as prompt: the texts, and as JSON functions, calls and results. */
function textsOf({ functions, messages }: ChatRequestV2, read: readonly DialogueMessage[]): string[] {
  const parts = messages.flatMap((message) => message.parts)
  const calls = parts.flatMap(({ functionCall }) => (functionCall === undefined ? [] : [functionCall]))
  const results = parts.flatMap(({ functionResult }) => (functionResult === undefined ? [] : [functionResult.json]))
  return [...[...functions, ...calls].map((each) => JSON.stringify(each)), ...read.map(({ text }) => text), ...results]
}

/** What the model says, before it is counted. */
type Said = Omit<ChatAnswerV2, 'createdAt' | 'model' | 'usage'>

function writeAnswer(
  exchange: Exchange,
  request: ChatRequestV2,
  messages: readonly DialogueMessage[],
  promptTokens: PromptTokens,
): ChatAnswerV2 {
  const script = exchange.state.scripts.takeGigaChat()
  const createdAt = Math.floor(Date.now() / 1000)
  const model = script?.model ?? exchange.answeringModel ?? versionedModel(request.model)
  const said = script === undefined ? reply(exchange, request, messages) : scripted(script)
  const usage = script?.usage === undefined ? usageOf(said, promptTokens) : inWordsOfV2(script.usage)
  return { createdAt, model, ...said, ...(usage === undefined ? {} : { usage }) }
}

function reply(exchange: Exchange, request: ChatRequestV2, messages: readonly DialogueMessage[]): Said {
  const { functions, toolConfig, responseFormat, numbers, reasons, isParallel, isFiltered } = request
  const { functionName, toolName } = toolConfig
  const isForced = functionName !== undefined
  const generated = generateReply({
    messages,
    functions,
    choice: isForced ? { name: functionName } : toolName === undefined && toolConfig.mode === 'auto' ? 'auto' : 'none',
    callLimit: isParallel ? mostCalls : 1,
    thinks: reasons,
    isFiltered,
    ...(responseFormat === undefined ? {} : { format: responseFormat }),
    ...(numbers.maxTokens === undefined ? {} : { maxTokens: numbers.maxTokens }),
  })
  const { calls, finishReason, pieces, reasoning } = generated
  const thoughts = reasoning === undefined ? {} : { reasoning }
  const prompt = lastPrompt(messages)
  const isAsked = messages.at(-1)?.role === 'user' && finishReason !== 'blacklist'
  const finder = calls.length === 0 ? chooseFinder(request, prompt) : undefined
  const tool = isAsked ? (chooseCreator(request, prompt) ?? finder) : undefined
  if (tool !== undefined) return { ...runTool(exchange, tool, request, prompt), ...thoughts }
  const hasState = calls.length > 0 || messages.at(-1)?.role === 'function'
  return {
    pieces,
    finishReason,
    ...thoughts,
    calls: calls.map((call) => ({ id: randomUUID(), ...call })),
    ...(hasState ? { stateId: randomUUID() } : {}),
  }
}

function scripted({ text, functionCalls = [], reasoning, finishReason }: GigaChatScript): Said {
  const whole = text ?? (functionCalls.length === 0 ? '' : [])
  return {
    pieces: typeof whole === 'string' ? [whole] : whole,
    finishReason: finishReason ?? (functionCalls.length === 0 ? 'stop' : 'function_call'),
    calls: functionCalls.map(({ id, ...call }) => (id === null ? call : { id: id ?? randomUUID(), ...call })),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(functionCalls.length === 0 ? {} : { stateId: randomUUID() }),
  }
}

/** The blocked request's figures are those seen on `/v1`. */
function usageOf({ pieces, finishReason, calls, reasoning }: Said, { all, cached }: PromptTokens): UsageV2 {
  if (finishReason === 'blacklist') return figures(1, 0, 0)
  return figures(all, cached, countReply(pieces, calls, reasoning))
}

function inWordsOfV2(usage: GigaChatUsage | null): UsageV2 | undefined {
  if (usage === null) return undefined
  const { prompt_tokens: prompt, completion_tokens: completion, precached_prompt_tokens: cached = 0 } = usage
  return { ...figures(prompt, cached, completion), total_tokens: usage.total_tokens }
}

function figures(prompt: number, cached: number, output: number): UsageV2 {
  return {
    input_tokens: prompt,
    input_tokens_details: { prompt_tokens: prompt, cached_tokens: cached },
    output_tokens: output,
    total_tokens: prompt + output,
  }
}
