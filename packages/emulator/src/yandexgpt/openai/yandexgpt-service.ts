import type { Exchange } from '../../exchange.ts'
import type { YandexGptScript, YandexGptStatus, YandexGptUsage } from '../../script.ts'
import type { AnsweringService, PreparedAnswer } from './answering-service.ts'
import { complain } from './complaint.ts'
import type { GenerationFinish, GenerationUsage } from './generate.ts'

const finishes: Readonly<Record<YandexGptStatus, GenerationFinish>> = {
  ALTERNATIVE_STATUS_UNSPECIFIED: null,
  ALTERNATIVE_STATUS_PARTIAL: null,
  ALTERNATIVE_STATUS_TRUNCATED_FINAL: 'length',
  ALTERNATIVE_STATUS_FINAL: 'stop',
  ALTERNATIVE_STATUS_CONTENT_FILTER: 'content_filter',
  ALTERNATIVE_STATUS_TOOL_CALLS: 'tool_calls',
}

/** YandexGPT as the service behind a generation. */
export function describeYandexGpt({ state }: Exchange): AnsweringService {
  const { contextTokens } = state.options.yandexgpt
  return {
    flavour: 'yandexgpt',
    contextTokens,
    takeScript() {
      const script = state.scripts.takeYandexGpt()
      return script && prepare(script)
    },
    tooLong: (tokens) => complain(400, `Number of input tokens must be no more than ${contextTokens}, got ${tokens}`),
  }
}

function prepare({ text, lines, reasoning, toolCalls, status, usage, model }: YandexGptScript): PreparedAnswer {
  return {
    text,
    lines,
    reasoning,
    calls: toolCalls,
    finish: status && finishes[status],
    usage: usage && convertUsage(usage),
    model,
  }
}

function convertUsage(usage: YandexGptUsage): GenerationUsage {
  const { inputTextTokens, completionTokens, totalTokens, reasoningTokens } = usage
  return {
    prompt: inputTextTokens,
    completion: completionTokens,
    total: totalTokens,
    ...(reasoningTokens === undefined ? {} : { reasoning: reasoningTokens }),
  }
}
