import type { Emulator } from '@shlyuz/emulator'
import type { FaultName, SurfaceName } from './soak-plan.ts'

/** How to reach the emulator from another process. */
export interface EmulatorPlace {
  readonly ports: readonly (readonly [origin: string, port: number])[]
  readonly publicRoot: string
  readonly gigachat: Emulator['gigachat']
  readonly yandexgpt: Emulator['yandexgpt']
}

/** One answer of a model, in words that no wire and no client has. */
export interface PlainAnswer {
  readonly text: string
  readonly calls: readonly { readonly name: string; readonly input: unknown }[]
}

/** What a caller was given. */
export interface Claim {
  readonly index: number
  /** Complete answers, one for each step, and who gave them: a conversation may move on. */
  readonly steps: readonly { readonly surface: SurfaceName; readonly answer: PlainAnswer }[]
  /** The beginning of an answer that was cut or left. */
  readonly beginning: string
}

export interface EmulatorReport {
  /** How many requests each kind of fault hit. */
  readonly hits: Readonly<Partial<Record<FaultName, number>>>
  readonly requests: number
  readonly openConnections: number
}

/** What the emulator's process says. */
export type FromEmulator =
  | { readonly say: 'ready'; readonly place: EmulatorPlace }
  /** `wrong`: why the claim is none of what the emulator would have sent in full. */
  | { readonly say: 'verdict'; readonly index: number; readonly wrong: string | undefined }
  | { readonly say: 'report'; readonly report: EmulatorReport }

/** What it is told. */
export type ToEmulator =
  | { readonly say: 'claim'; readonly claim: Claim }
  | { readonly say: 'report' }
  | { readonly say: 'stop' }
