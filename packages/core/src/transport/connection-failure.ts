import { ConnectionError } from '../errors/connection-error.ts'
import { ShlyuzError } from '../errors/shlyuz-error.ts'
import { TlsError } from '../errors/tls-error.ts'

/** Turns what node and undici report of a connection into our errors; passes our own through. */
export function convertConnectionFailure(error: unknown, origin: string): ShlyuzError {
  if (ShlyuzError.isInstance(error)) return error
  const code = codeOf(error)
  const tls = tlsFailures.get(code) ?? (isTlsCode(code) ? handshakeFailure : undefined)
  if (tls) {
    const detail = describeCertificate(error)
    return new TlsError(`${origin}: ${tls.message}${detail} (${code})`, {
      code: tls.code,
      hint: tls.hint,
      cause: error,
    })
  }
  const known = connectionFailures.get(code)
  return new ConnectionError(`${origin}: ${known?.message ?? 'the connection broke'} (${code})`, {
    code: known?.code ?? 'connection.reset',
    isRetryable: code !== 'ENOTFOUND',
    hint: known?.hint ?? 'Соединение оборвалось: проверьте сеть; повтор обычно помогает.',
    cause: error,
  })
}

function codeOf(error: unknown): string {
  const { code, errors, cause } = (error ?? {}) as { code?: unknown; errors?: unknown[]; cause?: unknown }
  if (typeof code === 'string' && code !== 'UND_ERR_SOCKET') return code
  if (Array.isArray(errors) && errors.length > 0) return codeOf(errors[0])
  if (cause !== undefined) return codeOf(cause)
  return typeof code === 'string' ? code : 'unknown'
}

interface Failure {
  readonly code: string
  readonly message: string
  readonly hint: string
}

const untrusted: Failure = {
  code: 'tls.untrusted',
  message: 'the certificate is not signed by an authority that is trusted for this endpoint',
  hint: 'Передайте сертификат удостоверяющего центра (PEM) в настройке ca провайдера; проверка не отключается.',
}
const handshakeFailure: Failure = {
  code: 'tls.handshake',
  message: 'the TLS handshake failed',
  hint: 'Сервер прервал рукопожатие TLS: если стенд требует клиентский сертификат, задайте clientCertificate.',
}

/** Codes of OpenSSL's certificate verification as node names them. */
const tlsFailures = new Map<string, Failure>([
  ['SELF_SIGNED_CERT_IN_CHAIN', untrusted],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', untrusted],
  ['UNABLE_TO_GET_ISSUER_CERT', untrusted],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', untrusted],
  [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    {
      ...untrusted,
      message: 'the server sent its certificate without the intermediate one, so the chain cannot be built',
      hint: 'Сервер не прислал промежуточный сертификат: добавьте его (PEM) в настройку ca провайдера.',
    },
  ],
  [
    'CERT_HAS_EXPIRED',
    {
      code: 'tls.expired',
      message: 'the certificate has expired',
      hint: 'Срок сертификата сервера истёк: обратитесь к владельцу стенда и проверьте часы этой машины.',
    },
  ],
  [
    'CERT_NOT_YET_VALID',
    {
      code: 'tls.not_yet_valid',
      message: 'the certificate is not valid yet',
      hint: 'Сертификат сервера ещё не действует: проверьте часы этой машины.',
    },
  ],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    {
      code: 'tls.name_mismatch',
      message: 'the certificate is for another name',
      hint: 'Сертификат выдан на другое имя: проверьте адрес (baseUrl) и прокси, подменяющие сертификаты.',
    },
  ],
])

function isTlsCode(code: string): boolean {
  return code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code.startsWith('CERT_')
}

const connectionFailures = new Map<string, Failure>([
  [
    'ENOTFOUND',
    {
      code: 'connection.dns',
      message: 'the name does not resolve',
      hint: 'Имя не разрешается: проверьте адрес и DNS.',
    },
  ],
  [
    'EAI_AGAIN',
    { code: 'connection.dns', message: 'DNS did not answer', hint: 'DNS не отвечает: проверьте сеть и повторите.' },
  ],
  [
    'ECONNREFUSED',
    {
      code: 'connection.refused',
      message: 'the connection was refused',
      hint: 'Соединение отклонено: проверьте адрес, порт и доступность сервиса.',
    },
  ],
])

/** The issuer that is missing, as far as the error tells: a public fact that saves an hour. */
function describeCertificate(error: unknown): string {
  const issuer = (error as { issuer?: unknown } | undefined)?.issuer
  return typeof issuer === 'string' ? `; issuer: ${issuer}` : ''
}
