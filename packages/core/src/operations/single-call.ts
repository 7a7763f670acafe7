import type { PartMessage } from '../vocabulary/messages.ts'
import type { ToolChoice } from '../vocabulary/tools.ts'
import type { CheckedText } from './check-text-options.ts'
import type { TextDraft } from './create-text-call.ts'
import type { Route } from './route.ts'
import type { SinkFactory, TextCallOptions } from './text-call.ts'

/** What stays the same over all steps of a text call. */
export type TextLoopOptions = Omit<TextCallOptions, 'draft' | 'checked' | 'sinks'> & {
  readonly checked: CheckedText
}

/** A question of a call; by default its first one. */
export function createDraft(
  checked: CheckedText,
  messages: readonly PartMessage[],
  stream = false,
  toolChoice: ToolChoice = checked.toolChoice,
  mustOutput = false,
): TextDraft {
  const { settings, tools, parallelToolCalls, output, outputMode } = checked
  return { messages, settings, stream, tools, toolChoice, parallelToolCalls, output, outputMode, mustOutput }
}

/** A text call of one question, as its targets are asked. */
export function singleCall(
  options: TextLoopOptions,
  draft: TextDraft,
  route: Route = options.route,
  sinks?: SinkFactory,
): TextCallOptions {
  // Written out: a copy by `...` is larger, and there is one for each stream that is open.
  return {
    services: options.services,
    guard: options.guard,
    callId: options.callId,
    draft,
    checked: options.checked,
    providerOptions: options.providerOptions,
    targets: options.targets,
    route,
    timeouts: options.timeouts,
    retries: options.retries,
    priority: options.priority,
    uploads: options.uploads,
    sinks,
  }
}
