import { inspect } from 'node:util'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { ConfigurationError } from '@shlyuz/core'
import { openaiCompatible } from './openai-compatible-provider.ts'
import type { OpenAiCompatibleSettings } from './openai-compatible-settings.ts'

const baseUrl = 'https://llm.corp.example:8443/v1'

it('has what was said of it and nothing else', () => {
  const provider = openaiCompatible({ name: 'vllm', baseUrl })
  expect(provider).toMatchObject({
    kind: 'openai-compatible',
    name: 'vllm',
    endpoints: { api: { url: baseUrl } },
    models: [],
    credentials: [],
    providerLogging: 'not stated',
  })
  expect(Object.keys(provider.endpoints)).toEqual(['api'])
  expect(provider).not.toHaveProperty('countTokens')
  expect(provider).not.toHaveProperty('image')
  expect(provider).not.toHaveProperty('deferred')
})

it('carries its name, kind and model ids in its type', () => {
  const provider = openaiCompatible({
    name: 'vllm',
    kind: 'our-stand',
    baseUrl,
    models: [{ id: 'our-model', kind: 'chat' }],
  })
  expectTypeOf(provider.name).toEqualTypeOf<'vllm'>()
  expectTypeOf(provider.kind).toEqualTypeOf<'our-stand'>()
  expectTypeOf(provider.models[0]!.id).toEqualTypeOf<'our-model'>()
  expectTypeOf(openaiCompatible({ name: 'vllm', baseUrl }).kind).toEqualTypeOf<'openai-compatible'>()
  expect(provider.kind).toBe('our-stand')
})

it('gives its address the trust and the certificate it was told', () => {
  const clientCertificate = { cert: { file: 'client.pem' }, key: { file: 'client.key' } } as const
  expect(openaiCompatible({ name: 'vllm', baseUrl, clientCertificate }).endpoints).toEqual({
    api: { url: baseUrl, clientCertificate },
  })
})

it('tells core how many texts a request for embeddings takes', () => {
  const models = [
    { id: 'our-embeddings', kind: 'embedding' },
    { id: 'small', kind: 'embedding', embedding: { valuesPerRequest: 4 } },
    { id: 'our-model', kind: 'chat' },
  ] as const
  expect(openaiCompatible({ name: 'vllm', baseUrl, models, embeddingsPerRequest: 32 }).models).toEqual([
    { id: 'our-embeddings', kind: 'embedding', embedding: { valuesPerRequest: 32 } },
    { id: 'small', kind: 'embedding', embedding: { valuesPerRequest: 4 } },
    { id: 'our-model', kind: 'chat' },
  ])
})

describe('the key', () => {
  function authorize(apiKey: string): unknown {
    const [credential] = openaiCompatible({ name: 'vllm', baseUrl, apiKey: 'x' }).credentials
    const step = credential!.authorize({ key: apiKey }).next()
    return step.done && step.value
  }

  it('goes along as a bearer', () => {
    expect(authorize('secret-key')).toEqual({ headers: { authorization: 'Bearer secret-key' } })
  })

  it.each(['', 'two words', 'line\n', 'ключ', 'Bearer secret-key'])('is refused when it is %j', (key) => {
    expect(() => authorize(key)).toThrow(expect.objectContaining({ code: 'config.credentials_malformed' }))
  })

  it('comes from where it was said to', () => {
    const ask = () => 'x'
    const sourceOf = (apiKey: OpenAiCompatibleSettings['apiKey'] & {}): unknown =>
      openaiCompatible({ name: 'vllm', baseUrl, apiKey }).credentials[0]?.secrets['key']
    expect(sourceOf({ env: 'VLLM_API_KEY' })).toEqual({ env: 'VLLM_API_KEY' })
    expect(sourceOf({ file: 'key.txt' })).toEqual({ file: 'key.txt' })
    expect(sourceOf(ask)).toEqual({ ask })
  })

  it('is not printed', () => {
    const provider = openaiCompatible({ name: 'vllm', baseUrl, apiKey: 'top-secret' })
    expect(inspect(provider, { depth: 20, showHidden: true })).not.toContain('top-secret')
    expect(JSON.stringify(provider)).not.toContain('top-secret')
  })

  it('may be another way to authorise', () => {
    const own = {
      name: 'own',
      explicit: true,
      secrets: {},
      authorize: () => {
        throw new Error('not asked')
      },
    } as const
    expect(openaiCompatible({ name: 'vllm', baseUrl, credentials: [own] }).credentials).toEqual([own])
  })
})

describe('a model id', () => {
  const { parseModel } = openaiCompatible({ name: 'vllm', baseUrl })

  it.each(['our-model', 'ai/Our-Model_7B.v2', 'hf.co/a/b:Q4_K_M', 'llama3:8b', 'a@b', 'a+b'])('%s is taken', (id) => {
    expect(parseModel(id)).toEqual({ id, catalogueId: id })
  })

  it.each([
    '',
    ' ',
    'a b',
    '/models/x',
    'a//b',
    'a/',
    '../x',
    'a/../b',
    '.',
    'a%2Fb',
    'модель',
    'a\n',
    'x'.repeat(201),
  ])('%j is refused', (id) => {
    expect(() => parseModel(id)).toThrow(ConfigurationError)
  })
})

