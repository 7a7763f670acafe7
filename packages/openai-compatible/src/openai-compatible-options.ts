import { checkHeaders, checkKeys, isObject, refuse } from './openai-compatible-settings.ts'

/** `providerOptions[kind]` of a call: what this client has no word for. Strict. */
export interface OpenAiCompatibleOptions {
  /**
   * Further fields of the request body, such as `top_k`, `min_p` or `chat_template_kwargs` of servers of open models.
   * Plain JSON.
   */
  readonly extraBody?: Readonly<Record<string, unknown>>
  /** Further request headers. The policy judges them as well. */
  readonly extraHeaders?: Readonly<Record<string, string>>
}

const neighbours: Readonly<Record<string, string>> = {
  headers: 'extraHeaders',
  body: 'extraBody',
  temperature: 'temperature of the call itself',
  maxTokens: 'maxOutputTokens of the call itself',
  reasoningEffort: 'reasoningEffort of the call itself',
  topK: 'extraBody.top_k',
  logprobs: 'extraBody.logprobs',
}

/** Body fields that have a word of their own, and that word. */
const bodyWords: Readonly<Record<string, string>> = {
  model: 'model',
  messages: 'messages',
  input: 'value or values',
  dimensions: 'dimensions',
  encoding_format: 'nothing: vectors always come as numbers',
  stream: 'streamText',
  stream_options: 'the setting includeUsage of the provider',
  temperature: 'temperature',
  top_p: 'topP',
  seed: 'seed',
  frequency_penalty: 'frequencyPenalty',
  presence_penalty: 'presencePenalty',
  max_tokens: 'maxOutputTokens',
  max_completion_tokens: 'maxOutputTokens',
  stop: 'stop',
  reasoning_effort: 'reasoningEffort',
  tools: 'tools',
  tool_choice: 'toolChoice',
  parallel_tool_calls: 'parallelToolCalls',
  response_format: 'output',
  // The answer is one: what further choices would say is not read.
  n: 'one call for each answer',
}

/** @throws ConfigurationError with the exact fix; values are not quoted */
export function parseOpenAiCompatibleOptions(options: unknown, kind: string): OpenAiCompatibleOptions {
  const where = `providerOptions.${kind}`
  if (options === undefined) return {}
  if (!isObject(options)) {
    return refuse(`${where} must be an object`, `Пишите providerOptions: { '${kind}': { … } }.`)
  }
  checkKeys(where, options, ['extraBody', 'extraHeaders'], neighbours)
  const extraBody = readExtraBody(`${where}.extraBody`, options['extraBody'])
  const extraHeaders = options['extraHeaders'] as OpenAiCompatibleOptions['extraHeaders']
  checkHeaders(`${where}.extraHeaders`, extraHeaders)
  return Object.freeze({
    ...(extraBody && { extraBody }),
    ...(extraHeaders && { extraHeaders: Object.freeze({ ...extraHeaders }) }),
  })
}

/** A plain copy: nothing in it runs when the body is written, and what was checked is what is sent. */
function readExtraBody(place: string, given: unknown): Readonly<Record<string, unknown>> | undefined {
  if (given === undefined) return undefined
  const copy = copyJson(given)
  if (!isObject(copy)) {
    return refuse(
      `${place} must be an object of plain JSON`,
      `${place}: объект из строк, чисел, списков и объектов, без циклов.`,
    )
  }
  for (const name of Object.keys(copy)) {
    const word = Object.hasOwn(bodyWords, name) ? bodyWords[name] : undefined
    if (word === undefined) continue
    refuse(`${place} may not set '${name}'; use ${word}`, `Уберите '${name}': для него есть ${word}.`)
  }
  return Object.freeze(copy)
}

function copyJson(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value, refuseNonJson)) as unknown
  } catch {
    return undefined
  }
}

/** What JSON would drop or turn into `null` in silence. */
function refuseNonJson(_key: string, value: unknown): unknown {
  const isNumber = typeof value === 'number' && Number.isFinite(value)
  if (value === null || isNumber || ['string', 'boolean', 'object'].includes(typeof value)) return value
  throw new TypeError('not JSON')
}
