import { X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import { russianTrustedRootCa } from './russian-trusted-root-ca.ts'

const root = new X509Certificate(russianTrustedRootCa)

it('is the published certificate', () => {
  expect(root.fingerprint256.replaceAll(':', '')).toBe(
    'D26D2D0231B7C39F92CC738512BA54103519E4405D68B5BD703E9788CA8ECF31',
  )
})

it('is a root that signed itself, and the only certificate of the bundle', () => {
  expect(root.ca).toBe(true)
  expect(root.verify(root.publicKey)).toBe(true)
  expect(russianTrustedRootCa.match(/-----BEGIN/g)).toHaveLength(1)
})

it('is good for at least 90 days more', () => {
  const daysLeft = (Date.parse(root.validTo) - Date.now()) / 86_400_000
  expect(daysLeft).toBeGreaterThan(90)
})
