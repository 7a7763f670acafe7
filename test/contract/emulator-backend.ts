import { createClient, type Policy } from '@shlyuz/core'
import type { ContractAnswer, ContractBackend, ContractFault } from '@shlyuz/core/testing'
import type {
  Emulator,
  FaultKind,
  GigaChatFinishReason,
  OpenAiScript,
  ScriptedAnswer,
  YandexGptStatus,
} from '@shlyuz/emulator'

type Service = ScriptedAnswer['service']

const faults: Readonly<Record<ContractFault, FaultKind>> = {
  truncate: { kind: 'truncate', pieces: 1 },
  'reset-after-content': { kind: 'reset', after: 'content', pieces: 1 },
  'reset-before-content': { kind: 'reset', after: 'headers' },
  'stall-after-content': { kind: 'stall', after: 'content', pieces: 1 },
}

const gigachatReasons: Readonly<Record<string, GigaChatFinishReason>> = {
  stop: 'stop',
  length: 'length',
  'content-filter': 'blacklist',
}

const yandexgptStatuses: Readonly<Record<string, YandexGptStatus>> = {
  stop: 'ALTERNATIVE_STATUS_FINAL',
  length: 'ALTERNATIVE_STATUS_TRUNCATED_FINAL',
  'content-filter': 'ALTERNATIVE_STATUS_CONTENT_FILTER',
}

const openAiReasons: Readonly<Record<string, NonNullable<OpenAiScript['finishReason']>>> = {
  stop: 'stop',
  length: 'length',
  'content-filter': 'content_filter',
}

/** The emulator as a backend of the contract cases, for one surface of its services. Default policy: the client's own. */
export function emulatorBackend(
  emulator: Emulator,
  service: Service,
  model: string,
  hasStreamUsage = true,
  policy?: Policy,
): ContractBackend {
  const chats = (): Emulator['requests'] => emulator.requests.filter(({ operation }) => operation === 'chat')
  return {
    client: (provider) =>
      createClient({ providers: [provider], network: emulator.network, retries: 2, ...(policy && { policy }) }),
    model,
    hasStreamUsage,
    script: (answer) => void emulator.script(toScript(service, answer)),
    fail: (fault) => void emulator.fail({ service, operation: 'chat', ...faults[fault] }),
    requests: () => chats().map(({ closedByClient }) => ({ closedByClient: closedByClient === true })),
    reset: () => emulator.reset(),
  }
}

function toScript(service: Service, { pieces, finish = 'stop', toolCalls }: ContractAnswer): ScriptedAnswer {
  const calls = toolCalls?.map(({ name, input }) => ({ name, arguments: input }))
  if (service === 'gigachat') {
    if (calls) return { service, functionCalls: calls }
    return { service, text: pieces, finishReason: gigachatReasons[finish] ?? 'stop' }
  }
  if (service === 'openai') {
    if (calls) return { service, toolCalls: calls }
    return { service, text: pieces, finishReason: openAiReasons[finish] ?? 'stop' }
  }
  if (calls) return { service, toolCalls: calls }
  return { service, text: pieces, status: yandexgptStatuses[finish] ?? 'ALTERNATIVE_STATUS_FINAL' }
}
