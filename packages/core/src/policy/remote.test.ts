import { describe, expect, test } from 'vitest'
import { createDeniedError } from './create-denied-error.ts'
import type { Decision } from './decision.ts'
import { definePolicy, type Policy } from './define-policy.ts'
import { createGuard } from './guard.ts'
import type { Intent } from './intent.ts'
import { domesticOnly } from './presets/domestic-only.ts'

const origin = 'https://llm.api.cloud.yandex.net'

function intentOf(remoteUrls: number, ...remoteTools: string[]): Intent {
  return {
    operation: 'chat',
    provider: 'yandexgpt',
    origins: [origin],
    stream: false,
    content: { messages: 1, characters: 1, images: 0, files: 0, remoteUrls, remoteTools },
    providerLogging: 'off',
    labels: {},
    dataClasses: [],
  }
}

/** Judged without a promise: no rule here is asynchronous. */
function judge(policies: readonly Policy[], intent: Intent): Decision {
  return createGuard(policies).judgeIntent(intent) as Decision
}

const silent = definePolicy({ name: 'p', origins: [origin] })
const search = definePolicy({ name: 'p', origins: [origin], remote: ['web_search'] })
const links = definePolicy({ name: 'p', origins: [origin], remote: ['links'] })

describe('what makes a service fetch or send elsewhere', () => {
  test('is refused by a policy that lists nothing of it', () => {
    for (const intent of [intentOf(1), intentOf(0, 'web_search'), intentOf(0, 'mcp'), intentOf(2, 'web_search')]) {
      expect(judge([silent], intent)).toMatchObject({ verdict: 'deny', code: 'content.remote_url' })
      expect(judge([domesticOnly()], intent)).toMatchObject({ verdict: 'deny', code: 'content.remote_url' })
    }
    expect(judge([silent], intentOf(0)).verdict).toBe('allow')
  })

  test('passes by its own name alone: a tool is no link, and one tool is not another', () => {
    expect(judge([search], intentOf(0, 'web_search')).verdict).toBe('allow')
    expect(judge([search], intentOf(1)).code).toBe('content.remote_url')
    expect(judge([search], intentOf(0, 'web_search', 'mcp')).code).toBe('content.remote_url')
    expect(judge([links], intentOf(3)).verdict).toBe('allow')
    expect(judge([links], intentOf(0, 'web_search')).code).toBe('content.remote_url')
    expect(judge([domesticOnly({ remote: ['web_search'] })], intentOf(0, 'web_search')).verdict).toBe('allow')
  })

  test('of client and request each must let it pass', () => {
    for (const policies of [
      [search, silent],
      [silent, search],
      [search, definePolicy({ name: 'request', remote: [] })],
    ]) {
      expect(judge(policies, intentOf(0, 'web_search')).code).toBe('content.remote_url')
    }
  })

  test('a refusal names the tools, and the line that would permit them', () => {
    const decision = judge([domesticOnly()], intentOf(0, 'web_search', 'mcp'))
    expect(decision.because.find(({ effect }) => effect === 'forbid')?.facts).toEqual({ tools: 'web_search, mcp' })
    expect(createDeniedError(decision).hint).toContain("domesticOnly({ remote: ['web_search', 'mcp'] })")
  })

  test('is a part of the digest', () => {
    expect(createGuard([search]).digest).not.toBe(createGuard([silent]).digest)
  })

  test.each([['links'], [['web search']], [[5]], [['']], [null]])('%j is no list of names', (remote) => {
    expect(() => definePolicy({ name: 'p', origins: [origin], remote: remote as never })).toThrow(/remote/)
  })
})
