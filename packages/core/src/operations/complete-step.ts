import { findLeakedCall } from '../tools/find-leaked-call.ts'
import type { Warning } from '../vocabulary/warnings.ts'
import type { TextStep } from './text-result.ts'

/** A step with what was said before its question was put, and with a word about what its text gives rise to. */
export function completeStep(step: TextStep, early: readonly Warning[]): TextStep {
  const leaked = findLeakedCall(step.text)
  if (leaked === undefined && early.length === 0) return step
  const warnings = leaked === undefined ? early : [...early, warnOfLeak(leaked)]
  return { ...step, warnings: [...step.warnings, ...warnings] }
}

function warnOfLeak(mark: string): Warning {
  return {
    code: 'tool-call-leaked',
    setting: 'tools',
    message: `the model wrote a tool call into its text ('${mark}') instead of making it; it was not run`,
  }
}
