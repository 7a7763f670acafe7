import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

/** PEM texts. */
export interface CertificatePair {
  readonly cert: string
  readonly key: string
}

const sequence = 0x30
const dayMs = 86_400_000

/**
 * A certificate for these hosts, signed by itself, with a key that exists in this process alone. Node signs and writes
 * no certificates, so its few fields are put together here (RFC 5280, section 4.1; X.690).
 */
export function createCertificate(hosts: readonly string[]): CertificatePair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const serial = randomBytes(8)
  // A positive number of eight bytes.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  // Two certificates must not look like issuer and issued.
  const commonName = encode(sequence, oid('550403'), encode(0x0c, Buffer.from(`shlyuz-${serial.toString('hex')}`)))
  const name = encode(sequence, encode(0x31, commonName))
  const ecdsaWithSha256 = encode(sequence, oid('2a8648ce3d040302'))
  const alternatives = encode(0x04, encode(sequence, ...hosts.map(encodeHost)))
  const extensions = encode(sequence, encode(sequence, oid('551d11'), alternatives))
  const body = encode(
    sequence,
    encode(0xa0, encode(0x02, Buffer.from([2]))),
    encode(0x02, serial),
    ecdsaWithSha256,
    name,
    encode(sequence, encodeTime(Date.now() - dayMs), encodeTime(Date.now() + dayMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    encode(0xa3, extensions),
  )
  const signature = encode(0x03, Buffer.from([0]), sign('sha256', body, privateKey))
  const der = encode(sequence, body, ecdsaWithSha256, signature)
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

/** Tag, length and value. */
function encode(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts)
  const { length } = value
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), value])
}

function oid(hex: string): Buffer {
  return encode(0x06, Buffer.from(hex, 'hex'))
}

function encodeTime(time: number): Buffer {
  const digits = new Date(time).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return encode(0x17, Buffer.from(digits.slice(2)))
}

function encodeHost(host: string): Buffer {
  return isIP(host) === 0 ? encode(0x82, Buffer.from(host)) : encode(0x87, toBytes(host))
}

function toBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  // The parser's spelling: no dotted end.
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::')
  const [front = [], back = []] = [head, tail].map((half) => (half ? half.split(':') : []))
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0')
  return Buffer.from([...front, ...zeros, ...back].map((group) => group.padStart(4, '0')).join(''), 'hex')
}
