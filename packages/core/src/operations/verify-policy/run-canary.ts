import { randomUUID } from 'node:crypto'
import { ShlyuzError } from '../../errors/shlyuz-error.ts'
import type { ModelIdentity } from '../../policy/intent.ts'
import type { Receipt } from '../../policy/receipt.ts'
import type { Endpoint, Operation, Provider, TextResult, WireRequest } from '../../provider.ts'
import { Telemetry } from '../../telemetry/telemetry.ts'
import { testNetwork } from '../../testing/test-network.ts'
import { Budgets } from '../../resilience/budgets.ts'
import { Limits } from '../../resilience/limits.ts'
import { CallScope } from '../../transport/call-scope.ts'
import { CanaryListener, type Arrivals } from '../../transport/canary-listener.ts'
import { HttpExchange } from '../../transport/http-exchange.ts'
import { Pools } from '../../transport/pools.ts'
import { send } from '../../transport/send.ts'
import type { CallContext, ClientServices } from '../call-context.ts'
import { CallRecord } from '../call-record.ts'
import { checkTextOptions } from '../check-text-options.ts'
import { performExchange } from '../perform.ts'
import type { CallFrame } from '../run-call.ts'
import { createTarget } from '../find-target.ts'
import { runTextLoop } from '../text-loop.ts'
import type { Canary } from './canary.ts'
import { createCertificate, type CertificatePair } from './create-certificate.ts'
import type { CanaryTarget } from './find-canary-target.ts'

/** What became of a canary. */
export interface CanaryOutcome {
  /** Absent: the request went through. */
  readonly error?: unknown
  readonly receipt: Receipt | undefined
  readonly arrived: Arrivals
}

/** Certificates for a verification, made once. */
export interface CanaryCertificates {
  readonly trusted: CertificatePair
  readonly untrusted: CertificatePair
  readonly 'of another name': CertificatePair
}

/** @param hosts of every URL that is tried, so that a canary that gets through is seen to arrive */
export function createCertificates(hosts: readonly string[]): CanaryCertificates {
  return {
    trusted: createCertificate(hosts),
    untrusted: createCertificate(hosts),
    'of another name': createCertificate(['another.canary.example']),
  }
}

const limits = { connectMs: 5_000, headersMs: 5_000, firstContentMs: 5_000, idleMs: 5_000, attemptMs: Infinity }
const totalMs = 10_000

/** Sends one canary through the client's own guard and transport; whatever is dialed is a listener on this machine. */
export async function runCanary(
  frame: CallFrame,
  provider: Provider,
  target: CanaryTarget,
  certificates: CanaryCertificates,
  canary: Canary,
): Promise<CanaryOutcome> {
  const { certificate = 'trusted', answer = { status: 200, body: '{}' }, peer } = canary
  const shown = certificates[certificate]
  const isTunneled = frame.guard.proxy?.url.protocol === 'https:'
  const listener = await CanaryListener.open({
    certificates: isTunneled ? [certificates.trusted, shown] : [shown],
    answer,
  })
  const { port } = listener
  const network = testNetwork({
    resolve: () => canary.addresses ?? [target.address],
    dial: () => ({ host: '127.0.0.1', port, ...(peer !== undefined && { peer }) }),
    ca: [certificates.trusted.cert, certificates['of another name'].cert],
  })
  const pools = new Pools(network)
  const scope = new CallScope({ wheel: frame.scope.wheel, parent: frame.scope, limitMs: totalMs, phase: 'attempt' })
  const services: ClientServices = {
    ...frame.services,
    pools,
    network: 'test',
    // No line in the audit log and none in the logger: an alarm on refusals would ring for every canary.
    audit: undefined,
    telemetry: new Telemetry(undefined),
    // Canaries spend nothing, and say nothing of the services.
    limits: new Limits({ breaker: false }),
    budgets: new Budgets([], undefined, () => {}),
    prepaid: undefined,
  }
  const trial = createTrial({ ...frame, services, scope }, provider, target, canary)
  let ended: Omit<CanaryOutcome, 'arrived'>
  try {
    ended = { receipt: await sendCanary(trial, canary, listener) }
  } catch (error) {
    ended = { error, receipt: ShlyuzError.isInstance(error) ? error.policy : undefined }
  } finally {
    scope.end()
    await pools.destroy()
  }
  const arrived = await listener.close()
  frame.scope.throwIfOver()
  return { ...ended, arrived }
}

