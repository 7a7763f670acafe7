import { ShlyuzError } from '../errors/shlyuz-error.ts'
import type { Guard } from '../policy/guard.ts'
import type { ReasonCode } from '../policy/reason-codes.ts'
import type { ListedModel, OperationKind, Provider } from '../provider.ts'
import type { ModelInfo } from '../vocabulary/listed-models.ts'
import type { ModelCard, ModelRef } from '../vocabulary/models.ts'
import { createIntent, originsOf } from './create-intent.ts'
import { findCard } from './create-text-call.ts'
import { refuseVerb, runCall, type CallFrame } from './run-call.ts'
import { runOperation } from './run-operation.ts'
import { runSideBySide } from './run-side-by-side.ts'

const concurrency = 4

/**
 * The models of some providers: what the services list now, joined with what we know. One list that does not come is
 * an error, not a shorter answer.
 */
export async function listModels(frame: CallFrame, providers: readonly Provider[]): Promise<readonly ModelInfo[]> {
  const able = providers.filter((provider) => provider.listModels)
  if (able.length === 0) refuseVerb(providers[0] as Provider, 'listModels')
  const lists = await runSideBySide(frame.scope, able, concurrency, (provider, scope) =>
    listOne({ ...frame, scope }, provider),
  )
  return Object.freeze(lists.flat())
}

function listOne(frame: CallFrame, provider: Provider): Promise<readonly ModelInfo[]> {
  return runCall(frame, { provider, operation: 'models' }, async ({ context }) => {
    const list = provider.listModels?.() ?? refuseVerb(provider, 'listModels')
    const live = await runOperation(context, list, undefined)
    const listed = new Map(live.map((model) => [model.id.toLowerCase(), model]))
    const covered = new Set(live.map(({ catalogueId }) => catalogueId.toLowerCase()))
    const absent = provider.models.filter((card) => !covered.has(card.id.toLowerCase()))
    const all = [...[...listed.values()].map(fromList), ...absent.map(fromCard)]
    const infos: ModelInfo[] = []
    for (const one of all) infos.push(await describe(frame, provider, one))
    return infos
  })
}

/** A model before it is judged. */
type Draft = Pick<ListedModel, 'id' | 'catalogueId' | 'kind' | 'ownedBy'> & { readonly live: boolean }

function fromList({ id, catalogueId, kind, ownedBy }: ListedModel): Draft {
  return { id, catalogueId, live: true, ...(kind && { kind }), ...(ownedBy !== undefined && { ownedBy }) }
}

function fromCard({ id, kind }: ModelCard): Draft {
  return { id, catalogueId: id, kind, live: false }
}

async function describe(frame: CallFrame, provider: Provider, draft: Draft): Promise<ModelInfo> {
  const { guard, labels, scope } = frame
  const parsed = tryParse(provider, draft.id)
  const ref: ModelRef = parsed ?? { id: draft.id, catalogueId: draft.catalogueId }
  const card = findCard(provider, ref)
  const kind = card?.kind ?? draft.kind ?? 'other'
  const identity = guard.identify(provider.kind, ref, originsOf(provider))
  let code: ReasonCode = 'model.unparseable'
  if (parsed) {
    const intent = createIntent(provider, { operation: operationOf[kind], model: identity, labels })
    const decision = await scope.race(Promise.resolve(guard.judgeIntent(intent)))
    code = decision.verdict === 'allow' ? judgeAddress(guard, provider, identity) : decision.code
  }
  return Object.freeze({
    model: `${provider.name}/${draft.id}`,
    provider: provider.name,
    id: draft.id,
    kind,
    live: draft.live,
    ...(card && { card }),
    identity,
    ...(draft.ownedBy !== undefined && { ownedBy: draft.ownedBy }),
    allowed: code === 'ok',
    code,
  })
}

/** What a model of each kind would be asked for. */
const operationOf: Readonly<Record<ModelCard['kind'], OperationKind>> = {
  chat: 'chat',
  embedding: 'embed',
  image: 'image',
  classifier: 'classify',
  other: 'chat',
}

/** A service may list what its adapter cannot name: such a model is shown, and cannot be asked. */
function tryParse(provider: Provider, id: string): ModelRef | undefined {
  try {
    return provider.parseModel(id)
  } catch (error) {
    if (ShlyuzError.isInstance(error)) return undefined
    throw error
  }
}

/** A model may be declared for one origin alone: at least one address of the provider must fit it. */
function judgeAddress(guard: Guard, provider: Provider, model: ReturnType<Guard['identify']>): ReasonCode {
  const codes = Object.values(provider.endpoints)
    .filter(({ credentialOnly }) => !credentialOnly)
    .map(
      ({ url }) => guard.judgeUrl(url, { credentialOnly: false, method: 'POST', hasBody: true, model }).decision.code,
    )
  return codes.includes('ok') ? 'ok' : (codes[0] ?? 'ok')
}
