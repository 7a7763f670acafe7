export { parseYandexgptModel } from './parse-yandexgpt-model.ts'
export type {
  YandexgptClassification,
  YandexgptFewShotInput,
  YandexgptTunedClassifierInput,
} from './yandexgpt-classify.ts'
export type { YandexgptExtras } from './yandexgpt-extras.ts'
export type { YandexgptGenerativeSearchAnswer, YandexgptGenerativeSearchInput } from './yandexgpt-generative-search.ts'
export type { YandexgptModelId } from './yandexgpt-models.ts'
export { yandexgptNotOffered } from './yandexgpt-not-offered.ts'
export type { YandexgptOperationInput } from './yandexgpt-operation-extras.ts'
export type { YandexgptOperationState } from './yandexgpt-operations.ts'
export type { YandexgptOptions } from './yandexgpt-options.ts'
export { yandexgpt, type YandexgptProvider } from './yandexgpt-provider.ts'
export type { YandexgptResponse, YandexgptResponseItems } from './yandexgpt-responses-result.ts'
export type {
  YandexgptResponseFormat,
  YandexgptResponseInput,
  YandexgptResponseItem,
  YandexgptResponsePart,
  YandexgptResponseTool,
} from './yandexgpt-responses-input.ts'
export type {
  YandexgptResponseId,
  YandexgptResponseItemsInput,
  YandexgptResponsesExtras,
} from './yandexgpt-responses.ts'
export type {
  YandexgptApi,
  YandexgptSecret,
  YandexgptServiceAccountKey,
  YandexgptSettings,
} from './yandexgpt-settings.ts'
export { yandexgptNative, yandexgptOpenAi } from './yandexgpt-surfaces.ts'
export type { YandexgptToken, YandexgptTokenizeInput, YandexgptTokens } from './yandexgpt-tokenize.ts'