/** One way through the engine. */
interface Trial {
  readonly frame: CallFrame
  readonly provider: Provider
  readonly endpoint: Endpoint
  readonly request: WireRequest
}

function createTrial(frame: CallFrame, provider: Provider, target: CanaryTarget, canary: Canary): Trial {
  const endpoint = { url: canary.url ?? target.url.href, ...(target.ca !== undefined && { ca: target.ca }) }
  const request: WireRequest = {
    endpoint: 'canary',
    operation: 'chat',
    method: 'POST',
    path: '',
    headers: canary.headers ?? {},
    body: '{}',
    repeat: 'unsafe',
    accept: [],
  }
  return { frame, provider: createCanaryProvider(provider, endpoint, request), endpoint, request }
}

/** Speaks of models as the provider does, and sends a few bytes to the canary's address. */
function createCanaryProvider(provider: Provider, endpoint: Endpoint, request: WireRequest): Provider {
  const own: Partial<Provider> = {
    name: 'canary',
    endpoints: { canary: endpoint },
    credentials: [],
    // Losses are told after the policy has spoken: a canary must get as far as the policy lets it.
    check: () => [],
    *text(): Operation<TextResult> {
      yield { do: 'exchange', request, read: 'json' }
      return { content: [{ type: 'text', text: '' }], finishReason: 'stop', usage: {} }
    },
  }
  return Object.create(provider, Object.getOwnPropertyDescriptors(own)) as Provider
}

async function sendCanary(trial: Trial, { ask, isReused }: Canary, listener: CanaryListener): Promise<Receipt> {
  if (ask) return askCanary(trial, ask)
  if (!isReused) return exchangeCanary(trial)
  // What opened the connection is no part of the canary.
  const receipt = await exchangeCanary(trial).finally(() => listener.reset())
  await reuseConnection(trial)
  return receipt
}

/** As `generateText` does: from the intent on. */
async function askCanary({ frame, provider }: Trial, { model, link }: NonNullable<Canary['ask']>): Promise<Receipt> {
  const content = [{ type: 'text', text: 'canary' }, ...(link ? [{ type: 'image', image: link }] : [])]
  const { services, guard, timeouts, scope } = frame
  const options = {
    services,
    guard,
    timeouts: { ...timeouts, ...limits },
    callId: randomUUID(),
    checked: checkTextOptions('verifyPolicy', { messages: [{ role: 'user', content }] }),
    targets: [createTarget(provider, model)],
    route: 0,
    priority: 0,
    providerOptions: undefined,
    retries: 0,
    uploads: [],
  }
  return (await runTextLoop(options, scope, undefined)).policy
}

/** From the address on, so that no rule about the intent hides what holds behind it. */
async function exchangeCanary({ frame, provider, request }: Trial): Promise<Receipt> {
  const { services, guard, scope } = frame
  const { name, providerLogging } = provider
  const record = new CallRecord({ provider: name, providerLogging }, guard, services.network, randomUUID())
  const context: CallContext = {
    services,
    provider,
    guard,
    scope,
    limits,
    retry: { retries: 0, longestWaitMs: 0 },
    secretRequest: { provider: name, labels: {} },
    record,
    priority: 0,
  }
  try {
    const { body } = await performExchange(context, { do: 'exchange', request, read: 'json' })
    record.judgeAnswer(judged, (body as { readonly model?: string }).model)
    return record.receipt()
  } catch (error) {
    throw record.complete(error)
  }
}

/** The model that a canary is said to have been judged by. */
const judged: ModelIdentity = { id: 'canary', developer: 'unknown', weights: 'unknown', source: 'canary', asOf: '' }

/** The connection of the exchange before, still open and with the mark of another policy, at the door where bytes leave. */
async function reuseConnection({ frame, provider, endpoint }: Trial): Promise<void> {
  const { services, guard, scope } = frame
  const { origin } = new URL(endpoint.url)
  const pool = await services.pools.get(origin, endpoint, guard, { provider: provider.name, labels: {} })
  await new Promise<void>((resolve, reject) => {
    const reader = { onHeaders: () => {}, onData: () => 'more' as const, onEnd: resolve, onFailure: reject }
    const request = { method: 'POST', path: '/', headers: {}, body: '{}' }
    send({ ...pool, openedUnder: 'another policy' }, guard, request, new HttpExchange(scope, limits, reader, origin))
  })
}
