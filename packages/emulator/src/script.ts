import type { Operation, Service } from './service.ts'

/** An answer written beforehand: the next matching request gets it. */
export type ScriptedAnswer =
  | GigaChatScript
  | YandexGptScript
  | OpenAiScript
  | OperationErrorScript
  | TextScript
  | RawScript

/** What all scripted answers share. */
interface ScriptTarget {
  readonly service: Service
  /** How many requests get it. @default 1 */
  readonly times?: number
}

/** A plain text of the chat, where the same is written for any service. */
export interface TextScript extends ScriptTarget {
  /** The answer, or the pieces in which it is streamed. */
  readonly text: string | readonly string[]
}

/**
 * Content of an answer of GigaChat's chat, `/v1` or `/v2`; the emulator checks the request, counts, and frames it as
 * usual. A model that leaks the markup of a call is a script with that text.
 */
export interface GigaChatScript extends ScriptTarget {
  readonly service: 'gigachat'
  /** The answer, or the pieces in which it is streamed. @default '' */
  readonly text?: string | readonly string[]
  /** Functions that the answer calls, listed in the request or not. `/v1` has room for the first alone. */
  readonly functionCalls?: readonly GigaChatFunctionCall[]
  /** What the model thought: `reasoning_content` on `/v1`, a message of its own on `/v2`. */
  readonly reasoning?: string
  /** @default 'stop', or 'function_call' with calls */
  readonly finishReason?: GigaChatFinishReason
  /** Figures that replace the counted ones; `null` leaves usage out. */
  readonly usage?: GigaChatUsage | null
  /** `model` of the answer. Default: the model asked for, with its version. */
  readonly model?: string
}

/** A call of a function in a scripted answer. */
export interface GigaChatFunctionCall {
  readonly name: string
  /** An object, as the service was seen to send it, or the text of the specification's prose. */
  readonly arguments: Readonly<Record<string, unknown>> | string
  /** On `/v2`; `null` leaves it out, as recordings have it. Default: a fresh id. */
  readonly id?: string | null
}

/** `function_call_error` and those with two words before `list` or `filter` are of `/v2` alone. */
export type GigaChatFinishReason =
  | 'stop'
  | 'length'
  | 'function_call'
  | 'function_call_error'
  | 'blacklist'
  | 'request_blacklist'
  | 'request_whitelist'
  | 'request_filter'
  | 'response_blacklist'
  | 'error'

/** Figures of GigaChat's `usage`, in the words of `/v1`; `/v2` sends them under its own. */
export interface GigaChatUsage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly precached_prompt_tokens?: number
}

/** Content of a YandexGPT answer. */
export interface YandexGptScript extends ScriptTarget {
  readonly service: 'yandexgpt'
  /** The answer, or the pieces in which it is streamed (each line repeats those before it). */
  readonly text?: string | readonly string[]
  /** Instead of `text`: the whole text of each line of a stream, also where it rewrites the line before. */
  readonly lines?: readonly string[]
  /** Of the last line. @default 'ALTERNATIVE_STATUS_FINAL' */
  readonly status?: YandexGptStatus
  /** Figures that replace the counted ones; `null` leaves usage out. */
  readonly usage?: YandexGptUsage | null
  /** Default: a date that stands for the model. */
  readonly modelVersion?: string
  /** Functions that the answer calls; with them the status defaults to `ALTERNATIVE_STATUS_TOOL_CALLS`. */
  readonly toolCalls?: readonly YandexGptToolCall[]
  /** What an open model thought, in front of its answer. On the OpenAI-compatible addresses only. */
  readonly reasoning?: string
  /** `model` of the answer on the OpenAI-compatible addresses. Default: as the model's family states it. */
  readonly model?: string
}

/** How YandexGPT's next operation ends, be it a completion or an image: in an error. */
export interface OperationErrorScript extends ScriptTarget {
  readonly service: 'yandexgpt'
  /** `code` is one of gRPC's, such as 13 for an internal error. */
  readonly operationError: { readonly code: number; readonly message: string }
}

/** A call of a function in a scripted answer. */
export interface YandexGptToolCall {
  readonly name: string
  /**
   * An object, or the very text that the OpenAI-compatible addresses send, also where it is no JSON. The native API
   * sends whole numbers of an object as doubles, and a text that is JSON as it stands.
   */
  readonly arguments: Readonly<Record<string, unknown>> | string
  /** On the OpenAI-compatible addresses. Default: the function's name, or a fresh id from an open model. */
  readonly id?: string
}

export type YandexGptStatus =
  | 'ALTERNATIVE_STATUS_UNSPECIFIED'
  | 'ALTERNATIVE_STATUS_PARTIAL'
  | 'ALTERNATIVE_STATUS_TRUNCATED_FINAL'
  | 'ALTERNATIVE_STATUS_FINAL'
  | 'ALTERNATIVE_STATUS_CONTENT_FILTER'
  | 'ALTERNATIVE_STATUS_TOOL_CALLS'

