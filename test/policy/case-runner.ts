import {
  all,
  createClient,
  definePolicy,
  PolicyDeniedError,
  rule,
  type Policy,
  type PolicyDocument,
  type Provider,
  type Receipt,
  type Rule,
  type RuleEffect,
} from '@shlyuz/core'
import { testNetwork } from '@shlyuz/core/testing'
import { findPersonalData } from '@shlyuz/personal-data'
import {
  createCasePolicy,
  resolvePolicy,
  type CaseAttachment,
  type CaseFile,
  type CasePolicy,
  type CaseRequest,
  type CaseRule,
  type PolicyCase,
} from './case-file.ts'
import type { Listener } from './loopback.ts'
import { openListener } from './open-listener.ts'
import { cleanAddress, domesticModels, neutralise } from './neutralise.ts'
import { offerConnection } from './offer-connection.ts'
import { createProbe, kindOf } from './probe-provider.ts'

export type CaseOutcome =
  | { readonly id: string; readonly result: 'passed' }
  | { readonly id: string; readonly result: 'failed' | 'skipped'; readonly reason: string }

/** A case with its policy resolved: what is really run, and what a neutralised twin is made from. */
export interface Scene {
  readonly policy: CasePolicy
  /** The one that goes with the request. */
  readonly narrower?: CasePolicy
  readonly request: CaseRequest
  readonly world: NonNullable<PolicyCase['world']>
}

/** The end of one call. */
interface Verdict {
  readonly verdict: 'allow' | 'deny' | 'error'
  readonly code: string
  readonly detail: string
  readonly bytes: number
  readonly hosts: readonly string[]
  readonly bodies: readonly string[]
}

const requestKeys = [
  'url', 'method', 'headers', 'provider', 'model', 'fallback', 'attachments', 'labels', 'dataClass', 'text', 'policy',
  'rule', 'rules', 'connect', 'proxy', 'options', 'reusedConnection',
] // oxfmt-ignore
const ruleKeys = ['throws', 'rejects', 'hangs', 'async', 'returns', 'effect', 'delayMs', 'blocksMs', 'timeLimitMs']
const worldKeys = ['dns', 'peer', 'env', 'responses']

/**
 * Runs the cases of a file one after the other: the environment is the process's own.
 * @param twins `false`: what is refused is not run again without its fault
 */
export async function runCases(
  file: CaseFile,
  onOutcome?: (outcome: CaseOutcome) => void,
  twins = true,
): Promise<CaseOutcome[]> {
  const loopback = await openListener()
  const outcomes: CaseOutcome[] = []
  try {
    for (const one of file.cases) {
      const outcome = await runCase(loopback, file, one, twins)
      outcomes.push(outcome)
      onOutcome?.(outcome)
    }
  } finally {
    await loopback.close()
  }
  return outcomes
}

async function runCase(loopback: Listener, file: CaseFile, one: PolicyCase, twins: boolean): Promise<CaseOutcome> {
  const { id } = one
  try {
    const policy = resolvePolicy(file.policies, one.policy)
    const unsupported = findUnsupported(one)
    if (unsupported !== undefined) return { id, result: 'skipped', reason: unsupported }
    const { reusedConnection: reused, ...request } = one.request
    const narrower = request.policy === undefined ? undefined : resolvePolicy(file.policies, request.policy)
    const scene: Scene = { policy, request, world: one.world ?? {}, ...(narrower && { narrower }) }
    if (reused) return await runReuse(loopback, file, one, scene, reused)
    const got = await runScene(loopback, scene)
    const fault = findFault(one, got) ?? findLeak(scene, got)
    const hasTwin = twins && fault === undefined && one.expect === 'deny'
    const reason = hasTwin ? await findTwinFault(loopback, scene, got) : fault
    return reason === undefined ? { id, result: 'passed' } : { id, result: 'failed', reason }
  } catch (error) {
    return { id, result: 'failed', reason: `the runner failed: ${String(error)}` }
  }
}

/** At the pool: a call under the case's policy is offered a connection that is open under another one. */
async function runReuse(
  loopback: Listener,
  file: CaseFile,
  one: PolicyCase,
  { policy, request }: Scene,
  { approvedUnder, address }: NonNullable<CaseRequest['reusedConnection']>,
): Promise<CaseOutcome> {
  const clean = cleanAddress(policy, new URL(request.url).hostname)
  const other = createCasePolicy('case-policy', resolvePolicy(file.policies, approvedUnder))
  const own = createCasePolicy('case-policy', policy)
  const got = await offerConnection(loopback, request.url, other, address ?? clean, own)
  const twin = await offerConnection(loopback, request.url, own, clean, own)
  if (got.verdict !== one.expect || got.code !== one.reason || got.bytes > 0 !== (one.expect === 'allow')) {
    return { id: one.id, result: 'failed', reason: `got ${got.verdict} ${got.code}, ${got.bytes} bytes arrived` }
  }
  if (twin.verdict === 'allow' && twin.bytes > 0) return { id: one.id, result: 'passed' }
  const reason = `a connection of its own policy was not used: ${twin.verdict} ${twin.code}`
  return { id: one.id, result: 'failed', reason }
}

