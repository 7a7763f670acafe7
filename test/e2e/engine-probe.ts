import {
  createClient,
  definePolicy,
  features,
  type Client,
  type ClientOptions,
  type Effect,
  type Feature,
  type FeatureCell,
  type Operation,
  type Policy,
  type Provider,
  type Reply,
  type SseDecoder,
  type StreamEnd,
  type StreamFinish,
  type StreamReply,
  type Surface,
  type TextCall,
  type TextResult,
  type WireRequest,
} from '@shlyuz/core'
import { document } from '../verbs/probe.ts'
import { origin, startService, type Answer, type Handler, type Service } from '../verbs/service.ts'

/** What the engine's service says in one answer: the parts themselves. `end` missing: the stream is cut. */
export interface Said {
  readonly content: readonly object[]
  readonly end?: Partial<StreamFinish> | { readonly failed: string }
  readonly modelId?: string
}

export interface EngineOptions {
  readonly name?: string
  readonly cells?: Partial<Record<Feature, FeatureCell>>
  /** What the decoder does at the end of a stream, instead of saying how it ended. */
  readonly atEnd?: () => never
  readonly authorize?: () => Operation<{ headers: Record<string, string>; refreshAt?: number }>
}

/** The bodies of the chats that arrived. */
export function chatsOf({ requests }: Service): readonly TextCall[] {
  return requests.filter(({ path }) => path === '/chat').map(({ json }) => json as unknown as TextCall)
}

export function say(...content: readonly object[]): Said {
  const calls = content.some((part) => (part as { type: string }).type === 'tool-call')
  return { content, end: { finishReason: calls ? 'tool-calls' : 'stop', usage: {} } }
}

export function saidText(text: string): Said {
  return say({ type: 'text', text })
}

export function saidCall(toolName: string, input: unknown, toolCallId = ''): object {
  return { type: 'tool-call', toolCallId, toolName, input }
}

/** As JSON, or as the events of a stream: texts go as deltas. */
export function answerWith({ content, end, modelId }: Said, stream: boolean): Answer {
  if (!stream) return { json: { content, modelId, ...end } }
  const parts = content.map((part) => {
    const { type } = part as { type: string }
    return type === 'text' || type === 'reasoning' ? { ...part, type: `${type}-delta` } : part
  })
  const events = [
    ...(modelId === undefined ? [] : [{ type: 'response-metadata', modelId }]),
    ...parts,
    ...(end ? [{ type: 'end', ...end }] : []),
  ]
  const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
  return { bytes: Buffer.from(body), headers: { 'content-type': 'text/event-stream' } }
}

/** A handler that gives prepared answers in their order, to streams and whole answers alike. */
export function inOrder(...answers: readonly (Said | Answer)[]): Handler {
  let next = 0
  return ({ json, path }) => {
    if (path !== '/chat') return {}
    const answer = answers[next++]
    if (!answer) return { status: 500, json: { error: 'nothing is left to say' } }
    return 'content' in answer ? answerWith(answer, (json as unknown as TextCall).stream) : answer
  }
}

function request(path: string, body: string, stream: boolean): WireRequest {
  return {
    endpoint: 'api',
    operation: 'chat',
    method: 'POST',
    path,
    body,
    repeat: 'safe',
    accept: [stream ? 'text/event-stream' : 'application/json'],
  }
}

function createDecoder(atEnd?: () => never): SseDecoder {
  let end: StreamEnd = { type: 'cut' }
  return {
    framing: 'sse',
    get done() {
      return end.type !== 'cut'
    },
    push(_event, data, out) {
      const part = JSON.parse(data) as { type: string; failed?: string }
      if (part.type !== 'end') out.push(part as never)
      else if (part.failed !== undefined) end = { type: 'failed', failure: { kind: 'server', message: part.failed } }
      else end = { ...part, type: 'finish' } as unknown as StreamFinish
    },
    end: () => atEnd?.() ?? end,
  }
}

/** A provider whose wire is core's own vocabulary: what the engine does shows without a vendor in between. */
export function createEngineProbe({ name = 'probe', cells = {}, authorize, atEnd }: EngineOptions = {}): Provider {
  const kept = Object.fromEntries(features.map(({ id }) => [id, { keep: 'kept' }])) as Surface['features']
  const surface: Surface = { id: 'probe', title: 'the probe', features: { ...kept, ...cells } }
  return {
    kind: 'probe',
    name,
    endpoints: { api: { url: origin } },
    models: [],
    credentials: authorize ? [{ name: 'key', explicit: true, secrets: {}, authorize }] : [],
    providerLogging: 'off',
    parseModel: (id) => ({ id, catalogueId: id }),
    parseOptions: () => ({}),
    surfaces: [surface],
    surfaceOf: () => surface,
    check: () => [],
    *text(call): Operation<TextResult> {
      const { messages, tools, toolChoice, output, stream } = call
      const body = JSON.stringify({ messages, tools, toolChoice, output, stream })
      const wire = request('/chat', body, stream)
      if (!stream) {
        const reply = (yield { do: 'exchange', request: wire, read: 'json' } satisfies Effect) as Reply
        return { finishReason: 'stop', usage: {}, ...(reply.body as object) } as TextResult
      }
      const reply = (yield {
        do: 'stream',
        request: wire,
        createDecoder: () => createDecoder(atEnd),
      } satisfies Effect) as StreamReply
      return { content: reply.content, finishReason: reply.end.finishReason, usage: reply.end.usage }
    },
    toError: ({ status, text }) => ({ kind: status >= 500 ? 'server' : 'bad-request', message: `it says ${text}` }),
  }
}

/** The service, and a client with some engine probes on it; both close with the scope. */
export async function startEngine(
  handle: Handler,
  providers: readonly Provider[] = [createEngineProbe()],
  options: Partial<ClientOptions<readonly Provider[]>> & { readonly policy?: Policy } = {},
): Promise<{ readonly service: Service; readonly client: Client } & AsyncDisposable> {
  const service = await startService(handle)
  const client: Client = createClient({
    policy: definePolicy(document),
    retries: 0,
    ...options,
    providers,
    network: service.network,
  })
  return {
    service,
    client,
    async [Symbol.asyncDispose]() {
      await client.close({ graceMs: 0 })
      await service[Symbol.asyncDispose]()
    },
  }
}
