import { ConfigurationError } from '../errors/configuration-error.ts'
import type { Undici } from './undici.ts'

/**
 * Proves, without network, that this runtime's undici obeys the connector it is given. A runtime that swaps undici
 * for its own client (Bun does for the bare import) would send requests past the address and certificate checks.
 * @throws ConfigurationError when the connector is not asked
 */
export async function checkTransport(undici: Undici): Promise<void> {
  const marker = new Error('refused by the self-check')
  const client = new undici.Client('http://self-check.invalid', { connect: (_target, done) => done(marker, null) })
  const seen = await new Promise<unknown>((resolve) => {
    const late = setTimeout(() => resolve('no answer'), 5_000)
    const settle = (what: unknown): void => {
      clearTimeout(late)
      resolve(what)
    }
    try {
      client.dispatch(
        { path: '/', method: 'GET' },
        {
          onRequestStart: () => settle('the request started'),
          onResponseStart: () => settle('an answer came'),
          onResponseData: () => {},
          onResponseEnd: () => settle('an answer ended'),
          onResponseError: (_controller, error) => settle(error),
        },
      )
    } catch (error) {
      settle(error)
    }
  })
  void client.destroy().catch(() => {})
  if (seen === marker) return
  throw new ConfigurationError('the HTTP client of this runtime does not obey connectors: no request is sent', {
    code: 'config.transport',
    hint: 'Запустите на Node.js 22.19 или новее: эта среда подменяет undici, и проверки адреса невозможны.',
    cause: seen instanceof Error ? seen : undefined,
  })
}
