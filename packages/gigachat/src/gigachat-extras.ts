import type { ExtraOperations } from '@shlyuz/core'
import { gigachatAccountExtras } from './gigachat-account-extras.ts'
import { gigachatBatchExtras } from './gigachat-batch-extras.ts'
import { gigachatCheckExtras } from './gigachat-check-extras.ts'
import { gigachatEmbeddingBatchExtras } from './gigachat-embedding-batch-extras.ts'
import { gigachatFileExtras } from './gigachat-file-extras.ts'
import { gigachatFunctionExtras } from './gigachat-function-extras.ts'
import { gigachatTokenExtras } from './gigachat-token-extras.ts'

/** What GigaChat has beyond the verbs of every service: `client.provider('gigachat').balance()`. All under v1. */
export const gigachatExtras = {
  ...gigachatFileExtras,
  ...gigachatFunctionExtras,
  ...gigachatCheckExtras,
  ...gigachatBatchExtras,
  ...gigachatEmbeddingBatchExtras,
  ...gigachatTokenExtras,
  ...gigachatAccountExtras,
} as const satisfies ExtraOperations
