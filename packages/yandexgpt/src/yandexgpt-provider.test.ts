import { inspect } from 'node:util'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { ConfigurationError } from '@shlyuz/core'
import { yandexgpt } from './yandexgpt-provider.ts'

const metadataUrl = 'http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token'

it('needs no settings', () => {
  const provider = yandexgpt()
  expect(provider.kind).toBe('yandexgpt')
  expect(provider.name).toBe('yandexgpt')
  expect(provider.providerLogging).toBe('off')
  expect(provider.imageLogging).toBe('cannot be switched off')
  expect(provider.endpoints).toEqual({
    api: { url: 'https://llm.api.cloud.yandex.net' },
    openai: { url: 'https://ai.api.cloud.yandex.net/v1' },
    operations: { url: 'https://operation.api.cloud.yandex.net' },
    search: { url: 'https://searchapi.api.cloud.yandex.net' },
    iam: { url: 'https://iam.api.cloud.yandex.net/iam/v1/tokens' },
  })
})

it('takes addresses as they are spelled', () => {
  const { endpoints } = yandexgpt({ baseUrl: 'https://Stand.example/', iamUrl: 'https://stand.example/iam' })
  expect(endpoints).toMatchObject({ api: { url: 'https://Stand.example/' }, iam: { url: 'https://stand.example/iam' } })
})

it('takes a stand for the whole service, and each address of its own where one is given', () => {
  expect(yandexgpt({ apiKey: 'AQVNkey', baseUrl: 'https://stand.example:8443/' }).endpoints).toEqual({
    api: { url: 'https://stand.example:8443/' },
    openai: { url: 'https://stand.example:8443/v1' },
    operations: { url: 'https://stand.example:8443' },
    search: { url: 'https://stand.example:8443' },
  })
  const openaiUrl = 'https://models.example/api/v1'
  const searchUrl = 'https://search.example'
  const operationsUrl = 'https://jobs.example'
  const settings = { apiKey: 'AQVNkey', baseUrl: 'https://stand.example', openaiUrl, operationsUrl, searchUrl }
  expect(yandexgpt(settings).endpoints).toEqual({
    api: { url: 'https://stand.example' },
    openai: { url: openaiUrl },
    operations: { url: operationsUrl },
    search: { url: searchUrl },
  })
})

it.each(['https://llm.api.cloud.yandex.net', 'https://ai.api.cloud.yandex.net/'])(
  'takes %s for no stand',
  (baseUrl) => {
    const { api: _api, ...others } = yandexgpt({ baseUrl }).endpoints
    const { api: _default, ...defaults } = yandexgpt().endpoints
    expect(others).toEqual(defaults)
  },
)

it('lists IAM and the metadata of the VM only where they can be asked', () => {
  const four = ['api', 'openai', 'operations', 'search']
  expect(Object.keys(yandexgpt({ apiKey: 'AQVNkey' }).endpoints)).toEqual(four)
  expect(Object.keys(yandexgpt({ iamToken: 't1.token' }).endpoints)).toEqual(four)
  expect(Object.keys(yandexgpt({ oauthToken: 'y0_token', metadata: false }).endpoints)).toEqual([...four, 'iam'])
  expect(yandexgpt({ metadata: true }).endpoints).toMatchObject({
    metadata: { url: metadataUrl, credentialOnly: true },
  })
  expect(yandexgpt({ metadata: true }).endpoints).not.toHaveProperty('iam')
})

it('states that prompts are stored when that was asked for', () => {
  expect(yandexgpt({ dataLogging: true }).providerLogging).toBe('on')
  expect(yandexgpt({ dataLogging: false }).providerLogging).toBe('off')
})

it('carries its name and model ids in its type', () => {
  expectTypeOf(yandexgpt({ name: 'yandex-second' }).name).toEqualTypeOf<'yandex-second'>()
  expectTypeOf(yandexgpt().name).toEqualTypeOf<'yandexgpt'>()
  expectTypeOf<'yandexgpt-5.1'>().toExtend<ReturnType<typeof yandexgpt>['models'][number]['id']>()
})

