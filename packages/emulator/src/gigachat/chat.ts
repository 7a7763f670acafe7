import { randomUUID } from 'node:crypto'
import type { Answer } from '../answer.ts'
import { cutPieces } from '../answers/compose-answer.ts'
import type { Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import type { GigaChatScript, GigaChatUsage } from '../script.ts'
import { admit, checkModel, countPrompt, countReply, thinkingMs, type PromptTokens } from './admit.ts'
import { firstDocument, takeAttachments, withFiles } from './attachments.ts'
import { askedCreation, makeImage, makeModel3d, pictured } from './built-ins.ts'
import { encodeChat, encodeChatStream, type ChatAnswer } from './chat-answer.ts'
import { readChatRequest, type ChatMessage, type ChatRequest } from './chat-request.ts'
import { checkChatRequest } from './check-chat-request.ts'
import { isOwnFunction } from './function-spec.ts'
import { generateReply, lastPrompt, type DialogueMessage } from './generate-reply.ts'
import { versionedModel } from './models.ts'

/**
 * `POST /v1/chat/completions`. The order of the checks is ours: token, parallel streams, types, model, payment,
 * values and history, files, size.
 *
 * @throws Refusal
 */
export async function answerChat(exchange: Exchange): Promise<Answer> {
  const release = admit(exchange)
  try {
    const request = readChatRequest(exchange.json)
    const answer = completeChat(exchange, request)
    if (request.stream) return { ...encodeChatStream(answer, exchange, release, request.updateInterval), release }
    await pause(thinkingMs(exchange, answer.pieces.length), exchange.signal)
    release()
    return encodeChat(answer)
  } catch (error) {
    release()
    throw error
  }
}

/** The answer to a request whose types are checked. @throws Refusal */
export function completeChat(exchange: Exchange, request: ChatRequest): ChatAnswer {
  checkModel(exchange, request.model, 'chat')
  checkChatRequest(request, exchange.state.options.gigachat.functionSchemas)
  const messages = readMessages(exchange, request.messages)
  const promptTokens = countPrompt(exchange, textsOf(request, messages))
  const answer = writeAnswer(exchange, request, messages, promptTokens)
  exchange.state.gigachat.spend(request.model, answer.usage?.total_tokens ?? 0)
  return answer
}

/** The messages with the text of their files, in the words of both versions of the chat. */
function readMessages(exchange: Exchange, messages: readonly ChatMessage[]): DialogueMessage[] {
  const files = takeAttachments(
    exchange,
    messages.map(({ attachments }) => attachments),
  )
  const document = firstDocument(files.flat())
  return messages.map((message, index): DialogueMessage => {
    const { role, content, functionCall, name } = message
    const attached = files[index] ?? []
    return {
      role,
      text: attached.length === 0 ? content : withFiles(content, attached, document),
      ...(functionCall === undefined ? {} : { calls: [functionCall.name] }),
      ...(role === 'function'
        ? { results: [{ name: name ?? messages[index - 1]?.functionCall?.name ?? '', json: content }] }
        : {}),
    }
  })
}

/** What counts as prompt: the texts, and as JSON the functions and the calls. */
function textsOf({ functions, messages }: ChatRequest, read: readonly DialogueMessage[]): string[] {
  const calls = messages.flatMap(({ functionCall }) => (functionCall === undefined ? [] : [functionCall]))
  return [...functions, ...calls].map((each) => JSON.stringify(each)).concat(read.map(({ text }) => text))
}

/** What the model says, before it is counted. */
type Said = Omit<ChatAnswer, 'created' | 'model' | 'usage'>

function writeAnswer(
  exchange: Exchange,
  request: ChatRequest,
  messages: readonly DialogueMessage[],
  promptTokens: PromptTokens,
): ChatAnswer {
  const script = exchange.state.scripts.takeGigaChat()
  const created = Math.floor(Date.now() / 1000)
  const model = script?.model ?? exchange.answeringModel ?? versionedModel(request.model)
  const said = script === undefined ? reply(exchange, request, messages) : scripted(script)
  const usage = script?.usage === undefined ? usageOf(said, promptTokens) : script.usage
  return { created, model, ...said, ...(usage === null ? {} : { usage }) }
}

function reply(exchange: Exchange, request: ChatRequest, messages: readonly DialogueMessage[]): Said {
  const { functions, functionChoice, responseFormat, maxTokens, reasons } = request
  const generated = generateReply({
    messages,
    functions: functions.filter(isOwnFunction),
    choice: functionChoice,
    callLimit: 1,
    thinks: reasons,
    isFiltered: true,
    ...(responseFormat === undefined ? {} : { format: responseFormat }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
  })
  const { calls, finishReason, pieces, reasoning } = generated
  const thoughts = reasoning === undefined ? {} : { reasoning }
  const built = finishReason === 'blacklist' ? undefined : builtInOf(request)
  if (built !== undefined) return { ...runBuiltIn(exchange, built, lastPrompt(messages)), ...thoughts }
  const [call] = calls
  if (call === undefined) return { pieces, finishReason, ...thoughts }
  return { pieces, finishReason, ...thoughts, functionCall: call, stateId: randomUUID() }
}

/** Beside functions of the user's own a built-in one has to be listed; `auto` or its name must be said in any case. */
function builtInOf({ functions, functionChoice, messages }: ChatRequest): 'image' | 'model3d' | undefined {
  if (functionChoice === 'none' || messages.at(-1)?.role !== 'user') return undefined
  if (functionChoice !== 'auto') {
    const { name } = functionChoice
    return name === 'text2image' ? 'image' : name === 'text2model3d' ? 'model3d' : undefined
  }
  const asked = askedCreation(messages.at(-1)?.content ?? '')
  const name = asked === 'image' ? 'text2image' : 'text2model3d'
  const isOpen = functions.length === 0 || functions.some((each) => each.name === name)
  return isOpen ? asked : undefined
}

/** The tag of the file, and a sentence (documented); the element for models is of public clients. */
function runBuiltIn(exchange: Exchange, built: 'image' | 'model3d', prompt: string): Said {
  const isImage = built === 'image'
  const { id } = isImage ? makeImage(exchange, prompt) : makeModel3d(exchange)
  const tag = isImage ? `<img src="${id}" fuse="true"/>` : `<div data-model-id="${id}"/>`
  const text = isImage ? ` вот мой рисунок: ${pictured(prompt)}.` : ' вот трёхмерная модель.'
  return {
    pieces: [tag, ...cutPieces(text, 'gigachat')],
    finishReason: 'stop',
    stateId: randomUUID(),
    progress: {
      name: isImage ? 'text2image' : 'text2model3d',
      notes: [8, 4].map((seconds) => `${isImage ? 'Рисую' : 'Леплю'}. Осталось секунд: ${seconds}`),
    },
  }
}

function scripted({ text, functionCalls = [], reasoning, finishReason }: GigaChatScript): Said {
  const [call] = functionCalls
  const whole = text ?? (call === undefined ? '' : [])
  return {
    pieces: typeof whole === 'string' ? [whole] : whole,
    finishReason: finishReason ?? (call === undefined ? 'stop' : 'function_call'),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(call === undefined
      ? {}
      : { functionCall: { name: call.name, arguments: call.arguments }, stateId: randomUUID() }),
  }
}

/** A blocked request was seen with usage 1/0/1 (D00mch/souz issue 113). `total` is plain prompt plus completion. */
function usageOf(
  { pieces, finishReason, functionCall, reasoning }: Said,
  { all, cached }: PromptTokens,
): GigaChatUsage {
  if (finishReason === 'blacklist') {
    return { prompt_tokens: 1, completion_tokens: 0, total_tokens: 1, precached_prompt_tokens: 0 }
  }
  const completion = countReply(pieces, functionCall === undefined ? [] : [functionCall], reasoning)
  return {
    prompt_tokens: all,
    completion_tokens: completion,
    total_tokens: all + completion,
    precached_prompt_tokens: cached,
  }
}
