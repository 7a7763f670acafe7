import type { CatalogueModel } from './model-catalogue.ts'

/** The model behind an answer, as far as reading its request and writing the answer depend on it. */
export interface AnsweringModel {
  readonly name: string
  /** Reasoning: none, counted but not shown, or shown in `reasoning_content`. */
  readonly reasoning: CatalogueModel['reasoning']
  /** Takes images. */
  readonly sees: boolean
  /** Made by Yandex: its answers have a dialect of their own. */
  readonly isYandex: boolean
  /**
   * Behind a server of open models rather than a gateway in front of one: the dialect of OpenAI's reference, and JSON
   * whenever it is asked for.
   */
  readonly isStock?: boolean
  /** `Google`: the pieces of its calls have an empty type from the first on. */
  readonly maker?: string
}
