import type { TextCall } from '../provider.ts'
import type { Feature } from '../vocabulary/features.ts'
import type { CallPart, PartMessage } from '../vocabulary/messages.ts'

/** What a text call asks for: the rows of the loss table that concern it. */
export function featuresOf(call: TextCall): ReadonlySet<Feature> {
  const asked = new Set<Feature>()
  if (call.stream) asked.add('streaming')
  addSettings(call, asked)
  addTools(call, asked)
  if (call.output) asked.add(call.tools.length > 0 ? 'output-with-tools' : 'output')
  let systems = 0
  const { messages } = call
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index] as PartMessage
    if (message.role === 'system' && ++systems > 1) asked.add('system-messages')
    addContent(message, asked)
  }
  return asked
}

function addSettings({ settings }: TextCall, asked: Set<Feature>): void {
  const { maxOutputTokens, temperature, topP, seed, frequencyPenalty, presencePenalty, reasoningEffort } = settings
  if (maxOutputTokens !== undefined) asked.add('max-output-tokens')
  if (temperature !== undefined) {
    asked.add(temperature === 0 ? 'temperature-zero' : temperature > 1 ? 'temperature-above-one' : 'temperature')
  }
  if (topP !== undefined) asked.add('top-p')
  if (seed !== undefined) asked.add('seed')
  if (frequencyPenalty !== undefined) asked.add('frequency-penalty')
  if (presencePenalty !== undefined) asked.add('presence-penalty')
  if (reasoningEffort !== undefined) asked.add(reasoningEffort === 'off' ? 'reasoning-off' : 'reasoning-effort')
}

function addTools({ tools, toolChoice, parallelToolCalls }: TextCall, asked: Set<Feature>): void {
  if (tools.length === 0) return
  asked.add('tools')
  if (toolChoice === 'none') asked.add('tool-choice-none')
  if (toolChoice === 'required') asked.add('tool-choice-required')
  if (typeof toolChoice === 'object') asked.add('tool-choice-tool')
  if (parallelToolCalls !== undefined) asked.add(parallelToolCalls ? 'parallel-tool-calls' : 'sequential-tool-calls')
  if (tools.some(({ examples }) => examples !== undefined && examples.length > 0)) asked.add('tool-examples')
}

function addContent({ role, content }: PartMessage, asked: Set<Feature>): void {
  for (let at = 0; at < content.length; at++) {
    const part = content[at] as CallPart
    if (part.type === 'text') continue
    if (part.type === 'tool-call' || part.type === 'tool-result') asked.add('tool-history')
    if (part.type === 'tool-result' && part.isError) asked.add('tool-error-results')
    if (part.type !== 'media') continue
    asked.add(part.modality)
    if (part.source instanceof URL) asked.add('remote-file')
    else if ('fileId' in part.source) asked.add('file-reference')
  }
  if (role === 'assistant' && content.filter(({ type }) => type === 'tool-call').length > 1) {
    asked.add('parallel-tool-history')
  }
}