function findUnsupported({ request, world = {} }: PolicyCase): string | undefined {
  const rules = rulesOf(request).filter((one) => typeof one === 'object')
  const key = [
    ...Object.keys(request).filter((name) => !requestKeys.includes(name)),
    ...Object.keys(world).filter((name) => !worldKeys.includes(name)),
    ...rules.flatMap((one) => Object.keys(one)).filter((name) => !ruleKeys.includes(name)),
  ][0]
  return key === undefined ? undefined : `this runner does not know '${key}'`
}

function findFault({ expect, reason }: PolicyCase, got: Verdict): string | undefined {
  if (got.verdict !== expect || got.code !== reason) {
    return `expected ${expect} ${reason}, got ${got.verdict} ${got.code}${got.detail === '' ? '' : ` (${got.detail})`}`
  }
  if (expect === 'allow') return got.hosts.length === 1 ? undefined : `${got.hosts.length} requests arrived, not one`
  // An answer can be refused only after it was asked for.
  if (/^(?:redirect|response)\./.test(reason)) {
    return got.hosts.length === 1
      ? undefined
      : `${got.hosts.length} requests arrived (${got.hosts.join(', ')}), not one`
  }
  return got.bytes === 0 ? undefined : `${got.bytes} bytes of the request arrived`
}

/** Under masking none of the text's personal data may be among what arrived. */
function findLeak({ policy, request: { text = '' } }: Scene, { verdict, bodies }: Verdict): string | undefined {
  const { personal } = (policy['data'] ?? {}) as { readonly personal?: unknown }
  if (personal !== 'mask' || verdict !== 'allow') return undefined
  const leaked = findPersonalData(text).find(({ start, end }) =>
    bodies.some((body) => body.includes(JSON.stringify(text.slice(start, end)).slice(1, -1))),
  )
  return leaked && `${leaked.type} arrived unmasked`
}

/**
 * A refusal proves something only if the same call without its fault is allowed. Faults are taken out by code, and
 * again if another one shows up behind the first.
 */
async function findTwinFault(loopback: Listener, scene: Scene, denied: Verdict): Promise<string | undefined> {
  const removed: string[] = []
  let twin = scene
  let got = denied
  while (got.verdict === 'deny' && !removed.includes(got.code) && removed.length < 5) {
    removed.push(got.code)
    twin = neutralise(twin, got.code)
    got = await runScene(loopback, twin)
  }
  if (got.verdict === 'allow' && got.hosts.length === 1) return undefined
  return `its neutralised twin was not allowed: ${got.verdict} ${got.code} ${got.detail}`.trim()
}

/** One call per DNS answer, each by a fresh client; the last one counts. */
async function runScene(loopback: Listener, scene: Scene): Promise<Verdict> {
  const restore = setEnvironment(scene.world.env ?? {})
  try {
    let last: Verdict | undefined
    for (const answer of scene.world.dns ?? [[]]) last = await callOnce(loopback, scene, answer)
    return last as Verdict
  } finally {
    restore()
  }
}

async function callOnce(loopback: Listener, scene: Scene, addresses: readonly string[]): Promise<Verdict> {
  const { request, world } = scene
  await loopback.start(URL.parse(request.url)?.hostname, world.responses ?? [])
  const made = async (verdict: Verdict['verdict'], code: string, detail = ''): Promise<Verdict> => {
    const { bytes, hosts, bodies } = await loopback.read()
    return { verdict, code, detail, bytes, hosts: [...hosts], bodies: [...bodies] }
  }
  try {
    const network = testNetwork({
      ca: loopback.ca,
      resolve: () => addresses,
      dial: () => ({ host: '127.0.0.1', port: loopback.port, ...(world.peer !== undefined && { peer: world.peer }) }),
    })
    await using client = createClient({
      providers: createProviders(request),
      policy: createCasePolicy('case-policy', scene.policy),
      onWarning: () => {},
      retries: 0,
      timeout: { totalMs: 8_000 },
      network,
      ...clientSettings(request),
    })
    const { labels, dataClass } = request
    const policy = createRequestPolicy(scene)
    const shared = {
      ...(policy && { policy }),
      ...(labels && { labels }),
      ...(dataClass !== undefined && { dataClass }),
    }
    const model = modelOf(request)
    let receipt: Receipt | undefined
    if (model === undefined) {
      receipt = (await client.provider('probe')['probe']?.(undefined, shared))?.policy
    } else {
      const targets = [`probe/${model}`, ...(request.fallback ?? []).map(nameOfTarget)]
      const answer = await client.generateText({
        model: targets.length > 1 ? client.fallback(targets) : (targets[0] as string),
        messages: [{ role: 'user', content: createContent(request) }],
        ...shared,
      })
      receipt = answer.policy
    }
    // Of what was only observed, the code of the refusal that would have been.
    return await made('allow', receipt?.code ?? 'none')
  } catch (error) {
    // Bytes on their way when the call failed still count.
    await new Promise((resolve) => setTimeout(resolve, 2))
    if (PolicyDeniedError.isInstance(error)) return await made('deny', error.code)
    return await made('error', (error as { code?: string }).code ?? 'none', (error as Error).message)
  }
}

