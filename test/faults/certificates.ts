import { generate } from 'selfsigned'

export interface Pair {
  readonly key: string
  readonly cert: string
}

/** A root, what it signed, and what that signed in turn. */
export interface Chain {
  readonly root: Pair
  readonly intermediate: Pair
  readonly leaf: Pair
}

export async function createChain(hosts: readonly string[]): Promise<Chain> {
  const root = await createAuthority('Faults Root')
  const intermediate = await createAuthority('Faults Intermediate', root)
  const leaf = await create(hosts[0] as string, intermediate, [
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: hosts.map((value) => ({ type: 2 as const, value })) },
  ])
  return { root, intermediate, leaf }
}

function createAuthority(name: string, by?: Pair): Promise<Pair> {
  return create(name, by, [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  ])
}

async function create(
  name: string,
  ca: Pair | undefined,
  extensions: NonNullable<NonNullable<Parameters<typeof generate>[1]>['extensions']>,
): Promise<Pair> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 86_400_000),
    notAfterDate: new Date(Date.now() + 30 * 86_400_000),
    extensions,
    ...(ca && { ca }),
  })
  return { key, cert: cert.endsWith('\n') ? cert : `${cert}\n` }
}
