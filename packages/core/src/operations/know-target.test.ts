import { expect, test, vi } from 'vitest'
import { createGuard } from '../policy/guard.ts'
import { domesticOnly } from '../policy/presets/domestic-only.ts'
import type { Provider } from '../provider.ts'
import type { ModelRef } from '../vocabulary/models.ts'
import { createTarget, findTarget } from './find-target.ts'
import { knowTarget } from './know-target.ts'

function createProvider() {
  return {
    name: 'first',
    kind: 'gigachat',
    endpoints: {},
    models: [],
    providerLogging: 'off',
    parseModel: vi.fn<(id: string) => ModelRef>((id) => ({ id, catalogueId: id })),
    parseOptions: vi.fn<(own: unknown) => unknown>((own) => own ?? { own: false }),
  } as unknown as Provider & Record<'parseModel' | 'parseOptions', ReturnType<typeof vi.fn>>
}

const noPrices = new Map()

test('the model of a target and options that nobody gave are parsed once', () => {
  const provider = createProvider()
  const target = createTarget(provider, 'GigaChat-2-Max')
  const guard = createGuard([domesticOnly()])
  const known = knowTarget(target, guard, noPrices, 0)
  expect(knowTarget(target, guard, noPrices, 0)).toBe(known)
  expect(known.identity).toMatchObject({ id: 'GigaChat-2-Max', developer: 'ru' })
  expect(known.parseOptions(undefined)).toBe(known.parseOptions(undefined))
  expect(known.parseOptions({ own: true })).toEqual({ own: true })
  expect(provider.parseModel).toHaveBeenCalledTimes(1)
  expect(provider.parseOptions).toHaveBeenCalledTimes(2)
})

test('another policy says for itself who made the model', () => {
  const target = createTarget(createProvider(), 'own-model')
  const own = { id: 'own-model', developer: 'ru', weights: 'own', source: 'our records', asOf: '2026-11-28' } as const
  const origin = 'https://llm.corp.example'
  const declaring = createGuard([domesticOnly({ also: [{ origin, addresses: ['10.0.0.0/8'], models: [own] }] })])
  const plain = createGuard([domesticOnly()])
  expect(knowTarget(target, plain, noPrices, 0).identity.developer).toBe('unknown')
  expect(knowTarget(target, declaring, noPrices, 0).guard).toBe(declaring)
  expect(knowTarget(target, plain, noPrices, 0).identity.developer).toBe('unknown')
})

test('a model that cannot be parsed is refused each time', () => {
  const provider = createProvider()
  provider.parseModel.mockImplementation(() => {
    throw new Error('no model')
  })
  const target = createTarget(provider, '%')
  const guard = createGuard([domesticOnly()])
  const know = (): unknown => knowTarget(target, guard, noPrices, 0)
  expect(know).toThrow(expect.objectContaining({ code: 'model.unparseable' }))
  expect(know).toThrow(expect.objectContaining({ code: 'model.unparseable' }))
  expect(provider.parseModel).toHaveBeenCalledTimes(2)
})

test('a name is found once for each client', () => {
  const providers = new Map<string, Provider>([['first', createProvider()]])
  const target = findTarget(providers, 'first/GigaChat-2')
  expect(findTarget(providers, 'first/GigaChat-2')).toBe(target)
  expect(findTarget(new Map(providers), 'first/GigaChat-2')).not.toBe(target)
  // More names than are kept: each is found all the same.
  for (let index = 0; index < 300; index++) expect(findTarget(providers, `first/m${index}`).modelId).toBe(`m${index}`)
})
