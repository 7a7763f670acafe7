import { createHash, generateKeyPairSync, randomBytes, randomUUID, type KeyObject } from 'node:crypto'

/** Every credential that works, made anew for each emulator. */
export interface EmulatorCredentials {
  readonly gigachat: GigaChatCredentials
  readonly yandexgpt: YandexGptCredentials
  readonly openai: OpenAiCredentials
}

export interface OpenAiCredentials {
  /** The stand's API key. */
  readonly apiKey: string
}

export interface GigaChatCredentials {
  /** Authorisation key: base64 of `client_id:client_secret`. */
  readonly credentials: string
  /** An access token issued at the start, good for the token lifetime. */
  readonly accessToken: string
  /** For `POST /token`, as stands have it. */
  readonly user: string
  readonly password: string
}

export interface YandexGptCredentials {
  /** API key of the service account. */
  readonly apiKey: string
  /** An API key that has expired. */
  readonly expiredApiKey: string
  /** IAM token of the service account. */
  readonly iamToken: string
  /** IAM token of a person, who must name the folder in `x-folder-id`. */
  readonly userIamToken: string
  /** OAuth token of that person, to exchange for an IAM token. */
  readonly oauthToken: string
  /** Service account and key id of the authorised key. */
  readonly serviceAccountId: string
  readonly keyId: string
  /** JSON text of the key file of an authorised key (RSA-2048). Made when first read, which takes some 100 ms. */
  readonly authorizedKey: string
  /** The other half of that key. */
  readonly publicKey: KeyObject
}

/** Fresh random credentials in the services' own shapes. */
export function createCredentials(): EmulatorCredentials {
  return {
    gigachat: createGigaChatCredentials(),
    yandexgpt: createYandexGptCredentials(),
    openai: createOpenAiCredentials(),
  }
}

function createGigaChatCredentials(): GigaChatCredentials {
  return {
    credentials: Buffer.from(`${randomUUID()}:${randomUUID()}`).toString('base64'),
    accessToken: createGigaChatToken(),
    user: 'emulator',
    password: randomBytes(12).toString('base64url'),
  }
}

/** Servers of open models take any text for a key; most imitate OpenAI's. */
function createOpenAiCredentials(): OpenAiCredentials {
  return { apiKey: `sk-${randomBytes(24).toString('base64url')}` }
}

function createYandexGptCredentials(): YandexGptCredentials {
  const serviceAccountId = cloudId('aje')
  const keyId = cloudId('aje')
  let keyPair: KeyPairOfAccount | undefined
  const readKeyPair = (): KeyPairOfAccount => (keyPair ??= createKeyPair(serviceAccountId, keyId))
  return {
    apiKey: createApiKey(),
    expiredApiKey: createApiKey(),
    iamToken: createIamToken(),
    userIamToken: createIamToken(),
    oauthToken: `y0_${randomBytes(40).toString('base64url')}`,
    serviceAccountId,
    keyId,
    get authorizedKey() {
      return readKeyPair().file
    },
    get publicKey() {
      return readKeyPair().publicKey
    },
  }
}

/** An opaque access token of some 1.1 kB; like the real one it begins as a JWT does, and is none. */
export function createGigaChatToken(): string {
  const header = Buffer.from('{"cty":"jwt","enc":"A256CBC-HS512","alg":"RSA-OAEP-256"}').toString('base64url')
  const part = (bytes: number): string => randomBytes(bytes).toString('base64url')
  return [header, part(256), part(16), part(480), part(32)].join('.')
}

/** `t1.<base64url>.<86 characters>` */
export function createIamToken(): string {
  return `t1.${randomBytes(150).toString('base64url')}.${randomBytes(64).toString('base64url')}`
}

/** What a log may say of an API key: its last letters and a digest. */
export function maskApiKey(key: string): string {
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 8).toUpperCase()
  return `****${key.slice(-4)} (${digest})`
}

function createApiKey(): string {
  return `AQVN${randomBytes(27).toString('base64url')}`
}

/** An id as the cloud gives them: twenty letters and digits, of which the first ones tell the kind. */
export function cloudId(prefix: string): string {
  return (
    prefix +
    BigInt(`0x${randomBytes(12).toString('hex')}`)
      .toString(32)
      .padStart(17, '0')
  ).slice(0, 20)
}

interface KeyPairOfAccount {
  readonly file: string
  readonly publicKey: KeyObject
}

/** Key file as the console gives it: fields in snake case, and a line of warning before the private key. */
function createKeyPair(serviceAccountId: string, keyId: string): KeyPairOfAccount {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const file = {
    id: keyId,
    service_account_id: serviceAccountId,
    created_at: new Date().toISOString().replace('Z', '000000Z'),
    key_algorithm: 'RSA_2048',
    public_key: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    private_key: `PLEASE DO NOT REMOVE THIS LINE! Yandex.Cloud SA Key ID <${keyId}>\n${privatePem}`,
  }
  return { file: JSON.stringify(file, undefined, 2), publicKey }
}
