import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '@shlyuz/core'
import { parseGigachatV2Options, readV2Options } from './gigachat-v2-options.ts'

const where = 'providerOptions.gigachat.v2'

describe('the options of version 2', () => {
  it('are given back as a frozen copy', () => {
    const given = {
      builtInTools: { web_search: { type: 'safe_search', indexes: ['news'], flags: ['fast'] }, code_interpreter: true },
      forcedTool: 'web_search',
      toolResultRole: 'tool',
      disableFilter: true,
      filterConfig: { requestContent: { neuro: true }, responseContent: { blacklist: false } },
      rankerOptions: { enabled: true, topN: 2, embeddingsModel: 'Embeddings' },
      timezone: 'Europe/Moscow',
      reasoningMaxTokens: 100,
      unnormalizedHistory: false,
      preset: 'default',
    }
    const parsed = parseGigachatV2Options({ ...given, preset: 'default' }, where)
    expect(parsed).toEqual(given)
    expect(parsed.builtInTools).not.toBe(given.builtInTools)
    expect(Object.isFrozen(parsed)).toBe(true)
  })

  it('are none when there are none', () => {
    expect(parseGigachatV2Options(undefined, where)).toEqual({})
    expect(parseGigachatV2Options({ timezone: undefined }, where)).toEqual({})
    expect(readV2Options({})).toEqual({})
  })

  it.each<[unknown, string]>([
    ['web_search', 'v2 must be an object'],
    [{ webSearch: true }, "unknown option 'webSearch'"],
    [{ profanityCheck: true }, 'use providerOptions.gigachat.profanityCheck'],
    [{ builtInTools: ['web_search'] }, 'builtInTools must be an object'],
    [{ builtInTools: { webSearch: true } }, 'use web_search'],
    [{ builtInTools: { image_generate: {} } }, 'builtInTools.image_generate must be true'],
    [{ builtInTools: { web_search: false } }, 'builtInTools.web_search must be true or an object'],
    [{ builtInTools: { web_search: { type: 'other' } } }, 'web_search.type must be one of'],
    [{ builtInTools: { web_search: { indexes: [''] } } }, 'web_search.indexes must be a list'],
    [{ forcedTool: 'web_search' }, 'forcedTool must be one of builtInTools'],
    [{ toolResultRole: 'user' }, "toolResultRole must be 'function' or 'tool'"],
    [{ disableFilter: 'да' }, 'disableFilter must be true or false'],
    [{ filterConfig: true }, 'filterConfig must be an object'],
    [{ filterConfig: { requestContent: { neuro: 1 } } }, 'requestContent.neuro must be true or false'],
    [{ filterConfig: { responseContent: { neuro: true } } }, "unknown option 'neuro'"],
    [{ rankerOptions: { topN: 0 } }, 'rankerOptions.topN must be an integer above 0'],
    [{ rankerOptions: { embeddingsModel: '' } }, 'embeddingsModel must be a non-empty string'],
    [{ timezone: 'Москва' }, 'timezone must be an IANA name'],
    [{ reasoningMaxTokens: 0.5 }, 'reasoningMaxTokens must be an integer above 0'],
    [{ preset: 1 }, 'preset must be a non-empty string'],
  ])('are refused as %j', (options, message) => {
    const parse = (): unknown => parseGigachatV2Options(options, where)
    expect(parse).toThrow(ConfigurationError)
    expect(parse).toThrow(message)
    try {
      parse()
    } catch (error) {
      expect((error as ConfigurationError).hint).toMatch(/[а-я]/i)
    }
  })
})
