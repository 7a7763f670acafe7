import { Refusal, type Answer } from '../answer.ts'
import { composeAnswer, type Reply } from '../answers/compose-answer.ts'
import type { Exchange } from '../exchange.ts'
import { pause } from '../pace.ts'
import type { GigaChatFinishReason, GigaChatScript, GigaChatUsage } from '../script.ts'
import { countTokens, tokenize } from '../tokens.ts'
import { authorise } from './authorise.ts'
import { encodeChat, encodeChatStream, type ChatAnswer } from './chat-answer.ts'
import { readChatRequest, type ChatRequest } from './chat-request.ts'
import { checkChatRequest } from './check-chat-request.ts'
import { isChatModel, requireModel, versionedModel } from './models.ts'
import { apiError } from './refusals.ts'

/** What the topic filter says instead of an answer. */
const blacklistPhrase = 'Об этом я говорить не могу. Давайте сменим тему.'

/**
 * `POST /v1/chat/completions`. The order of the checks is ours: token, parallel streams, types, model, payment,
 * values and history, size.
 *
 * @throws Refusal
 */
export async function answerChat(exchange: Exchange): Promise<Answer> {
  authorise(exchange)
  const release = exchange.state.gigachat.openStream()
  if (release === undefined) throw new Refusal(apiError(429), 'all parallel streams of the account are taken')
  try {
    const request = readChatRequest(exchange.json)
    checkAccount(exchange, request)
    checkChatRequest(request)
    const promptTokens = countPrompt(exchange, request)
    const answer = writeAnswer(exchange, request, promptTokens)
    if (request.stream) return { ...encodeChatStream(answer, exchange, release, request.updateInterval), release }
    await pause(thinkingMs(exchange, answer.pieces.length), exchange.signal)
    release()
    return encodeChat(answer)
  } catch (error) {
    release()
    throw error
  }
}

function checkAccount(exchange: Exchange, { model }: ChatRequest): void {
  requireModel(exchange, model)
  if (!isChatModel(model)) throw new Refusal(apiError(404, 'No such model'), `${model} does not hold conversations`)
  if (!exchange.state.options.gigachat.paid) throw new Refusal(apiError(402), 'the account is not paid')
}

interface PromptTokens {
  readonly all: number
  readonly cached: number
}

/** Prompt tokens are those of the contents: the same figures as from `/tokens/count`. */
function countPrompt(exchange: Exchange, { messages }: ChatRequest): PromptTokens {
  const tokens = messages.flatMap(({ content }) => tokenize(content).map(({ text }) => text))
  if (tokens.length > exchange.state.options.gigachat.contextTokens) {
    throw new Refusal(apiError(413), 'the prompt is longer than the context')
  }
  const session = exchange.headers.get('x-session-id')
  const cached = session === null ? 0 : exchange.state.gigachat.promptCache.reuse(session, tokens)
  return { all: tokens.length, cached }
}

function writeAnswer(exchange: Exchange, request: ChatRequest, promptTokens: PromptTokens): ChatAnswer {
  const script = exchange.state.scripts.takeGigaChat()
  const created = Math.floor(Date.now() / 1000)
  const model = script?.model ?? exchange.answeringModel ?? versionedModel(request.model)
  const { pieces, finishReason } = script === undefined ? replyTo(request) : scripted(script)
  const usage = script?.usage === undefined ? usageOf(pieces, finishReason, promptTokens) : script.usage
  return { created, model, pieces, finishReason, ...(usage === null ? {} : { usage }) }
}

interface Content {
  readonly pieces: readonly string[]
  readonly finishReason: GigaChatFinishReason
}

function replyTo({ messages, maxTokens }: ChatRequest): Content {
  const reply: Reply = composeAnswer({
    flavour: 'gigachat',
    messages: messages.map(({ role, content }) => ({ role, text: content })),
    ...(maxTokens === undefined ? {} : { maxTokens }),
  })
  if (reply.end === 'blocked') return { pieces: [blacklistPhrase], finishReason: 'blacklist' }
  return { pieces: reply.pieces, finishReason: reply.end === 'cut' ? 'length' : 'stop' }
}

function scripted({ text, finishReason = 'stop' }: GigaChatScript): Content {
  return { pieces: typeof text === 'string' ? [text] : text, finishReason }
}

/** A blocked request was seen with usage 1/0/1 (D00mch/souz issue 113). `total` is plain prompt plus completion. */
function usageOf(pieces: readonly string[], finishReason: string, { all, cached }: PromptTokens): GigaChatUsage {
  if (finishReason === 'blacklist') {
    return { prompt_tokens: 1, completion_tokens: 0, total_tokens: 1, precached_prompt_tokens: 0 }
  }
  const completion = countTokens(pieces.join(''))
  return {
    prompt_tokens: all,
    completion_tokens: completion,
    total_tokens: all + completion,
    precached_prompt_tokens: cached,
  }
}

/** As long as the stream of the same answer would take. */
function thinkingMs(exchange: Exchange, pieces: number): number {
  const { firstPieceMs, pieceMs } = exchange.state.options.pace
  return exchange.draw(firstPieceMs) + pieces * exchange.draw(pieceMs)
}
