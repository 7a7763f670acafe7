import type { Answer, Arrived } from '../verbs/service.ts'

/** A server of open models that takes whatever it is sent: what a client sends is looked at, not what it answers. */
export function answerOpenAi({ path, json }: Arrived, text = 'Здравствуйте'): Answer {
  const { model } = json
  if (path.endsWith('/models')) {
    return { json: { object: 'list', data: [{ id: 'able', object: 'model', owned_by: 'us' }] } }
  }
  if (path.endsWith('/embeddings')) {
    const length = typeof json['dimensions'] === 'number' ? json['dimensions'] : 256
    const embedding = Array.from({ length }, (_, at) => at / length)
    return { json: { object: 'list', model, data: [{ object: 'embedding', index: 0, embedding }] } }
  }
  if (!path.endsWith('/chat/completions')) return { status: 404, json: { error: { message: 'no such operation' } } }
  return json['stream'] === true ? stream(model, text) : { json: complete(json, text) }
}

function complete(request: Arrived['json'], text: string): object {
  const name = toolToCall(request)
  const content = request['response_format'] === undefined ? text : '{"answer":"да"}'
  const input = name === 'output' ? '{"answer":"да"}' : '{"city":"Казань"}'
  const call = { id: 'call-1', type: 'function', function: { name, arguments: input } }
  const message =
    name === undefined ? { role: 'assistant', content } : { role: 'assistant', content: null, tool_calls: [call] }
  return {
    id: 'chat-1',
    object: 'chat.completion',
    model: request['model'],
    choices: [{ index: 0, message, finish_reason: name === undefined ? 'stop' : 'tool_calls' }],
    usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
  }
}

interface Named {
  readonly function: { readonly name: string }
}

/** The forced one, else the first that is offered. */
function toolToCall({ tools = [], tool_choice: choice }: Arrived['json']): string | undefined {
  if (choice === 'none') return undefined
  const forced = typeof choice === 'object' ? (choice as Named | null)?.function.name : undefined
  return forced ?? (tools as readonly Named[])[0]?.function.name
}

function stream(model: unknown, text: string): Answer {
  const chunk = (fields: object): string =>
    `data: ${JSON.stringify({ id: 'chat-1', object: 'chat.completion.chunk', model, ...fields })}\n\n`
  const body = [
    chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: text } }] }),
    chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
    chunk({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 } }),
    'data: [DONE]\n\n',
  ].join('')
  return { bytes: Buffer.from(body), headers: { 'content-type': 'text/event-stream' } }
}
