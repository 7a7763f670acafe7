import type { ExtraOperation, Shape } from '@shlyuz/core'
import {
  askJson,
  checkExtraInput,
  checkTextInput,
  createClientHeaders,
  type GigachatClientInput,
} from './gigachat-extra-request.ts'
import { createFunction, type GigachatFunctionInput } from './gigachat-function-extras.ts'
import { findGigachatModel, isGigachatModelName } from './gigachat-models.ts'
import { checkKeys, isObject, refuse } from './gigachat-settings.ts'

export interface GigachatAiTextInput {
  /** @default 'GigaCheckClassification' */
  readonly model?: 'GigaCheckClassification' | 'GigaCheckDetection' | (string & Record<never, never>)
  /** Russian, at least 20 words. */
  readonly input: string
}

/** Who wrote a text. */
export interface GigachatAiTextReport {
  /** The service's word: `ai`, `human`, `mixed`. */
  readonly category: string
  readonly characters?: number
  readonly tokens?: number
  /** Places written by a machine, in characters, from and to. */
  readonly aiIntervals: readonly (readonly [from: number, to: number])[]
}

export interface GigachatFilterInput extends GigachatClientInput {
  readonly messages: readonly { readonly role: 'system' | 'user' | 'assistant'; readonly content: string }[]
  /** What to look at. Default: the service's own. */
  readonly settings?: {
    readonly neuro?: boolean
    readonly blacklist?: boolean
    readonly whitelist?: boolean
    readonly unnormalizedHistory?: boolean
  }
  readonly tools?: readonly GigachatFunctionInput[]
  /** @default 'GigaFilter' */
  readonly model?: string
}

export interface GigachatFilterReport {
  readonly isProfane: boolean
  /** Tokens the check cost. */
  readonly filterTokens?: number
}

interface WireAiText {
  readonly category: string
  readonly characters?: number | null
  readonly tokens?: number | null
  readonly ai_intervals?: readonly (readonly [number, number])[] | null
}

/** Source: `POST /ai/check`, 200. */
const aiTextShape: Shape = (z) =>
  z.looseObject({
    category: z.string(),
    characters: z.number().nullish(),
    tokens: z.number().nullish(),
    ai_intervals: z.array(z.tuple([z.number(), z.number()])).nullish(),
  })

/** Source: official Java client, filter check. */
const filterShape: Shape = (z) =>
  z.looseObject({ is_profane: z.boolean(), usage: z.looseObject({ filter_tokens: z.number().nullish() }).nullish() })

/** Fewer are refused by the service. Source: official OpenAPI file (api.yml), `POST /ai/check`. */
const fewestWords = 20

/**
 * `POST /ai/check`: whether a Russian text was written by a model; for businesses that pay as they go. The policy
 * judges the model. Source: official OpenAPI file (api.yml).
 */
