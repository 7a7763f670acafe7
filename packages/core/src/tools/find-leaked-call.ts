/**
 * How models write a tool call into their text instead of making it. Seen in public reports: `[TOOL_CALL_START]name`,
 * and the marks of open models' chat templates.
 */
const marks = [
  '[TOOL_CALL_START]',
  '<tool_call>',
  '<|tool_call|>',
  '<|tool_calls_section_begin|>',
  '<function_call>',
  '[TOOL_CALLS]',
]

/** The mark of a tool call that leaked into the text, if there is one. */
export function findLeakedCall(text: string): string | undefined {
  // Two looks for most texts, in place of one for each mark.
  if (!text.includes('<') && !text.includes('[')) return undefined
  return marks.find((mark) => text.includes(mark))
}
