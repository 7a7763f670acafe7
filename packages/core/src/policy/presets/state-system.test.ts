import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { Abilities } from '../obligations.ts'
import { createGuard } from '../guard.ts'
import type { ContentFacts, Intent } from '../intent.ts'
import { masker } from '../masker.ts'
import { stateSystem, type StateSystemOptions } from './state-system.ts'

const origin = 'https://llm.gov.example'
const model = {
  id: 'ours',
  developer: 'ru',
  weights: 'own',
  source: 'act of acceptance 1',
  asOf: '2026-11-28',
} as const
const options: StateSystemOptions = {
  origins: [{ origin, addresses: ['10.20.0.0/16'], models: [model] }],
  masker: masker({ name: 'own', version: '1', find: () => [], open: () => ({}) as never }),
}

async function codeOf(
  given: StateSystemOptions,
  id: string,
  content: Partial<ContentFacts> = {},
  audit: Abilities['audit'] = 'strict',
  labels: Intent['labels'] = {},
): Promise<string> {
  const guard = createGuard([stateSystem(given)], { audit })
  const facts = {
    messages: 1,
    characters: 1,
    images: 0,
    files: 0,
    remoteUrls: 0,
    remoteTools: [],
    personal: {},
    ...content,
  }
  const identity = guard.identify('any', { id, catalogueId: id }, [origin])
  const { code } = await guard.judgeIntent({
    operation: 'chat',
    provider: 'any',
    model: identity,
    origins: [origin],
    stream: false,
    content: facts,
    providerLogging: 'off',
    labels,
    dataClasses: [],
  })
  return code
}

describe('stateSystem', () => {
  test('lets a declared model be asked, behind a mask and with a strict audit log', async () => {
    expect(await codeOf(options, 'ours')).toBe('ok')
    expect(await codeOf(options, 'ours', {}, 'lenient')).toBe('policy.obligation_unmet')
    expect(await codeOf(options, 'ours', {}, 'none')).toBe('policy.obligation_unmet')
    expect(await codeOf(options, 'ours', { images: 1 })).toBe('policy.obligation_unmet')
  })

  test('refuses what has no record, was made elsewhere, or is labelled special', async () => {
    expect(await codeOf(options, 'other')).toBe('model.unknown')
    const foreign = { provider: 'any', ...model, id: 'other', developer: 'foreign' } as const
    expect(await codeOf({ ...options, catalogue: [foreign] }, 'other')).toBe('model.foreign')
    expect(await codeOf({ ...options, catalogue: [foreign], developer: ['foreign'] }, 'other')).toBe('ok')
    expect(await codeOf(options, 'ours', {}, 'strict', { category: 'health' })).toBe('data.special')
  })

  test('holds its origins to their addresses', () => {
    const guard = createGuard([stateSystem(options)])
    expect(guard.judgeAddresses('llm.gov.example', ['10.20.0.1'], 'target')).toBeUndefined()
    expect(guard.judgeAddresses('llm.gov.example', ['84.201.181.26'], 'target')?.code).toBe('dns.address_class')
  })

  test.each<[string, unknown]>([
    ['no masker', { origins: options.origins }],
    ['a masker that is none', { ...options, masker: { name: 'own' } }],
    ['an origin without addresses', { ...options, origins: [origin] }],
    ['an unknown developer', { ...options, developer: ['unknown'] }],
    ['an unknown option', { ...options, audit: 'none' }],
    ['a record without evidence', { ...options, catalogue: [{ provider: 'any', ...model, source: '' }] }],
  ])('refuses %s', (_what, given) => {
    expect(() => stateSystem(given as StateSystemOptions)).toThrow(ConfigurationError)
  })
})