const checkAiText: ExtraOperation<GigachatAiTextInput, GigachatAiTextReport> = {
  operation: 'classify',
  run(given) {
    const { model, input } = checkExtraInput('checkAiText', given, ['model', 'input'], {
      text: 'input',
      prompt: 'input',
    })
    checkTextInput('checkAiText(): input', input)
    const words = input.match(/[\p{L}\p{N}]+(?:[-'’][\p{L}\p{N}]+)*/gu)?.length ?? 0
    if (words < fewestWords) {
      refuse(
        `checkAiText(): input has ${words} words; the service wants ${fewestWords} or more`,
        `input: не короче ${fewestWords} слов, лучше целый абзац.`,
      )
    }
    const asked = checkClassifier('checkAiText', model ?? 'GigaCheckClassification')
    const body = JSON.stringify({ model: asked, input })
    return {
      model: asked,
      steps: askJson('classify', { method: 'POST', path: '/ai/check', body }, aiTextShape, convertAiText),
    }
  },
}

/**
 * `POST /filter/check`: whether the filter of topics would let messages through. The policy judges the model. Not in
 * the official OpenAPI file. Source: official Java client.
 */
const checkFilter: ExtraOperation<GigachatFilterInput, GigachatFilterReport> = {
  operation: 'classify',
  run(input) {
    const known = ['messages', 'settings', 'tools', 'model', 'clientId']
    const given = checkExtraInput('checkFilter', input, known, { functions: 'tools', prompt: 'messages' })
    const { messages, settings, tools, model = 'GigaFilter', clientId } = given
    const asked = checkClassifier('checkFilter', model)
    if (tools !== undefined && !Array.isArray(tools)) {
      refuse('checkFilter(): tools must be a list', 'tools: список вида [{ name, description, inputSchema }].')
    }
    const body = JSON.stringify({
      model: asked,
      settings: convertSettings(settings),
      messages: readMessages(messages),
      functions: tools?.map((tool, at) => createFunction(`checkFilter(): tools[${at}]`, tool)),
    })
    const headers = createClientHeaders('checkFilter', clientId)
    const request = { method: 'POST', path: '/filter/check', headers, body } as const
    return { model: asked, steps: askJson('classify', request, filterShape, convertFilter) }
  },
}

/** Checks of texts by models that do not converse. */
export const gigachatCheckExtras = { checkAiText, checkFilter } as const

function checkClassifier(operation: string, model: unknown): string {
  const kind = typeof model === 'string' ? findGigachatModel(model)?.kind : undefined
  if (isGigachatModelName(model) && (kind === undefined || kind === 'classifier')) return model
  return refuse(
    `${operation}(): model must be the name of a classifier`,
    'model: GigaCheckClassification или GigaCheckDetection для checkAiText, GigaFilter для checkFilter.',
  )
}

function readMessages(messages: unknown): readonly object[] {
  const roles: readonly unknown[] = ['system', 'user', 'assistant']
  const shape = "messages: непустой список вида [{ role: 'user', content: 'текст' }]."
  if (!Array.isArray(messages) || messages.length === 0) {
    return refuse('checkFilter(): messages must be a non-empty list', shape)
  }
  return messages.map((message: unknown, at) => {
    const where = `checkFilter(): messages[${at}]`
    if (!isObject(message)) return refuse(`${where} must be an object`, shape)
    checkKeys(where, message, ['role', 'content'])
    const { role, content } = message
    if (!roles.includes(role)) return refuse(`${where}.role must be system, user or assistant`, shape)
    if (typeof content !== 'string') return refuse(`${where}.content must be a string`, shape)
    return { role, content }
  })
}

const settingWords = {
  neuro: 'neuro',
  blacklist: 'blacklist',
  whitelist: 'whitelist',
  unnormalizedHistory: 'unnormalized_history',
}

function convertSettings(settings: unknown): object | undefined {
  if (settings === undefined) return undefined
  const where = 'checkFilter(): settings'
  if (!isObject(settings)) return refuse(`${where} must be an object`, 'settings: объект вида { neuro: true }.')
  checkKeys(where, settings, Object.keys(settingWords))
  const words = Object.entries(settingWords).filter(([name]) => settings[name] !== undefined)
  for (const [name] of words) {
    if (typeof settings[name] !== 'boolean')
      refuse(`${where}.${name} must be true or false`, `${name}: true или false.`)
  }
  return Object.fromEntries(words.map(([name, word]) => [word, settings[name]]))
}

function convertAiText({ category, characters, tokens, ai_intervals: intervals }: WireAiText): GigachatAiTextReport {
  return {
    category,
    ...(typeof characters === 'number' && { characters }),
    ...(typeof tokens === 'number' && { tokens }),
    aiIntervals: intervals ?? [],
  }
}

function convertFilter(answer: {
  readonly is_profane: boolean
  readonly usage?: { readonly filter_tokens?: number | null } | null
}): GigachatFilterReport {
  const tokens = answer.usage?.filter_tokens
  return { isProfane: answer.is_profane, ...(typeof tokens === 'number' && { filterTokens: tokens }) }
}
