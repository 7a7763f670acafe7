import {
  features,
  type ModelRef,
  type Provider,
  type Surface,
  type TextCall,
  type TextResult,
  type WireRequest,
} from '@shlyuz/core'
import { gigachat } from '@shlyuz/gigachat'
import { parseYandexgptModel } from '@shlyuz/yandexgpt'
import type { CaseRequest } from './case-file.ts'

const kinds: Readonly<Record<string, string>> = {
  yandex: 'yandexgpt',
  yandexgpt: 'yandexgpt',
  gigachat: 'gigachat',
  sber: 'gigachat',
}

const parsers: Readonly<Record<string, (id: string) => ModelRef>> = {
  yandexgpt: parseYandexgptModel,
  gigachat: (id) => gigachat().parseModel(id),
}

const cells = Object.fromEntries(features.map(({ id }) => [id, { keep: 'kept' } as const]))
const surface: Surface = { id: 'probe', title: 'Probe', features: cells as Surface['features'] }

/** The vendor whose model names a case speaks: also of those that no adapter exists for. */
export function kindOf(provider: string | undefined): string {
  return kinds[provider ?? ''] ?? provider ?? 'probe'
}

/** An adapter whose only act is to encode a case's method, address and headers. */
export function createProbe(
  name: string,
  { provider, url, method, headers }: Pick<CaseRequest, 'provider' | 'url' | 'method' | 'headers'>,
): Provider {
  const kind = kindOf(provider)
  const request = (operation: WireRequest['operation'], verb: WireRequest['method'], body = '{}'): WireRequest => ({
    endpoint: 'api',
    operation,
    method: verb,
    path: '',
    headers: headers ?? {},
    ...(verb === 'POST' && { body }),
    repeat: 'unsafe',
    accept: [],
  })
  return {
    kind,
    name,
    endpoints: { api: { url } },
    models: [],
    credentials: [],
    providerLogging: 'not stated',
    parseModel: parsers[kind] ?? ((id) => ({ id, catalogueId: id.toLowerCase() })),
    parseOptions: () => undefined,
    surfaces: [surface],
    surfaceOf: () => surface,
    check: () => [],
    *text({ messages }: TextCall): Generator<never, TextResult, unknown> {
      const texts = messages.flatMap(({ content }) => content.map((part) => (part.type === 'text' ? part.text : '')))
      const chat = request('chat', method ?? 'POST', JSON.stringify({ texts }))
      const reply = yield { do: 'exchange', request: chat, read: 'json' } as never
      const { model } = (reply as { body: { model?: unknown } }).body
      return {
        content: [{ type: 'text', text: '' }],
        finishReason: 'stop',
        usage: {},
        ...(typeof model === 'string' && { modelId: model }),
      }
    },
    extras: {
      probe: {
        operation: 'other',
        run: () => ({
          steps: (function* probe() {
            yield { do: 'exchange', request: request('other', method ?? 'GET'), read: 'text' } as const
            return undefined
          })(),
        }),
      },
    },
    toError: ({ status }) => ({ kind: 'server', message: `status ${status}`, isRetryable: false }),
  }
}
