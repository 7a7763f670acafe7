import { ConfigurationError } from '../errors/configuration-error.ts'
import type { SecretRequest, SecretSource } from '../provider.ts'

/**
 * Reads a secret or a setting, at the call that needs it. An unset or empty variable is `undefined`. Nothing is
 * trimmed: a key with a stray line break is the adapter's to refuse, so that the user learns of it.
 * @throws ConfigurationError for a file that cannot be read or a function that gives no text
 */
export async function readSource(source: SecretSource, request: SecretRequest): Promise<string | undefined> {
  if ('value' in source) return typeof source.value === 'string' ? source.value : source.value.reveal()
  if ('env' in source) return process.env[source.env] || undefined
  if ('file' in source) return readSecretFile(source.file)
  if ('fileFromEnv' in source) {
    const path = process.env[source.fileFromEnv]
    return path ? readSecretFile(path, source.fileFromEnv) : undefined
  }
  const value: unknown = await source.ask(request)
  if (typeof value === 'string' && value !== '') return value
  throw new ConfigurationError(`the credentials function of provider '${request.provider}' gave no text`, {
    provider: request.provider,
    hint: 'Функция credentials должна вернуть непустую строку.',
  })
}

/** True when the source can be read without asking: used to see which credentials the environment offers. */
export function isOffered(source: SecretSource): boolean {
  if ('env' in source) return Boolean(process.env[source.env])
  if ('fileFromEnv' in source) return Boolean(process.env[source.fileFromEnv])
  return true
}

async function readSecretFile(path: string, variable?: string): Promise<string> {
  const named = variable === undefined ? '' : ` (named by ${variable})`
  // The secret itself in place of its path is a common mistake, and a message that quotes the path would tell it.
  if (/[{}\r\n]|-----BEGIN/.test(path) || path.length > longestPath) {
    throw new ConfigurationError(`what should be the path of a secret file${named} looks like the secret itself`, {
      code: 'config.credentials_malformed',
      hint: `${variable ?? 'file'}: укажите путь к файлу, а не его содержимое; содержимое передаётся строкой в настройках.`,
    })
  }
  const { readFile } = await import('node:fs/promises')
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = (error as { code?: string }).code ?? 'unknown'
    throw new ConfigurationError(`the secret file${named} cannot be read: ${code}`, {
      hint: 'Проверьте путь к файлу и права на чтение.',
    })
  }
}

/** A key has more characters than paths do. */
const longestPath = 512