describe('the surface', () => {
  it.each([
    ['yandexgpt-5.1', {}, 'yandexgpt-native'],
    ['yandexgpt-lite@tamr7', {}, 'yandexgpt-native'],
    ['brand-new', {}, 'yandexgpt-native'],
    ['aliceai-llm-flash', {}, 'yandexgpt-openai'],
    ['gpt-oss-120b', {}, 'yandexgpt-openai'],
    ['yandexgpt-5.1', { api: 'openai' }, 'yandexgpt-openai'],
    ['gpt-oss-120b', { api: 'native' }, 'yandexgpt-native'],
    ['text-search-doc', {}, 'yandexgpt-native'],
    ['text-search-doc', { api: 'openai' }, 'yandexgpt-native'],
    ['yandex-art', { api: 'openai' }, 'yandexgpt-native'],
    ['aliceai-image-art-3.0', { api: 'native' }, 'yandexgpt-openai'],
  ] as const)('of %s with %j is %s', (id, settings, surface) => {
    const setting = yandexgpt(settings)
    expect(setting.surfaceOf(setting.parseModel(id), {}).id).toBe(surface)
    const option = yandexgpt({ api: 'auto' })
    expect(option.surfaceOf(option.parseModel(id), option.parseOptions(settings)).id).toBe(surface)
  })

  it('is one of those the provider lists, and its identifiers differ', () => {
    expect(yandexgpt().surfaces.map(({ id }) => id)).toEqual(['yandexgpt-native', 'yandexgpt-openai'])
  })
})

it('does not print its secrets', () => {
  const key = { id: 'a', service_account_id: 'b', private_key: 'top-secret' }
  for (const settings of [{ apiKey: 'top-secret' }, { oauthToken: 'top-secret' }, { serviceAccountKey: key }]) {
    const provider = yandexgpt(settings)
    expect(inspect(provider, { depth: 20, showHidden: true })).not.toContain('top-secret')
    expect(JSON.stringify(provider)).not.toContain('top-secret')
  }
})

describe('refuses at construction', () => {
  it.each<[string, unknown, RegExp, RegExp]>([
    ['no object', 'key', /takes an object/, /yandexgpt\(\{ apiKey/],
    ['an unknown setting', { colour: 1 }, /unknown option 'colour'/, /Уберите/],
    ['folder', { folder: 'b1g' }, /use folderId/, /folderId/],
    ['folder_id', { folder_id: 'b1g' }, /use folderId/, /folderId/],
    ['folderID', { folderID: 'b1g' }, /use folderId/, /folderId/],
    ['token', { token: 'x' }, /use iamToken .*oauthToken .*apiKey/, /iamToken/],
    ['apikey', { apikey: 'x' }, /use apiKey/, /apiKey/],
    ['keyFile', { keyFile: 'x' }, /use serviceAccountKey: \{ file \}/, /serviceAccountKey/],
    ['logging', { logging: true }, /use dataLogging/, /dataLogging/],
    ['verification switched off', { rejectUnauthorized: false }, /always verified/, /ca/],
    ['two credentials', { apiKey: 'x', iamToken: 'y' }, /2 credentials at once: apiKey, iamToken/, /apiKey, iamToken/],
    ['metadata beside a key', { apiKey: 'x', metadata: true }, /apiKey, metadata/, /Оставьте один/],
    ['an empty key', { apiKey: '' }, /apiKey must be a non-empty string/, /непустая строка/],
    ['a key of another type', { apiKey: 1 }, /apiKey must be/, /функция/],
    ['a place of two', { apiKey: { env: 'A', file: 'b' } }, /apiKey must be/, /env/],
    ['an object for an IAM token', { iamToken: { private_key: 'x' } }, /iamToken must be/, /строка/],
    ['an object that is no key', { serviceAccountKey: { id: 'a' } }, /serviceAccountKey must be/, /key\.json/],
    ['metadata that is no flag', { metadata: 'yes' }, /metadata must be true or false/, /true или false/],
    ['dataLogging that is no flag', { dataLogging: 1 }, /dataLogging must be true or false/, /true или false/],
    ['sendFolderId that is no flag', { sendFolderId: 'b1g' }, /sendFolderId must be true or false/, /true или false/],
    ['a malformed folder', { folderId: 'b1g folder' }, /folderId is not a folder id/, /b1g…/],
    ['a malformed name', { name: 'a/b' }, /name must be/, /латинские/],
    ['an empty address', { baseUrl: '' }, /baseUrl must be/, /адресом/],
    ['an address of another type', { iamUrl: new URL('https://a.example') }, /iamUrl must be/, /адресом/],
    ['a path for an authority', { ca: '/etc/ca.pem' }, /ca holds no PEM/, /readFileSync/],
    [
      'a broken authority',
      { ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
      /no certificate/,
      /openssl/,
    ],
    ['an unknown surface', { api: 'grpc' }, /'auto', 'native' or 'openai'/, /auto/],
    ['an address of the search', { searchUrl: '' }, /searchUrl must be/, /адресом/],
  ])('%s', (_what, settings, message, hint) => {
    const attempt = (): unknown => yandexgpt(settings as object)
    expect(attempt).toThrow(ConfigurationError)
    expect(attempt).toThrow(message)
    try {
      attempt()
    } catch (error) {
      expect((error as ConfigurationError).hint).toMatch(hint)
    }
  })
})
