// Errors of both services, in neutral words.
import type { ProviderFailure } from '@shlyuz/core'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { describe, expect, it } from 'vitest'
import { failureOf } from './drive.ts'
import { isThere, readJson, textAt } from './fixtures.ts'
import { folderId } from './sent.ts'

const giga = gigachat()
const yandex = yandexgpt({ folderId })

interface ErrorCase {
  readonly path: string
  readonly kind: ProviderFailure['kind']
  readonly operation?: 'chat' | 'token' | 'embed' | 'job'
  /** What is told beside kind, status and message. */
  readonly more?: Partial<ProviderFailure>
  /** What the hint must speak of. */
  readonly hint?: RegExp
}

const freshToken = { refreshToken: true }

const ofGigachat: readonly ErrorCase[] = [
  { path: 'gigachat/error_400_invalid_json.json', kind: 'bad-request', hint: /extraBody/ },
  { path: 'gigachat/error_400_response_format_unknown.json', kind: 'bad-request', hint: /responseFormat/ },
  { path: 'gigachat/error_400_response_format_empty_schema.json', kind: 'bad-request', hint: /output/ },
  { path: 'gigachat/error_401_token_expired.json', kind: 'auth', more: freshToken },
  { path: 'gigachat/error_401_unauthorized.json', kind: 'auth', more: freshToken },
  { path: 'gigachat/error_402_payment_required.json', kind: 'quota' },
  { path: 'gigachat/error_403_permission_denied.json', kind: 'permission' },
  { path: 'gigachat/error_404_no_such_model.json', kind: 'not-found', hint: /модел/ },
  { path: 'gigachat/error_404_unknown_tool.json', kind: 'not-found', hint: /инструмент/ },
  { path: 'gigachat/error_404_batch.json', kind: 'not-found', operation: 'job', hint: /пакет/ },
  { path: 'gigachat/error_413_payload_too_large.json', kind: 'context-length' },
  { path: 'gigachat/error_422_function_call_missing.json', kind: 'bad-request' },
  { path: 'gigachat/error_422_function_result_missing.json', kind: 'bad-request' },
  { path: 'gigachat/error_422_no_functions.json', kind: 'bad-request', hint: /tools/ },
  { path: 'gigachat/error_422_range.json', kind: 'bad-request' },
  { path: 'gigachat/error_422_schema_properties.json', kind: 'bad-request', hint: /properties/ },
  { path: 'gigachat/error_422_system_first.json', kind: 'bad-request' },
  { path: 'gigachat/error_422_tool_unavailable.json', kind: 'bad-request', hint: /инструмент/ },
  { path: 'gigachat/error_429_too_many_requests.json', kind: 'rate-limit' },
  { path: 'gigachat/error_500_internal.json', kind: 'server' },
]

const ofGigachatTokens: readonly ErrorCase[] = [
  { path: 'gigachat/oauth_400_code1_scope_invalid.json', kind: 'auth', more: { providerCode: '1' }, hint: /SCOPE/ },
  { path: 'gigachat/oauth_400_code5_scope_empty.json', kind: 'auth', more: { providerCode: '5' }, hint: /SCOPE/ },
  { path: 'gigachat/oauth_400_code7_scope_mismatch.json', kind: 'auth', more: { providerCode: '7' }, hint: /SCOPE/ },
  { path: 'gigachat/oauth_401_code4_bad_header.json', kind: 'auth', more: { providerCode: '4' }, hint: /base64/ },
  { path: 'gigachat/oauth_401_code6_bad_credentials.json', kind: 'auth', more: { providerCode: '6' }, hint: /отозван/ },
]

