import type { Exchange } from '../exchange.ts'
import type { OpenAiScript } from '../script.ts'
import type { AnsweringService, PreparedAnswer } from '../yandexgpt/openai/answering-service.ts'
import { refuse } from './error-body.ts'

/** The stand as the service behind a generation. A prompt that is too long is refused in vLLM's words. */
export function describeStand({ state }: Exchange): AnsweringService {
  const { contextTokens } = state.options.openai
  return {
    flavour: 'openai',
    contextTokens,
    takeScript() {
      const script = state.scripts.takeOpenAi()
      return script && prepare(script)
    },
    tooLong: (tokens) =>
      refuse(
        400,
        `This model's maximum context length is ${contextTokens} tokens. However, your request has ${tokens} input tokens.`,
        'context_length_exceeded',
      ),
  }
}

function prepare({ text, reasoning, toolCalls, finishReason, usage, model }: OpenAiScript): PreparedAnswer {
  return {
    text,
    reasoning,
    calls: toolCalls,
    finish: finishReason,
    usage: usage && {
      prompt: usage.prompt_tokens,
      completion: usage.completion_tokens,
      total: usage.total_tokens,
    },
    model,
  }
}