describe('providerOptions', () => {
  const { parseOptions } = openaiCompatible({ name: 'vllm', baseUrl, kind: 'our-stand' })

  it('are further fields and headers', () => {
    const options = {
      extraBody: { top_k: 5, chat_template_kwargs: { enable_thinking: false } },
      extraHeaders: { 'x-a': 'b' },
    }
    expect(parseOptions(options)).toEqual(options)
    expect(parseOptions(undefined)).toEqual({})
  })

  it.each<[string, unknown, RegExp, RegExp]>([
    ['no object', 'x', /providerOptions\.our-stand must be an object/, /our-stand/],
    ['an unknown option', { topK: 1 }, /use extraBody\.top_k/, /top_k/],
    [
      'a field with a word',
      { extraBody: { max_tokens: 1 } },
      /may not set 'max_tokens'; use maxOutputTokens/,
      /max_tokens/,
    ],
    ['several choices', { extraBody: { n: 2 } }, /may not set 'n'/, /'n'/],
    ['no JSON', { extraBody: { a: () => 1 } }, /plain JSON/, /циклов/],
    ['a secret header', { extraHeaders: { Authorization: 'x' } }, /may not set 'Authorization'/, /apiKey/],
    ['a header with a line break', { extraHeaders: { 'x-a': 'b\r\nc: d' } }, /printable ASCII/, /ASCII/],
  ])('refuse %s', (_what, options, message, hint) => {
    expect(() => parseOptions(options)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(message) as string,
        hint: expect.stringMatching(hint) as string,
      }),
    )
  })
})

describe('refuses at construction', () => {
  it.each<[string, unknown, RegExp, RegExp]>([
    ['no settings', undefined, /takes an object/, /baseUrl/],
    ['no name', { baseUrl }, /name is required/, /vllm/],
    ['a malformed name', { name: 'a/b', baseUrl }, /name is required/, /латинские/],
    ['no address', { name: 'vllm' }, /baseUrl is required/, /https/],
    ['a relative address', { name: 'vllm', baseUrl: '/v1' }, /baseUrl is required/, /https/],
    ['an address with a query', { name: 'vllm', baseUrl: `${baseUrl}?a=b` }, /without a query/, /https/],
    ['a neighbouring word', { name: 'vllm', baseURL: baseUrl }, /use baseUrl/, /baseUrl/],
    ['an unknown setting', { name: 'vllm', baseUrl, colour: 1 }, /unknown option 'colour'/, /Уберите/],
    ['verification switched off', { name: 'vllm', baseUrl, rejectUnauthorized: false }, /always verified/, /ca/],
    ['the kind of another adapter', { name: 'vllm', baseUrl, kind: 'yandexgpt' }, /adapter of its own/, /политике/],
    ['a malformed kind', { name: 'vllm', baseUrl, kind: 'Our Stand' }, /kebab-case/, /our-stand/],
    ['an empty key', { name: 'vllm', baseUrl, apiKey: '' }, /apiKey must be/, /функция/],
    ['two ways to authorise', { name: 'vllm', baseUrl, apiKey: 'x', credentials: [] }, /at once/, /одно/],
    ['credentials that are none', { name: 'vllm', baseUrl, credentials: [{}] }, /list of credentials/, /authorize/],
    ['models that are no cards', { name: 'vllm', baseUrl, models: ['x'] }, /list of \{ id, kind/, /abilities/],
    [
      'a card with a malformed id',
      { name: 'vllm', baseUrl, models: [{ id: 'a b', kind: 'chat' }] },
      /list of/,
      /models/,
    ],
    ['aliases that are no models', { name: 'vllm', baseUrl, modelAliases: { a: 1 } }, /modelAliases/, /ссылки/],
    ['a path for an authority', { name: 'vllm', baseUrl, ca: '/etc/ca.pem' }, /ca holds no PEM/, /readFileSync/],
    [
      'a secret among headers',
      { name: 'vllm', baseUrl, headers: { authorization: 'x' } },
      /headers may not set/,
      /apiKey/,
    ],
    ['a wrong word', { name: 'vllm', baseUrl, tokenParameter: 'tokens' }, /tokenParameter must be/, /max_tokens/],
    [
      'a flag that is none',
      { name: 'vllm', baseUrl, includeUsage: 'yes' },
      /includeUsage must be true or false/,
      /true/,
    ],
    ['a batch of nothing', { name: 'vllm', baseUrl, embeddingsPerRequest: 0 }, /from 1 to 2048/, /целое/],
  ])('%s', (_what, settings, message, hint) => {
    expect(() => openaiCompatible(settings as OpenAiCompatibleSettings)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(message) as string,
        hint: expect.stringMatching(hint) as string,
      }),
    )
  })
})
