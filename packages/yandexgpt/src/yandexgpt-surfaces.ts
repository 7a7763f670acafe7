export { yandexgptNative } from './yandexgpt-native-surface.ts'
export { yandexgptOpenAi } from './yandexgpt-openai-surface.ts'
