import { constants, createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { directServices, type DirectServices } from '../../test-support/direct-services.ts'

const address = 'https://iam.api.cloud.yandex.net/iam/v1/tokens'
const metadata = 'http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token'

/** A good JWT, changed where the test says so. */
function makeJwt(
  { state }: DirectServices,
  change: { header?: object; claims?: object; key?: KeyObject; saltLength?: number } = {},
): string {
  const file = JSON.parse(state.credentials.yandexgpt.authorizedKey)
  const pem: string = file.private_key
  const key = change.key ?? createPrivateKey(pem.slice(pem.indexOf('-----BEGIN')))
  const now = Math.floor(Date.now() / 1000)
  const header = { typ: 'JWT', alg: 'PS256', kid: file.id, ...change.header }
  const claims = { iss: file.service_account_id, aud: address, iat: now, exp: now + 3600, ...change.claims }
  const data = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const signature = sign('sha256', Buffer.from(data), {
    key,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: change.saltLength ?? 32,
  })
  return `${data}.${signature.toString('base64url')}`
}

describe('IAM', () => {
  it('exchanges the OAuth token of a person', async () => {
    const services = directServices()
    const response = await services.send(address, {
      body: { yandexPassportOauthToken: services.state.credentials.yandexgpt.oauthToken },
    })
    const body = await response.json()
    expect(body.iamToken).toMatch(/^t1\.[\w-]+\.[\w-]{86}$/)
    expect(Date.parse(body.expiresAt)).toBeGreaterThan(Date.now() + 11 * 3_600_000)
    const headers = { authorization: `Bearer ${body.iamToken}`, 'x-folder-id': 'b1gemulator000000000' }
    expect((await services.complete({}, headers)).status).toBe(200)
  })

  it('exchanges a JWT signed with the authorised key', async () => {
    const services = directServices()
    const response = await services.send(address, { body: { jwt: makeJwt(services) } })
    expect(response.status).toBe(200)
    const { iamToken } = await response.json()
    expect((await services.complete({}, { authorization: `Bearer ${iamToken}` })).status).toBe(200)
  })

  it('gives the key file in snake case, with a line before the private key', () => {
    const file = JSON.parse(directServices().state.credentials.yandexgpt.authorizedKey)
    expect(Object.keys(file)).toEqual([
      'id',
      'service_account_id',
      'created_at',
      'key_algorithm',
      'public_key',
      'private_key',
    ])
    expect(file.private_key).toMatch(/^PLEASE DO NOT REMOVE THIS LINE.*\n-----BEGIN PRIVATE KEY-----\n/)
  })

  const now = Math.floor(Date.now() / 1000)
  it.each<[string, Parameters<typeof makeJwt>[1], RegExp]>([
    ['another algorithm', { header: { alg: 'RS256' } }, /PS256/],
    ['another key id', { header: { kid: 'aje0' } }, /kid/],
    ['another account', { claims: { iss: 'aje0' } }, /iss/],
    ['another audience', { claims: { aud: 'https://iam.api.cloud.yandex.net/' } }, /aud/],
    ['a life of more than an hour', { claims: { iat: now, exp: now + 3601 } }, /3600/],
    ['a past expiry', { claims: { iat: now - 3600, exp: now - 1 } }, /expired/],
    ['a future issue', { claims: { iat: now + 3000, exp: now + 3600 } }, /future/],
    ['times as text', { claims: { iat: String(now) } }, /whole seconds/],
    ['another salt length', { saltLength: 20 }, /signature/],
    ['another private key', { key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey }, /signature/],
  ])('refuses a JWT with %s', async (_, change, reason) => {
    const services = directServices()
    const response = await services.send(address, { body: { jwt: makeJwt(services, change) } })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ code: 16, message: 'Token is invalid or has expired.' })
    expect(services.state.requests[0]?.reason).toMatch(reason)
  })

  it.each([
    ['an unknown OAuth token', { yandexPassportOauthToken: 'y0_other' }, 401],
    ['neither', {}, 400],
    ['both', { yandexPassportOauthToken: 'y0_other', jwt: 'a.b.c' }, 400],
    ['text that is no JWT', { jwt: 'abc' }, 401],
  ])('refuses %s', async (_, body, status) => {
    expect((await directServices().send(address, { body })).status).toBe(status)
  })
})

describe('metadata', () => {
  it('gives a token to who asks with the header', async () => {
    const services = directServices()
    const response = await services.send(metadata, { method: 'GET', headers: { 'metadata-flavor': 'Google' } })
    const body = await response.json()
    expect(body).toEqual({
      access_token: expect.stringMatching(/^t1\./),
      expires_in: expect.any(Number),
      token_type: 'Bearer',
    })
    expect((await services.complete({}, { authorization: `Bearer ${body.access_token}` })).status).toBe(200)
  })

  it('refuses who asks without', async () => {
    expect((await directServices().send(metadata, { method: 'GET' })).status).toBe(403)
  })
})
