import { encodeCalls, encodeUsage, type ChatAnswer, type ChatChunk, type EncodedCall } from './encode-chat.ts'
import { cutTokens } from './cut-pieces.ts'
import type { AnsweringModel } from './answering-model.ts'

/** The chunks of a streamed answer, in the dialect of the model's family. Both as recorded. */
export function chunkChat(answer: ChatAnswer): ChatChunk[] {
  return answer.model.isYandex ? chunkAsYandex(answer) : chunkAsOpenModel(answer)
}

/**
 * Few, large chunks: the role comes with the first text, all calls in one chunk with their whole arguments, the end with
 * the last content. There is no usage.
 */
function chunkAsYandex(answer: ChatAnswer): ChatChunk[] {
  const { generation, model } = answer
  const calls = encodeCalls(generation.calls, model)
  const deltas: object[] = generation.deltas.map((content) => ({ content }))
  if (calls.length > 0) deltas.push({ tool_calls: calls })
  if (generation.reasoning !== '') deltas.unshift({ reasoning_content: generation.reasoning })
  return deltas.map((delta, index) => ({
    choices: [
      choice(index === 0 ? { role: 'assistant', ...delta } : delta, index === deltas.length - 1 ? answer : undefined),
    ],
    isContent: true,
  }))
}

/**
 * The role alone, then token by token, then an empty delta with the end, then usage without choices, unasked. A call
 * begins with its id and name and goes on with pieces of its arguments whose id, type and name are empty texts. A stock
 * server leaves those out, says `finish_reason: null` until the end, and begins with an empty content (OpenAI's
 * reference, vLLM).
 */
function chunkAsOpenModel(answer: ChatAnswer): ChatChunk[] {
  const { generation, model } = answer
  const calls = encodeCalls(generation.calls, model)
  const deltas: object[] = [
    ...cutTokens(generation.reasoning).map((token) => ({ reasoning_content: token })),
    ...generation.deltas.map((content) => ({ content })),
    ...calls.flatMap((call) => cutCall(call, model)),
  ]
  const { usage } = generation
  const { isStock = false } = model
  const begun = (delta: object): object => (isStock ? { ...choice(delta), finish_reason: null } : choice(delta))
  return [
    { choices: [begun({ role: 'assistant', ...(isStock ? { content: '' } : {}) })], isContent: false },
    ...deltas.map((delta) => ({ choices: [begun(delta)], isContent: true })),
    { choices: [choice({}, answer)], isContent: false },
    ...(usage === null ? [] : [{ choices: [], usage: encodeUsage(usage), isContent: false }]),
  ]
}

/** Gemma sent an empty type from the first piece on. */
function cutCall({ index, id, type, function: called }: EncodedCall, { maker, isStock }: AnsweringModel): object[] {
  const first = { index, id, type: maker === 'Google' ? '' : type, function: { name: called.name, arguments: '' } }
  const rest = cutTokens(called.arguments).map((piece) =>
    isStock
      ? { index, function: { arguments: piece } }
      : { index, id: '', type: '', function: { name: '', arguments: piece } },
  )
  return [first, ...rest].map((call) => ({ tool_calls: [call] }))
}

function choice(delta: object, end?: ChatAnswer): object {
  return { index: 0, delta, ...(end === undefined ? {} : { finish_reason: end.generation.finish }) }
}
