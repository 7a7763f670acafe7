// The emulator of a soak in a process of its own, so that the figures of the other process are the client's alone.
import { AsyncLocalStorage } from 'node:async_hooks'
import { isDeepStrictEqual } from 'node:util'
import { createHandlers, createState, type Fault, type Operation, type Service } from '@shlyuz/emulator'
import { getResponse, http } from 'msw'
import { createCertificates } from '../../packages/emulator/src/certificates.ts'
import { FaultQueue } from '../../packages/emulator/src/fault-queue.ts'
import { openListener } from '../../packages/emulator/src/listener.ts'
import { originRecords } from '../../packages/emulator/src/origins.ts'
import { ReferenceAnswers, type SeenRequest } from './reference-answers.ts'
import type { Claim, FromEmulator, ToEmulator } from './soak-messages.ts'
import {
  indexIn,
  planCall,
  type FaultName,
  type PlannedFault,
  type SoakOptions,
  type SurfaceName,
} from './soak-plan.ts'

const options = JSON.parse(process.argv[2] ?? '') as SoakOptions

/** What the emulator knows of a call under way. */
interface SeenCall {
  readonly planned: PlannedFault | undefined
  /** Requests that its fault may still hit. */
  left: number
  /** Its requests, each body once. */
  readonly requests: Map<string, SeenRequest>
}

const seen = new Map<number, SeenCall>()
const hits: Partial<Record<FaultName, number>> = {}
const whose = new AsyncLocalStorage<SeenCall>()

/** Gives each request the fault that its call was drawn, whatever else is under way. */
class PairedFaults extends FaultQueue {
  override takeForRequest(service: Service, operation: Operation): Fault[] {
    const call = whose.getStore()
    if (!call?.planned || call.left === 0 || operation !== 'chat') return []
    call.left--
    const { fault } = call.planned
    hits[fault.kind] = (hits[fault.kind] ?? 0) + 1
    if (!('after' in fault) || fault.after !== 'connect') return [{ ...fault, service }]
    // A request is there only when its connection is: that one ends, and the fault meets the next one.
    this.add({ ...fault, service })
    return [{ kind: 'close', after: 'request', service }]
  }
}

const state = {
  ...createState({
    pace: 'instant',
    // The client keeps to ten: a connection that it closed may count here for a moment longer.
    gigachat: { scope: 'GIGACHAT_API_B2B', parallelStreams: 20 },
    yandexgpt: { concurrentGenerations: 20 },
  }),
  faults: new PairedFaults(),
}
const services = createHandlers(state)
const reference = new ReferenceAnswers()
let received = 0

const handler = http.all('*', async ({ request }) => {
  received++
  state.requests.length = 0
  const body = await request.clone().text()
  const index = indexIn(body)
  if (index === undefined) return getResponse(services, request)
  const call = callOf(index)
  call.requests.set(body, { url: request.url, headers: [...request.headers], body })
  return whose.run(call, () => getResponse(services, request))
})

function callOf(index: number): SeenCall {
  let call = seen.get(index)
  if (!call) {
    const planned = planCall(options, index).fault
    seen.set(index, (call = { planned, left: planned?.times ?? 0, requests: new Map() }))
  }
  return call
}

/** Why a claim is none of what a call's requests are answered with in full. */
async function judge({ index, steps, beginning }: Claim): Promise<string | undefined> {
  const requests = [...(seen.get(index)?.requests.values() ?? [])]
  seen.delete(index)
  if (steps.length === 0 && beginning === '') return undefined
  const sent = await Promise.all(
    requests.map(async (request) => ({ surface: surfaceOf(request.url), answer: await reference.answer(request) })),
  )
  const stray = steps.find((step) => !sent.some((one) => isDeepStrictEqual(one, step)))
  if (stray) return `claims ${JSON.stringify(stray)}, was sent ${JSON.stringify(sent)}`
  if (sent.some(({ answer }) => answer.text.startsWith(beginning))) return undefined
  return `was given '${beginning}', which begins none of ${JSON.stringify(sent)}`
}

function surfaceOf(url: string): SurfaceName {
  if (url.includes('giga')) return url.includes('/v2/') ? 'gigachat-v2' : 'gigachat'
  return url.includes('/foundationModels/') ? 'yandexgpt' : 'yandex-openai'
}

const certificates = await createCertificates(originRecords, () => 'valid')
let connections = 0
const listeners = await Promise.all(
  originRecords.map((record) => {
    const tls = certificates.servers.get(record.origin)
    const nextConnection = (): number => (connections += 1)
    return openListener({ record, state, handlers: [handler], nextConnection, ...(tls && { tls }) })
  }),
)

/** Connections that end are not kept, so that this process lasts as long as the other one. */
const sweep = setInterval(() => {
  for (const listener of listeners) listener.connections.forgetClosed()
}, 1_000)

process.on('message', (message: ToEmulator) => {
  if (message.say === 'claim') void answerClaim(message.claim)
  else if (message.say === 'report') report()
  else void stop()
})
process.on('disconnect', () => void stop())

tell({
  say: 'ready',
  place: {
    ports: listeners.map(({ record, port }) => [record.origin, port]),
    publicRoot: certificates.publicRoot,
    gigachat: {
      credentials: state.credentials.gigachat.credentials,
      scope: state.options.gigachat.scope,
      ca: certificates.stateRoot,
    },
    yandexgpt: { apiKey: state.credentials.yandexgpt.apiKey, folderId: state.options.yandexgpt.folderId },
  },
})

async function answerClaim(claim: Claim): Promise<void> {
  const wrong = await judge(claim).catch((error: unknown) => `the checker failed: ${String(error)}`)
  tell({ say: 'verdict', index: claim.index, wrong })
}

function report(): void {
  // One that was held before TLS is never read from here, and so never seen to end.
  const open = listeners.flatMap(({ connections: { records } }) =>
    records.filter((one) => one.isOpen && one.requests > 0),
  )
  tell({ say: 'report', report: { hits, requests: received, openConnections: open.length } })
}

async function stop(): Promise<void> {
  clearInterval(sweep)
  state.closing.abort(new Error('the soak is over'))
  await Promise.all(listeners.map((listener) => listener.close()))
  process.exit(0)
}

function tell(message: FromEmulator): void {
  process.send?.(message)
}
