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
  const { readFile } = await import('node:fs/promises')
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const code = (cause as { code?: string }).code ?? 'unknown'
    const named = variable === undefined ? '' : ` (named by ${variable})`
    throw new ConfigurationError(`the secret file ${path}${named} cannot be read: ${code}`, {
      hint: 'Проверьте путь к файлу и права на чтение.',
    })
  }
}
