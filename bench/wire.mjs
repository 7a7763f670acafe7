// What the mock service says, in the shapes of the three APIs. Texts are ours.

/** Pieces of about a token each, in letters of two bytes. */
const pieces = [
  'Байкал',
  ' —',
  ' самое',
  ' глуб',
  'окое',
  ' озеро',
  ' в',
  ' мире',
  ',',
  ' и',
  ' вода',
  ' в',
  ' нём',
  '.\n',
]

/** What a contender must have read, so that nobody is quick by reading less. */
export const expected = { whole: pieces.join('').repeat(4), piece: pieceAt }

function pieceAt(index) {
  return pieces[index % pieces.length]
}

/** The text of a stream of so many events. */
export function streamText(count) {
  let text = ''
  for (let index = 0; index < count; index++) text += pieceAt(index)
  return text
}

const created = 1_764_000_000
const usage = { prompt_tokens: 24, completion_tokens: 56, total_tokens: 80 }
const model = { openai: 'bench-model', gigachat: 'GigaChat-2-Max:2.0.28.2' }

/** `POST /chat/completions` without a stream. Sources: the OpenAI API reference; GigaChat API, "Answer of the model". */
export function wholeAnswer(shape) {
  const message = { role: 'assistant', content: expected.whole }
  const choices = [{ index: 0, message, finish_reason: 'stop' }]
  return JSON.stringify({
    ...(shape === 'openai' && { id: 'chatcmpl-0123456789abcdef' }),
    object: 'chat.completion',
    created,
    model: model[shape],
    choices,
    usage,
  })
}

/** Server-sent events: `count` pieces of text, then the end. */
export function sseEvents(shape, count) {
  const chunk = (fields) =>
    Buffer.from(
      `data: ${JSON.stringify({
        ...(shape === 'openai' && { id: 'chatcmpl-0123456789abcdef' }),
        object: 'chat.completion.chunk',
        created,
        model: model[shape],
        ...fields,
      })}\n\n`,
    )
  const events = []
  for (let index = 0; index < count; index++) {
    const delta = { ...(index === 0 && { role: 'assistant' }), content: pieceAt(index) }
    events.push(chunk({ choices: [{ index: 0, delta, finish_reason: null }] }))
  }
  const end = { choices: [{ index: 0, delta: { content: '' }, finish_reason: 'stop' }] }
  if (shape === 'openai') events.push(chunk(end), chunk({ choices: [], usage }))
  else events.push(chunk({ ...end, usage }))
  events.push(Buffer.from('data: [DONE]\n\n'))
  return events
}

/** A line of the native stream brings so many tokens. */
const tokensPerLine = 5

/**
 * The cumulative stream of YandexGPT, `POST /foundationModels/v1/completion`: where each line's text ends in one buffer,
 * and what stands around it.
 */
export function yandexLines(tokens) {
  const spelled = (text) => JSON.stringify(text).slice(1, -1)
  const ends = []
  const parts = []
  let length = 0
  for (let index = 0; index < tokens; index++) {
    const part = Buffer.from(spelled(pieceAt(index)))
    parts.push(part)
    length += part.length
    if (index % tokensPerLine === tokensPerLine - 1 || index === tokens - 1) ends.push(length)
  }
  const head = Buffer.from('{"result":{"alternatives":[{"message":{"role":"assistant","text":"')
  const tail = (status) =>
    Buffer.from(
      `"},"status":"${status}"}],"usage":{"inputTextTokens":"24","completionTokens":"${tokens}","totalTokens":"${tokens + 24}",` +
        `"completionTokensDetails":{"reasoningTokens":"0"}},"modelVersion":"09.02.2025"}}\n`,
    )
  const tails = [tail('ALTERNATIVE_STATUS_PARTIAL'), tail('ALTERNATIVE_STATUS_FINAL')]
  return { text: Buffer.concat(parts), ends, head, tails }
}

export function lineBytes(head, textLength, tail) {
  return head.length + textLength + tail.length
}
