import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { Decision } from '../decision.ts'
import { createGuard } from '../guard.ts'
import { onPremisesOnly, type OnPremisesOnlyOptions } from './on-premises-only.ts'

const request = { credentialOnly: false, method: 'POST', hasBody: true }
const origin = 'https://llm.corp.example:8443'
const options = { origins: [origin], cidrs: ['10.20.0.0/16'] }

describe('onPremisesOnly', () => {
  const guard = createGuard([onPremisesOnly(options)])

  test('opens its own servers at their addresses, and nothing else', () => {
    expect(guard.judgeUrl(`${origin}/v1`, request).decision.verdict).toBe('allow')
    expect(guard.judgeUrl('https://api.giga.chat/', request).decision.code).toBe('url.host_not_allowed')
    expect(guard.judgeAddresses('llm.corp.example', ['10.20.0.1'], 'target')).toBeUndefined()
    for (const address of ['84.201.181.26', '127.0.0.1', '10.21.0.1', '::ffff:10.20.0.1'])
      expect(guard.judgeAddresses('llm.corp.example', [address], 'target')?.code).toBe('dns.address_class')
  })

  test('an origin may have addresses of its own', () => {
    const own = createGuard([onPremisesOnly({ origins: [{ origin, addresses: ['10.30.0.0/16'] }] })])
    expect(own.judgeAddresses('llm.corp.example', ['10.30.0.1'], 'target')).toBeUndefined()
    expect(own.judgeAddresses('llm.corp.example', ['10.20.0.1'], 'target')?.code).toBe('dns.address_class')
  })

  test('lets any model run there, and no link leave', () => {
    const model = guard.identify('any', { id: 'llama', catalogueId: 'llama' }, [origin])
    const content = { messages: 1, characters: 1, images: 1, files: 0, remoteUrls: 0, remoteTools: [] }
    const intent = { operation: 'chat', provider: 'any', model, origins: [origin], stream: false, content, labels: {}, dataClasses: [], providerLogging: 'on' } as const // oxfmt-ignore
    expect(guard.judgeIntent(intent)).toMatchObject({ verdict: 'allow' } satisfies Partial<Decision>)
    const linked = { ...intent, content: { ...content, remoteUrls: 1 } }
    expect(guard.judgeIntent(linked)).toMatchObject({ code: 'content.remote_url' })
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['no origins', { origins: [], cidrs: ['10.0.0.0/8'] }],
    ['an origin without addresses', { origins: [origin] }],
    ['an origin with no addresses', { origins: [{ origin, addresses: [] }], cidrs: [] }],
    ['an unknown option', { ...options, also: [] }],
    ['a range that is none', { ...options, cidrs: ['10.20.0.0/99'] }],
    ['an inherited origin', Object.create(options)],
  ])('refuses %s', (_what, given) => {
    expect(() => onPremisesOnly(given as OnPremisesOnlyOptions)).toThrow(ConfigurationError)
  })
})
