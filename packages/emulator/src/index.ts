export { startEmulator, type Emulator } from './start-emulator.ts'
export { createState, resetState, type EmulatorState } from './state.ts'
export { createHandlers } from './handlers.ts'
export { blockedPhrase } from './answers/compose-answer.ts'
export { gigachatOrigins, openAiOrigin, yandexgptOrigins } from './origins.ts'
export type {
  CertificateKind,
  EmulatorOptions,
  GigaChatOptions,
  GigaChatScope,
  OpenAiErrorForm,
  OpenAiOptions,
  YandexGptOptions,
} from './options.ts'
export type { Pace, PaceName } from './pace.ts'
export type {
  EmulatorCredentials,
  GigaChatCredentials,
  OpenAiCredentials,
  YandexGptCredentials,
} from './credentials.ts'
export type { KeyPair } from './certificates.ts'
export type { ConnectionRecord } from './connections.ts'
export type { RecordedRequest } from './recorder.ts'
export type { Operation, Service } from './service.ts'
export type * from './faults.ts'
export type {
  GigaChatFinishReason,
  GigaChatFunctionCall,
  GigaChatScript,
  GigaChatUsage,
  OpenAiScript,
  OpenAiToolCall,
  OpenAiUsage,
  OperationErrorScript,
  RawAnswer,
  RawScript,
  ScriptedAnswer,
  TextScript,
  YandexGptScript,
  YandexGptStatus,
  YandexGptToolCall,
  YandexGptUsage,
} from './script.ts'