/** Figures of YandexGPT's `usage`; numbers are sent as the strings of the wire. */
export interface YandexGptUsage {
  readonly inputTextTokens: number
  readonly completionTokens: number
  readonly totalTokens: number
  readonly reasoningTokens?: number
}

/** Content of a chat answer of the stand. */
export interface OpenAiScript extends ScriptTarget {
  readonly service: 'openai'
  /** The answer, or the pieces in which it is streamed. */
  readonly text?: string | readonly string[]
  /** Functions that the answer calls. */
  readonly toolCalls?: readonly OpenAiToolCall[]
  /** `reasoning_content`, in front of the answer. */
  readonly reasoning?: string
  /** @default 'stop', or 'tool_calls' with calls */
  readonly finishReason?: 'stop' | 'length' | 'tool_calls' | 'content_filter'
  /** Figures that replace the counted ones; `null` leaves usage out. A stream states them only when asked. */
  readonly usage?: OpenAiUsage | null
  /** `model` of the answer. Default: the model asked for. */
  readonly model?: string
}

/** A call of a function in a scripted answer of the stand. */
export interface OpenAiToolCall {
  readonly name: string
  /** An object, or the very text that is sent, also where it is no JSON. */
  readonly arguments: Readonly<Record<string, unknown>> | string
  /** Default: a fresh id. */
  readonly id?: string
}

/** Figures of `usage` in the words of OpenAI's API. */
export interface OpenAiUsage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
}

/** An answer sent as it is, to any operation, before the request is looked at. */
export interface RawScript extends ScriptTarget {
  /** @default 'chat' */
  readonly operation?: Operation
  readonly raw: RawAnswer
}

/** Status, headers and bytes. */
export interface RawAnswer {
  /** @default 200 */
  readonly status?: number
  /** `content-type` defaults to JSON, or to that of the service's streams if the body has several parts. */
  readonly headers?: Readonly<Record<string, string>>
  /** One body, or parts that go out one by one, with pauses between them where stated. */
  readonly body: string | Uint8Array | readonly (string | Uint8Array | { readonly waitMs: number })[]
}

/** Scripted answers that wait for their request. */
export class ScriptQueue {
  #waiting: { readonly answer: ScriptedAnswer; left: number }[] = []

  /** Queues an answer. @returns a function that takes it back */
  add(answer: ScriptedAnswer): () => void {
    const entry = { answer, left: answer.times ?? 1 }
    this.#waiting.push(entry)
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry)
    }
  }

  /** The answer to send as it is, if one waits. */
  takeRaw(service: Service, operation: Operation): RawAnswer | undefined {
    const answer = this.#take(
      (other) => 'raw' in other && other.service === service && (other.operation ?? 'chat') === operation,
    )
    return answer !== undefined && 'raw' in answer ? answer.raw : undefined
  }

  /** The content of GigaChat's next chat answer, if one waits. */
  takeGigaChat(): GigaChatScript | undefined {
    return this.#take(isGigaChat) as GigaChatScript | undefined
  }

  /** The content of YandexGPT's next completion, if one waits. */
  takeYandexGpt(): YandexGptScript | undefined {
    return this.#take(isYandexGpt) as YandexGptScript | undefined
  }

  /** The content of the stand's next chat answer, if one waits. */
  takeOpenAi(): OpenAiScript | undefined {
    return this.#take(isOpenAi) as OpenAiScript | undefined
  }

  /** The error in which YandexGPT's next operation ends, if one waits. */
  takeOperationError(): OperationErrorScript['operationError'] | undefined {
    const answer = this.#take((other) => 'operationError' in other)
    return answer !== undefined && 'operationError' in answer ? answer.operationError : undefined
  }

  clear(): void {
    this.#waiting = []
  }

  #take(matches: (answer: ScriptedAnswer) => boolean): ScriptedAnswer | undefined {
    const entry = this.#waiting.find(({ answer }) => matches(answer))
    if (entry === undefined) return undefined
    entry.left -= 1
    this.#waiting = this.#waiting.filter(({ left }) => left > 0)
    return entry.answer
  }
}

function isGigaChat(answer: ScriptedAnswer): answer is GigaChatScript {
  return !('raw' in answer) && answer.service === 'gigachat'
}

function isYandexGpt(answer: ScriptedAnswer): answer is YandexGptScript {
  return !('raw' in answer) && !('operationError' in answer) && answer.service === 'yandexgpt'
}

function isOpenAi(answer: ScriptedAnswer): answer is OpenAiScript {
  return !('raw' in answer) && answer.service === 'openai'
}