const ofYandexgpt: readonly ErrorCase[] = [
  {
    path: 'yandexgpt/errors/400-folder-mismatch.json',
    kind: 'bad-request',
    more: { providerCode: '3' },
    hint: /folderId: 'b1gotherfolder000000'/,
  },
  { path: 'yandexgpt/errors/400-input-too-long.json', kind: 'context-length', more: { providerCode: '3' } },
  {
    path: 'yandexgpt/errors/400-invalid-model-uri.json',
    kind: 'not-found',
    more: { providerCode: '3' },
    hint: /модел/,
  },
  { path: 'yandexgpt/errors/401-no-credentials.json', kind: 'auth', more: { providerCode: '16', ...freshToken } },
  { path: 'yandexgpt/errors/401-unauthenticated.json', kind: 'auth', more: { providerCode: '16', ...freshToken } },
  { path: 'yandexgpt/errors/403-permission-denied.json', kind: 'permission', more: { providerCode: '7' } },
  { path: 'yandexgpt/errors/429-concurrent-generations.json', kind: 'rate-limit', more: { providerCode: '8' } },
  { path: 'yandexgpt/errors/429-requests-per-hour.json', kind: 'rate-limit', more: { providerCode: '8' } },
  {
    path: 'yandexgpt/errors/429-embeddings-rate.json',
    kind: 'rate-limit',
    operation: 'embed',
    more: { providerCode: '8' },
  },
  { path: 'yandexgpt/errors/500-internal.json', kind: 'server', more: { providerCode: '13' } },
  { path: 'yandexgpt/errors/503-unavailable.json', kind: 'server', more: { providerCode: '14' } },
  { path: 'yandexgpt/errors/504-deadline.json', kind: 'server', more: { providerCode: '4' } },
]

describe.skipIf(!isThere)('errors of GigaChat', () => {
  for (const { path, kind, operation = 'chat', more, hint } of ofGigachat) {
    it(path, () => {
      const { hint: told, ...failure } = failureOf(giga, operation, statusOf(path), path)
      const message = `GigaChat answered ${statusOf(path)}: ${textAt(readJson(path), 'message')}`
      expect(failure).toEqual({ kind, status: statusOf(path), message, ...more })
      expect(told).toMatch(hint ?? /./)
    })
  }

  for (const { path, kind, more = {}, hint = /./ } of ofGigachatTokens) {
    it(path, () => {
      const { hint: told, ...failure } = failureOf(giga, 'token', statusOf(path), path)
      const said = textAt(readJson(path), 'message')
      const message = `GigaChat's token endpoint answered ${statusOf(path)}: ${said} (code ${more.providerCode})`
      expect(failure).toEqual({ kind, status: statusOf(path), message, ...more })
      expect(told).toMatch(hint)
    })
  }

  it('gigachat/error_422_function_name.json: what came from the request is not told', () => {
    const path = 'gigachat/error_422_function_name.json'
    const { hint: _hint, ...failure } = failureOf(giga, 'chat', 422, path)
    const said = textAt(readJson(path), 'message').replaceAll(/[А-Яа-я]+/g, '…')
    expect(failure).toEqual({ kind: 'bad-request', status: 422, message: `GigaChat answered 422: ${said}` })
  })

  it('gigachat/error_502_bad_gateway.html: a page of the gateway', () => {
    const { hint: _hint, ...failure } = failureOf(giga, 'chat', 502, 'gigachat/error_502_bad_gateway.html')
    expect(failure).toEqual({
      kind: 'server',
      status: 502,
      message: 'GigaChat answered 502: an HTML page, not the service',
    })
  })
})

describe.skipIf(!isThere)('errors of YandexGPT', () => {
  for (const { path, kind, operation = 'chat', more, hint } of ofYandexgpt) {
    it(path, () => {
      const status = statusOf(path)
      const { hint: told, ...failure } = failureOf(yandex, operation, status, path)
      const message = `YandexGPT answered ${status}: ${textAt(readJson(path), 'error.message')}`
      expect(failure).toEqual({ kind, status, message, ...more })
      expect(told).toMatch(hint ?? /./)
    })
  }

  it.each([
    ['chat', true],
    ['token', false],
  ] as const)('yandexgpt/errors/401-google-rpc-status.json of a %s request', (operation, refreshToken) => {
    const {
      hint: _hint,
      message,
      ...failure
    } = failureOf(yandex, operation, 401, 'yandexgpt/errors/401-google-rpc-status.json')
    expect(failure).toEqual({
      kind: 'auth',
      status: 401,
      providerCode: '16',
      refreshToken,
      requestId: '00000000-0000-4000-8000-000000000000',
    })
    expect(message).toContain('Token is invalid or has expired.')
  })
})

function statusOf(path: string): number {
  return Number(/\d{3}/.exec(path)?.[0])
}
