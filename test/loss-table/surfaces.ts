import type { Surface } from '@shlyuz/core'
import { gigachat } from '@shlyuz/gigachat'
import { openaiCompatible } from '@shlyuz/openai-compatible'
import { yandexgpt } from '@shlyuz/yandexgpt'

/** Every column of the loss table, in the order of the documentation. */
export const surfaces: readonly Surface[] = [
  ...gigachat().surfaces,
  ...yandexgpt().surfaces,
  ...openaiCompatible({ name: 'own', baseUrl: 'https://llm.example/v1' }).surfaces,
]
