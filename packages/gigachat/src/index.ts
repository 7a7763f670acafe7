export { gigachat, type GigachatProvider } from './gigachat-provider.ts'
export type { GigachatModelId } from './gigachat-models.ts'
export type { GigachatBuiltInFunction, GigachatOptions } from './gigachat-options.ts'
export type { GigachatApi, GigachatPem, GigachatScope, GigachatSecret, GigachatSettings } from './gigachat-settings.ts'
export { russianTrustedRootCa } from './russian-trusted-root-ca.ts'
export type { GigachatV2Options, GigachatV2Tool, GigachatWebSearch } from './gigachat-v2-options.ts'
export { gigachatNotOffered, type GigachatNotOffered } from './gigachat-not-offered.ts'
export type { GigachatBalance } from './gigachat-account-extras.ts'
export type { GigachatBatchInput } from './gigachat-batch-extras.ts'
export type {
  GigachatAiTextInput,
  GigachatAiTextReport,
  GigachatFilterInput,
  GigachatFilterReport,
} from './gigachat-check-extras.ts'
export type {
  GigachatEmbeddingBatch,
  GigachatEmbeddingBatchInput,
  GigachatEmbeddingItem,
} from './gigachat-embedding-batch-extras.ts'
export type {
  GigachatDeletedFile,
  GigachatFile,
  GigachatFileContent,
  GigachatFileInput,
  GigachatUploadInput,
} from './gigachat-file-extras.ts'
export type {
  GigachatFunctionFinding,
  GigachatFunctionInput,
  GigachatFunctionReport,
} from './gigachat-function-extras.ts'
export type { GigachatTextTokens, GigachatTextTokensInput } from './gigachat-token-extras.ts'
export type { GigachatBatch } from './read-gigachat-batch.ts'
