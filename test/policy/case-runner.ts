import {
  createClient,
  definePolicy,
  PolicyDeniedError,
  rule,
  type Policy,
  type PolicyDocument,
  type Provider,
  type Rule,
  type RuleEffect,
} from '@shlyuz/core'
import { testNetwork } from '@shlyuz/core/testing'
import {
  createCasePolicy,
  resolvePolicy,
  type CaseFile,
  type CasePolicy,
  type CaseRequest,
  type CaseRule,
  type PolicyCase,
} from './case-file.ts'
import { Loopback } from './loopback.ts'
import { neutralise } from './neutralise.ts'
import { createProbe } from './probe-provider.ts'

export type CaseOutcome =
  | { readonly id: string; readonly result: 'passed' }
  | { readonly id: string; readonly result: 'failed' | 'skipped'; readonly reason: string }

/** A case with its policy resolved: what is really run, and what a neutralised twin is made from. */
export interface Scene {
  readonly policy: CasePolicy
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
}

const requestKeys = [
  'url', 'method', 'headers', 'provider', 'model', 'fallback', 'attachments', 'labels', 'text', 'rule', 'rules', 'connect',
  'proxy', 'options',
] // oxfmt-ignore
const worldKeys = ['dns', 'peer', 'env', 'responses']

/** Runs the cases of a file one after the other: the environment is the process's own. */
export async function runCases(file: CaseFile, onOutcome?: (outcome: CaseOutcome) => void): Promise<CaseOutcome[]> {
  const loopback = await Loopback.open()
  const outcomes: CaseOutcome[] = []
  try {
    for (const one of file.cases) {
      const outcome = await runCase(loopback, file, one)
      outcomes.push(outcome)
      onOutcome?.(outcome)
    }
  } finally {
    await loopback.close()
  }
  return outcomes
}

async function runCase(loopback: Loopback, file: CaseFile, one: PolicyCase): Promise<CaseOutcome> {
  const { id } = one
  try {
    const policy = resolvePolicy(file.policies, one.policy)
    const unsupported = findUnsupported(policy, one)
    if (unsupported !== undefined) return { id, result: 'skipped', reason: unsupported }
    const scene: Scene = { policy, request: one.request, world: one.world ?? {} }
    const got = await runScene(loopback, scene)
    const fault = findFault(one, got) ?? (one.expect === 'deny' ? await findTwinFault(loopback, scene, got) : undefined)
    return fault === undefined ? { id, result: 'passed' } : { id, result: 'failed', reason: fault }
  } catch (error) {
    return { id, result: 'failed', reason: `the runner failed: ${String(error)}` }
  }
}

function findUnsupported(policy: CasePolicy, { request, world = {} }: PolicyCase): string | undefined {
  if (policy['mode'] !== undefined) return 'observe mode belongs to a later issue'
  if (policy['data'] !== undefined) return 'rules on personal data belong to a later issue'
  if ('reusedConnection' in request)
    return 'reused connections are not staged by this runner: pools belong to one client'
  const key = [
    ...Object.keys(request).filter((name) => !requestKeys.includes(name)),
    ...Object.keys(world).filter((name) => !worldKeys.includes(name)),
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

/**
 * A refusal proves something only if the same call without its fault is allowed. Faults are taken out by code, and
 * again if another one shows up behind the first.
 */
async function findTwinFault(loopback: Loopback, scene: Scene, denied: Verdict): Promise<string | undefined> {
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
async function runScene(loopback: Loopback, scene: Scene): Promise<Verdict> {
  const restore = setEnvironment(scene.world.env ?? {})
  try {
    let last: Verdict | undefined
    for (const answer of scene.world.dns ?? [[]]) last = await callOnce(loopback, scene, answer)
    return last as Verdict
  } finally {
    restore()
  }
}

async function callOnce(loopback: Loopback, scene: Scene, addresses: readonly string[]): Promise<Verdict> {
  const { request, world } = scene
  await loopback.start(URL.parse(request.url)?.hostname, world.responses ?? [])
  const made = (verdict: Verdict['verdict'], code: string, detail = ''): Verdict => {
    const { bytes, hosts } = loopback.arrivals
    return { verdict, code, detail, bytes, hosts: [...hosts] }
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
      retries: 0,
      timeout: { totalMs: 8_000 },
      network,
      ...clientSettings(request),
    })
    const policy = createRulePolicy(request)
    const shared = { ...(policy && { policy }), ...(request.labels && { labels: request.labels }) }
    if (request.model === undefined) {
      await client.provider('probe')['probe']?.(undefined, shared)
    } else {
      const targets = [`probe/${request.model}`, ...(request.fallback ?? []).map(nameOfTarget)]
      await client.generateText({
        model: targets.length > 1 ? client.fallback(targets) : (targets[0] as string),
        messages: [{ role: 'user', content: createContent(request) }],
        ...shared,
      })
    }
    return made('allow', 'ok')
  } catch (error) {
    // Bytes on their way when the call failed still count.
    await new Promise((resolve) => setTimeout(resolve, 2))
    if (PolicyDeniedError.isInstance(error)) return made('deny', error.code)
    return made('error', (error as { code?: string }).code ?? 'none', (error as Error).message)
  }
}

function createProviders(request: CaseRequest): Provider[] {
  const further = (request.fallback ?? []).map(({ provider, url }, index) =>
    createProbe(nameOfProvider(provider, index), { provider, url }),
  )
  return [createProbe('probe', request), ...further]
}

/** A second account of one vendor needs a name of its own. */
function nameOfProvider(provider: string, index: number): string {
  return index === 0 ? provider : `${provider}-${index + 1}`
}

function nameOfTarget({ provider, model }: NonNullable<CaseRequest['fallback']>[number], index: number): string {
  return `${nameOfProvider(provider, index)}/${model}`
}

function createContent({ text = 'Привет', attachments = [] }: CaseRequest) {
  const images = attachments.map(({ url }) => ({ type: 'image' as const, image: new URL(url) }))
  return [{ type: 'text' as const, text }, ...images]
}

/** What a case asks of the client itself, under the names it uses; absent ones stay absent. */
function clientSettings({ connect, proxy, options }: CaseRequest): Readonly<Record<string, unknown>> {
  return { ...(connect !== undefined && { connect }), ...(proxy !== undefined && { proxy }), ...options }
}

function createRulePolicy(request: CaseRequest): Policy | undefined {
  const given = [...(request.rule === undefined ? [] : [request.rule]), ...(request.rules ?? [])]
  if (given.length === 0) return undefined
  const document: PolicyDocument = { name: 'case-rules', rules: given.map(createRule) }
  return definePolicy(document)
}

function createRule(given: CaseRule, index: number): Rule {
  const told = typeof given === 'string' ? { returns: given } : given
  const evaluate = (): RuleEffect | Promise<RuleEffect> => {
    if (told.throws) throw new Error('the rule throws')
    if (told.rejects) return Promise.reject(new Error('the rule rejects'))
    if (told.hangs) return new Promise<RuleEffect>(() => {})
    return told.async ? Promise.resolve(told.returns as RuleEffect) : (told.returns as RuleEffect)
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
