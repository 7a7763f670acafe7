import type { Operation, Service } from './service.ts'

/** An answer written beforehand: the next matching request gets it. */
export type ScriptedAnswer = GigaChatScript | YandexGptScript | RawScript

/** What all scripted answers share. */
interface ScriptTarget {
  readonly service: Service
  /** How many requests get it. @default 1 */
  readonly times?: number
}

/** Content of a GigaChat chat answer; the emulator checks the request, counts, and frames it as usual. */
export interface GigaChatScript extends ScriptTarget {
  readonly service: 'gigachat'
  /** The answer, or the pieces in which it is streamed. */
  readonly text: string | readonly string[]
  /** @default 'stop' */
  readonly finishReason?: GigaChatFinishReason
  /** Figures that replace the counted ones; `null` leaves usage out. */
  readonly usage?: GigaChatUsage | null
  /** `model` of the answer. Default: the model asked for, with its version. */
  readonly model?: string
}

export type GigaChatFinishReason = 'stop' | 'length' | 'function_call' | 'blacklist' | 'error'

/** Figures of GigaChat's `usage`. */
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
  return !('raw' in answer) && answer.service === 'yandexgpt'
}
