import type { ModelRef } from '@shlyuz/core'
import { isModelId, refuse } from './openai-compatible-settings.ts'

/**
 * A model id as it goes over the wire: `Qwen2.5-7B`, `ai/some-model`, `some-model:8b`. Strict: no spaces, percent
 * signs, control characters or dot segments, 200 characters at most. It is its own catalogue id, which the policy
 * looks for among the models that it declares for the endpoint.
 *
 * @throws ConfigurationError
 */
export function parseOpenAiCompatibleModel(id: string): ModelRef {
  if (isModelId(id)) return Object.freeze({ id, catalogueId: id })
  return refuse(
    'the model is not a name of letters, digits, dots, colons, hyphens and slashes',
    'Имя модели — как в GET /models сервера, без пробелов и знаков процента; путь к файлу замените именем (vLLM: --served-model-name, llama.cpp: --alias).',
  )
}
