import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { expect, it } from 'vitest'
import { createCertificate } from './create-certificate.ts'

const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.example`
const hosts = ['a.example', long, '192.0.2.1', '2001:db8::7', '::1']

it('a certificate is for its hosts and no other, signed by itself, and valid now', () => {
  const pair = createCertificate(hosts)
  const certificate = new X509Certificate(pair.cert)
  for (const name of ['a.example', long]) expect(certificate.checkHost(name)).toBe(name)
  for (const address of ['192.0.2.1', '2001:db8::7', '::1']) expect(certificate.checkIP(address)).toBe(address)
  expect(certificate.checkHost('b.example')).toBeUndefined()
  expect(certificate.checkIP('192.0.2.2')).toBeUndefined()
  expect(certificate.verify(certificate.publicKey)).toBe(true)
  expect(certificate.checkPrivateKey(createPrivateKey(pair.key))).toBe(true)
  expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.now())
  expect(Date.parse(certificate.validTo)).toBeGreaterThan(Date.now())
  expect(() => createSecureContext(pair)).not.toThrow()
})

it('many hosts fit, and no two certificates look like issuer and issued', () => {
  const many = Array.from({ length: 500 }, (_, index) => `host-${index}.example`)
  const [one, other] = [createCertificate(many), createCertificate(many)].map(({ cert }) => new X509Certificate(cert))
  expect(one?.checkHost('host-499.example')).toBe('host-499.example')
  expect(one?.subject).not.toBe(other?.subject)
  expect(one?.checkIssued(other as X509Certificate)).toBe(false)
})