function createProviders(request: CaseRequest): Provider[] {
  const further = (request.fallback ?? []).map(({ provider, url }, index) =>
    createProbe(nameOfProvider(provider, index), { provider, url }),
  )
  const isBare = request.provider === undefined && modelOf(request) !== undefined
  return [createProbe('probe', isBare ? { ...request, provider: 'gigachat' } : request), ...further]
}

/** A second account of one vendor needs a name of its own. */
function nameOfProvider(provider: string, index: number): string {
  return index === 0 ? provider : `${provider}-${index + 1}`
}

function nameOfTarget({ provider, model }: NonNullable<CaseRequest['fallback']>[number], index: number): string {
  return `${nameOfProvider(provider, index)}/${model}`
}

function createContent({ text = 'Привет', attachments = [] }: CaseRequest) {
  return [{ type: 'text' as const, text }, ...attachments.map(createAttachment)]
}

function createAttachment({ type, url, data = 'iVBORw0KGgo=' }: CaseAttachment) {
  const source = url === undefined ? Uint8Array.from(Buffer.from(data, 'base64')) : new URL(url)
  if (type.startsWith('image')) return { type: 'image' as const, image: source, mediaType: 'image/png' }
  return { type: 'file' as const, data: source, mediaType: 'application/pdf', filename: 'attached.pdf' }
}

/** Content goes to a model: where a case has some and names none, to a domestic one. */
function modelOf({ model, provider, text, attachments }: CaseRequest): string | undefined {
  if (model !== undefined || (text === undefined && attachments === undefined)) return model
  return domesticModels[kindOf(provider ?? 'gigachat')] ?? 'any'
}

/** What a case asks of the client itself, under the names it uses; absent ones stay absent. */
function clientSettings({ connect, proxy, options }: CaseRequest): Readonly<Record<string, unknown>> {
  return { ...(connect !== undefined && { connect }), ...(proxy !== undefined && { proxy }), ...options }
}

function rulesOf({ rule: one, rules = [] }: CaseRequest): readonly CaseRule[] {
  return one === undefined ? rules : [one, ...rules]
}

function createRequestPolicy({ request, narrower }: Scene): Policy | undefined {
  const rules = rulesOf(request)
  const document: PolicyDocument = { name: 'case-rules', rules: rules.map(createRule) }
  const parts = [
    ...(narrower ? [createCasePolicy('request-policy', narrower)] : []),
    ...(rules.length > 0 ? [definePolicy(document)] : []),
  ]
  return parts.length > 0 ? all(...parts) : undefined
}

function createRule(given: CaseRule, index: number): Rule {
  const told: Exclude<CaseRule, string> = typeof given === 'string' ? { returns: given } : given
  const answer = ('returns' in told ? told.returns : told.effect) as RuleEffect
  const evaluate = (): RuleEffect | Promise<RuleEffect> => {
    const until = performance.now() + (told.blocksMs ?? 0)
    while (performance.now() < until) Math.sqrt(until)
    if (told.delayMs !== undefined) return new Promise((resolve) => setTimeout(resolve, told.delayMs, answer))
    if (told.throws) throw new Error('the rule throws')
    if (told.rejects) return Promise.reject(new Error('the rule rejects'))
    if (told.hangs) return new Promise<RuleEffect>(() => {})
    return told.async ? Promise.resolve(answer) : answer
  }
  const limit = typeof given === 'string' ? undefined : given.timeLimitMs
  return rule({ name: `rule-${index + 1}`, version: '1', evaluate, ...(limit !== undefined && { timeLimitMs: limit }) })
}

/** Switches of the process that the policy reads: those of this machine do not belong to a case. */
const switches = [
  'NODE_TLS_REJECT_UNAUTHORIZED', 'NODE_USE_ENV_PROXY', 'HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy',
  'ALL_PROXY', 'all_proxy', 'NO_PROXY', 'no_proxy',
] // oxfmt-ignore

function setEnvironment(env: Readonly<Record<string, string>>): () => void {
  const names = new Set([...switches, ...Object.keys(env)])
  const before = [...names].map((name) => [name, process.env[name]] as const)
  for (const name of names) delete process.env[name]
  Object.assign(process.env, env)
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}
