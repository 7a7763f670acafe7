import type { Attempt } from '../errors/shlyuz-error.ts'
import { lossesOf } from '../features/check-features.ts'
import type { Receipt } from '../policy/receipt.ts'
import type { TextCall } from '../provider.ts'
import type { Feature } from '../vocabulary/features.ts'
import type { Warning } from '../vocabulary/warnings.ts'
import type { Masker } from '../policy/masker.ts'
import { optionsOf, parseProviderOptions } from './check-call-options.ts'
import type { CheckedText } from './check-text-options.ts'
import { countContent } from './create-intent.ts'
import { createTextCall, findCard, TextDraft } from './create-text-call.ts'
import { maskDraft } from './mask-call.ts'
import { loadFiles } from './load-files.ts'
import { applyLosses, refuseVerb, runModelCall, type CallFrame } from './run-call.ts'
import { runOperation } from './run-operation.ts'
import type { Target } from './find-target.ts'
import { foreignFiles } from './text-call.ts'

/** What `countTokens` gives. */
export interface CountTokensResult {
  readonly tokens: number
  readonly model: { readonly provider: string; readonly id: string }
  readonly policy: Receipt
  readonly warnings: readonly Warning[]
  readonly attempts: readonly Attempt[]
}

/** Counts the prompt of a text call as that call would put it. What the call could not keep, cannot be counted either. */
export async function countTokens(
  frame: CallFrame,
  { provider, modelId }: Target,
  checked: CheckedText,
  providerOptions: unknown,
): Promise<CountTokensResult> {
  const messages = await loadFiles(checked.messages, frame.scope)
  const draft = new TextDraft(checked, messages)
  let masked: TextDraft | undefined
  const aim = {
    provider,
    operation: 'tokens' as const,
    modelId,
    content: countContent(messages),
    mask: (masker: Masker) => {
      const session = masker.open()
      masked = maskDraft(draft, session)
      return session.counts
    },
    providerOptions: optionsOf(providerOptions, provider),
  }
  return runModelCall(frame, aim, async ({ context, record, ref, isMasked }) => {
    const options = parseProviderOptions(provider, providerOptions)
    const { call, losses } = createTextCall(isMasked && masked ? masked : draft, provider, ref, options)
    const features = lossesOf(provider.surfaceOf(ref, options), featuresOf(call), findCard(provider, ref))
    // Warnings on how the call is tuned say nothing about its length.
    const refusals = [...losses, ...foreignFiles(call, provider)].filter(({ effect }) => effect === 'refuse')
    applyLosses(record, [...refusals, ...features])
    if (!provider.countTokens) refuseVerb(provider, 'countTokens')
    const { tokens, warnings = [] } = await runOperation(context, provider.countTokens(call, ref), undefined)
    return Object.freeze({
      tokens,
      model: Object.freeze({ provider: provider.name, id: ref.id }),
      policy: record.receipt(),
      warnings: Object.freeze([...record.warnings, ...warnings]),
      attempts: Object.freeze([...record.attempts]),
    })
  })
}

function featuresOf({ tools, output, messages }: TextCall): Feature[] {
  const hasMedia = messages.some(({ content }) => content.some(({ type }) => type === 'media'))
  return tools.length > 0 || output || hasMedia ? ['count-tokens', 'count-tokens-tools'] : ['count-tokens']
}
