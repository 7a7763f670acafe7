import type { CertificateKind } from './options.ts'
import type { OriginRecord } from './origins.ts'

/** A certificate with its private key, both PEM. */
export interface KeyPair {
  readonly key: string
  /** With the intermediate behind it, where there is one. */
  readonly cert: string
}

/** Everything that TLS needs, made anew for each emulator. */
export interface Certificates {
  /** Root that stands for the usual trust stores; it signs Yandex's hosts. */
  readonly publicRoot: string
  /** Root that stands for the Russian Trusted Root CA; it signs GigaChat's hosts, through an intermediate. */
  readonly stateRoot: string
  /** Root of the company whose stand it is; it signs that alone. */
  readonly corporateRoot: string
  /** A client's certificate, signed by the state root. */
  readonly client: KeyPair
  /** The server's certificate by origin. */
  readonly servers: ReadonlyMap<string, KeyPair>
}

/** A certificate authority: what signs, and what is sent along with each certificate it signed. */
interface Authority {
  readonly key: string
  readonly cert: string
  readonly chain: string
}

type Extensions = NonNullable<NonNullable<Parameters<typeof import('selfsigned').generate>[1]>['extensions']>

const dayMs = 86_400_000

/** Makes three roots, the state root's intermediate, a client certificate and one certificate per origin (EC P-256). */
export async function createCertificates(
  origins: readonly OriginRecord[],
  kindOf: (origin: OriginRecord) => CertificateKind,
): Promise<Certificates> {
  const [publicRoot, stateRoot, corporateRoot] = await Promise.all([
    createRoot('Emulator Public Root'),
    createRoot('Emulator State Root'),
    createRoot('Emulator Corporate Root'),
  ])
  const stateIssuer = await createIntermediate('Emulator State Sub CA', stateRoot)
  const issuers = { public: publicRoot, state: stateIssuer, corporate: corporateRoot, none: undefined }
  const [client, ...servers] = await Promise.all([
    sign('emulator-client', stateRoot, [{ name: 'extKeyUsage', clientAuth: true }]),
    ...origins.flatMap((record) => {
      const issuer = issuers[record.trust]
      if (issuer === undefined) return []
      return [createServer(record, issuer, kindOf(record)).then((pair) => [record.origin, pair] as const)]
    }),
  ])
  return {
    publicRoot: publicRoot.cert,
    stateRoot: stateRoot.cert,
    corporateRoot: corporateRoot.cert,
    client,
    servers: new Map(servers),
  }
}

const authorityExtensions: Extensions = [
  { name: 'basicConstraints', cA: true, critical: true },
  { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
]

async function createRoot(name: string): Promise<Authority> {
  const { key, cert } = await sign(name, undefined, authorityExtensions)
  return { key, cert, chain: '' }
}

async function createIntermediate(name: string, issuer: Authority): Promise<Authority> {
  const { key, cert } = await sign(name, issuer, authorityExtensions)
  return { key, cert, chain: cert }
}

async function createServer({ origin }: OriginRecord, issuer: Authority, kind: CertificateKind): Promise<KeyPair> {
  const host = kind === 'wrong-name' ? 'elsewhere.example' : new URL(origin).hostname
  const altNames = [
    { type: 2 as const, value: host },
    ...(kind === 'wrong-name'
      ? []
      : [
          { type: 2 as const, value: 'localhost' },
          { type: 7 as const, ip: '127.0.0.1' },
        ]),
  ]
  const extensions: Extensions = [
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames },
  ]
  const { key, cert } = await sign(host, issuer, extensions, kind === 'expired' ? -dayMs : 365 * dayMs)
  return { key, cert: kind === 'leaf-only' ? cert : cert + issuer.chain }
}

/** Loads the certificate library at first use: nothing else in the package needs it. */
async function sign(
  commonName: string,
  issuer: Authority | undefined,
  extensions: Extensions,
  endsInMs: number = 365 * dayMs,
): Promise<KeyPair> {
  const { generate } = await import('selfsigned')
  const { private: key, cert } = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 2 * dayMs),
    notAfterDate: new Date(Date.now() + endsInMs),
    extensions,
    ...(issuer === undefined ? {} : { ca: { key: issuer.key, cert: issuer.cert } }),
  })
  return { key, cert: `${cert.trim()}\n` }
}
