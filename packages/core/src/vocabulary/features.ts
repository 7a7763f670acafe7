import type { Ability } from './models.ts'

/** What a call can ask for, in neutral words: the rows of the loss table. */
export type Feature = (typeof features)[number]['id']

/** Every feature, in the order in which the documentation lists them, with what it means. */
export const features = [
  { id: 'system-messages', title: 'several system messages' },
  { id: 'max-output-tokens', title: '`maxOutputTokens`' },
  { id: 'temperature', title: '`temperature` above 0, up to 1' },
  { id: 'temperature-zero', title: '`temperature: 0`' },
  { id: 'temperature-above-one', title: '`temperature` above 1' },
  { id: 'top-p', title: '`topP`' },
  { id: 'seed', title: '`seed`' },
  { id: 'frequency-penalty', title: '`frequencyPenalty`' },
  { id: 'presence-penalty', title: '`presencePenalty`' },
  { id: 'stop', title: '`stop`' },
  { id: 'streaming', title: '`streamText`' },
  { id: 'reasoning-effort', title: '`reasoningEffort: low, medium, high`' },
  { id: 'reasoning-off', title: "`reasoningEffort: 'off'`" },
  { id: 'tools', title: '`tools`' },
  { id: 'tool-choice-none', title: "`toolChoice: 'none'`" },
  { id: 'tool-choice-required', title: "`toolChoice: 'required'`" },
  { id: 'tool-choice-tool', title: '`toolChoice: { tool }`' },
  { id: 'parallel-tool-calls', title: '`parallelToolCalls: true`' },
  { id: 'sequential-tool-calls', title: '`parallelToolCalls: false`' },
  { id: 'tool-history', title: 'tool calls and results in `messages`' },
  { id: 'parallel-tool-history', title: 'several tool calls in one turn of `messages`' },
  { id: 'tool-error-results', title: 'tool results that are errors' },
  { id: 'tool-examples', title: 'examples of a tool' },
  { id: 'output', title: '`output`' },
  { id: 'output-with-tools', title: '`output` together with `tools`' },
  { id: 'image', title: 'images in `messages`' },
  { id: 'document', title: 'documents in `messages`' },
  { id: 'audio', title: 'audio in `messages`' },
  { id: 'video', title: 'video in `messages`' },
  { id: 'remote-file', title: 'files by URL in `messages`' },
  { id: 'file-reference', title: 'files by id in `messages`' },
  { id: 'embed', title: '`embed`, `embedMany`' },
  { id: 'embed-query', title: "`kind: 'query'` of an embedding" },
  { id: 'embed-document', title: "`kind: 'document'` of an embedding" },
  { id: 'embed-dimensions', title: '`dimensions` of an embedding' },
  { id: 'count-tokens', title: '`countTokens`' },
  { id: 'count-tokens-tools', title: '`countTokens` with tools, an output schema or files' },
  { id: 'list-models', title: '`listModels`' },
  { id: 'generate-image', title: '`generateImage`' },
  { id: 'image-seed', title: '`seed` of an image' },
  { id: 'image-aspect-ratio', title: '`aspectRatio` of an image' },
  { id: 'image-instructions', title: '`instructions` of an image' },
  { id: 'deferred', title: 'deferred jobs (`submitText`)' },
  { id: 'deferred-tools', title: 'tools and output schemas in deferred jobs' },
  { id: 'deferred-cancel', title: '`cancel` of a deferred job' },
] as const satisfies readonly { readonly id: string; readonly title: string }[]

/** What becomes of a feature on one surface: a cell of the loss table. */
export type FeatureCell =
  /** It goes over the wire as it is. */
  | { readonly keep: 'kept' }
  /** Its meaning is kept in another form; nothing is said at the call. */
  | { readonly keep: 'translated'; readonly note: string }
  /** It only tunes the request and is lost or changed: the call goes on with this warning. */
  | { readonly keep: 'warned'; readonly code: string; readonly message: string }
  /** It changes the meaning of the request and cannot be kept: the call is refused with this error. */
  | { readonly keep: 'refused'; readonly message: string; readonly hint: string; readonly code?: string }

/** A cell that depends on the model: `otherwise` holds for models whose card lists abilities without this one. */
export type FeatureRule =
  | FeatureCell
  | { readonly needs: Ability; readonly cell: FeatureCell; readonly otherwise: FeatureCell }

/**
 * One way a service is spoken to, with its column of the loss table: the source of the documentation, of
 * {@link Provider.check} and of the warnings.
 */
export interface Surface {
  /** Stable, kebab-case: `vendor-v1`. */
  readonly id: string
  /** For people. */
  readonly title: string
  /** Keys of the provider's endpoints that a text call here may use, those of its tokens included. Absent: all. */
  readonly endpoints?: readonly string[]
  readonly features: Readonly<Record<Feature, FeatureRule>>
}
