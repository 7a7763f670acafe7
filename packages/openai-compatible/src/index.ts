export { ChatCompletionStreamDecoder } from './chat-completion-stream-decoder.ts'
export { convertOpenAiUsage } from './convert-openai-usage.ts'
export {
  convertToOpenAiMessages,
  type MessageDialect,
  type OpenAiContentPart,
  type OpenAiMessage,
  type OpenAiToolCall,
} from './convert-to-openai-messages.ts'
export { createChatRequestBody, type RequestDialect } from './create-chat-request-body.ts'
export { mapOpenAiFinishReason } from './map-openai-finish-reason.ts'
export { checkMedia, completeChat, settingsWithout, type ChatCompletionRequest } from './openai-compatible-chat.ts'
export { createEmbeddings, type EmbeddingsRequest } from './openai-compatible-embeddings.ts'
export { convertOpenAiError, createOpenAiError, readOpenAiFailure } from './openai-compatible-errors.ts'
export { fetchOpenAiModels, type OpenAiListedModel } from './openai-compatible-models.ts'
export type { OpenAiCompatibleOptions } from './openai-compatible-options.ts'
export { openaiCompatible, type OpenAiCompatibleProvider } from './openai-compatible-provider.ts'
export type { OpenAiCompatibleSecret, OpenAiCompatibleSettings } from './openai-compatible-settings.ts'
export { openaiCompatibleSurface } from './openai-compatible-surface.ts'
export { readChatCompletion, type AnswerDialect } from './read-chat-completion.ts'
