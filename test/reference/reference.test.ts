// The recorded and documented payloads of both services decode as they should. They are no part of the project:
// SHLYUZ_REFERENCE names their folder, by a path from the root of the repository.
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Access, Effect, Operation, Provider, ProviderFailure, Reply, StreamEnd, TextResult } from '@shlyuz/core'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { decodeCut, decoderFactory, textCall } from '../decoding.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = resolve(root, process.env['SHLYUZ_REFERENCE'] ?? '../shared/fixtures')
const isThere = existsSync(folder)
if (!isThere) {
  process.stderr.write(
    'The reference suite is skipped: its payloads are not there. SHLYUZ_REFERENCE names their folder.\n',
  )
}

const giga = gigachat()
const yandex = yandexgpt({ folderId: 'b1gexamplefolder0000' })

afterEach(() => {
  vi.useRealTimers()
})

describe.skipIf(!isThere)('GigaChat', () => {
  it.each([
    ['v1_chat_200', 'stop', 'stop', usage(17, 3, 20, 2), 'GigaChat'],
    ['v1_chat_200_blacklist', 'content-filter', 'blacklist', usage(1, 0, 1, 0), 'GigaChat-2-Max'],
    ['v1_chat_200_finish_error', 'error', 'error', usage(278, 35, 313, 0), 'GigaChat-2-Pro'],
    ['v1_chat_200_length', 'length', 'length', usage(20, 8, 28, 0), 'GigaChat-2'],
    ['v1_chat_200_reasoning', 'stop', 'stop', usage(18, 68, 86), 'GigaChat'],
  ])('chat answer %s', (name, finishReason, rawFinishReason, stated, modelId) => {
    const body = readJson(`gigachat/${name}.json`) as GigachatAnswer
    const text = body.choices[0].message.content
    expect(answerWhole(giga, modelId, body)).toEqual({
      content: text === '' ? [] : [{ type: 'text', text }],
      finishReason,
      rawFinishReason,
      usage: stated,
      modelId,
      rawModel: body.model,
    })
  })

  describe.each<StreamFixture & { readonly model: string }>([
    { file: 'v1_chat_stream.sse', model: 'GigaChat', end: finish('stop', 'stop', usage(17, 42, 59, 2)) },
    {
      file: 'v1_chat_stream_blacklist.sse',
      model: 'GigaChat-2',
      end: finish('content-filter', 'blacklist', usage(1, 0, 1, 0)),
    },
    { file: 'v1_chat_stream_truncated.sse', model: 'GigaChat-2', end: { type: 'cut' } },
  ])('stream $file', ({ file, model, end }) => {
    checkStream(giga, model, `gigachat/${file}`, end, (body) => {
      const events = body.split('\n\n').filter((event) => event.startsWith('data: {') && event.endsWith('}'))
      const chunks = events.map((event) => JSON.parse(event.slice('data: '.length)) as GigachatChunk)
      return chunks.map(({ choices }) => choices[0].delta.content).join('')
    })
  })

  it('token of OAuth', () => {
    const body = readText('gigachat/oauth_200.json')
    const { access_token: token, expires_at: expiresAt } = JSON.parse(body) as {
      access_token: string
      expires_at: number
    }
    setClock(expiresAt - 30 * 60_000)
    const access = authorize(giga, 'GIGACHAT_CREDENTIALS', { key: btoa('00000000-id:00000000-secret') }, body)
    expect(access.headers).toEqual({ authorization: `Bearer ${token}` })
    expect(access.refreshAt).toBeGreaterThan(Date.now())
    expect(access.refreshAt).toBeLessThan(expiresAt)
  })

  it('token for user and password', () => {
    const body = readText('gigachat/token_200_user_password.json')
    const { tok: token, exp: expiresAt } = JSON.parse(body) as { tok: string; exp: number }
    setClock(expiresAt - 30 * 60_000)
    const access = authorize(giga, 'GIGACHAT_USER', { user: 'user', password: 'password' }, body)
    expect(access.headers).toEqual({ authorization: `Bearer ${token}` })
    expect(access.refreshAt).toBeLessThan(expiresAt)
  })

  it.each([
    ['oauth_400_code1_scope_invalid', 400, { kind: 'auth', providerCode: '1' }],
    ['oauth_400_code5_scope_empty', 400, { kind: 'auth', providerCode: '5' }],
    ['oauth_400_code7_scope_mismatch', 400, { kind: 'auth', providerCode: '7' }],
    ['oauth_401_code4_bad_header', 401, { kind: 'auth', providerCode: '4' }],
    ['oauth_401_code6_bad_credentials', 401, { kind: 'auth', providerCode: '6' }],
  ] as const)('error %s of the token', (name, status, expected) => {
    checkFailure(giga, 'token', status, `gigachat/${name}.json`, expected)
  })

  it.each([
    ['error_400_invalid_json', 'bad-request'],
    ['error_401_token_expired', 'auth'],
    ['error_401_unauthorized', 'auth'],
    ['error_402_payment_required', 'quota'],
    ['error_403_permission_denied', 'permission'],
    ['error_404_no_such_model', 'not-found'],
    ['error_413_payload_too_large', 'context-length'],
    ['error_422_range', 'bad-request'],
    ['error_422_system_first', 'bad-request'],
    ['error_429_too_many_requests', 'rate-limit'],
    ['error_500_internal', 'server'],
  ] as const)('error %s', (name, kind) => {
    const status = Number(/\d{3}/.exec(name)?.[0])
    const expected = { kind, status, ...(status === 401 && { refreshToken: true }) }
    checkFailure(giga, 'chat', status, `gigachat/${name}.json`, expected)
  })

  it('error page of the gateway', () => {
    const failure = checkFailure(giga, 'chat', 502, 'gigachat/error_502_bad_gateway.html', {
      kind: 'server',
      status: 502,
    })
    expect(failure.message).not.toContain('<')
  })
})

describe.skipIf(!isThere)('YandexGPT', () => {
  it.each([
    ['completion-response', 'stop', 'ALTERNATIVE_STATUS_FINAL', yandexUsage(25, 3, 28, 0)],
    ['content-filter-response', 'content-filter', 'ALTERNATIVE_STATUS_CONTENT_FILTER', yandexUsage(0, 0, 0, 0)],
    ['truncated-response', 'length', 'ALTERNATIVE_STATUS_TRUNCATED_FINAL', yandexUsage(18, 5, 23, 0)],
    ['reasoning-response', 'stop', 'ALTERNATIVE_STATUS_FINAL', yandexUsage(21, 84, 105, 80)],
  ])('completion %s', (name, finishReason, rawFinishReason, stated) => {
    const body = readJson(`yandexgpt/native/${name}.json`) as YandexgptAnswer
    const { text } = body.result.alternatives[0].message
    const answer = answerWhole(yandex, 'yandexgpt', body)
    expect(answer).toEqual({ content: [{ type: 'text', text }], finishReason, rawFinishReason, usage: stated })
  })

  describe.each<StreamFixture>([
    { file: 'completion-stream.ndjson', end: finish('stop', 'ALTERNATIVE_STATUS_FINAL', yandexUsage(26, 26, 52, 0)) },
    {
      file: 'completion-stream-max-tokens.ndjson',
      end: finish('length', 'ALTERNATIVE_STATUS_TRUNCATED_FINAL', yandexUsage(26, 13, 39, 0)),
    },
    {
      file: 'completion-stream-error.ndjson',
      end: expect.objectContaining({
        type: 'failed',
        failure: expect.objectContaining({ kind: 'server', status: 503, providerCode: '14' }) as ProviderFailure,
      }) as StreamEnd,
    },
  ])('stream $file', ({ file, end }) => {
    checkStream(yandex, 'yandexgpt', `yandexgpt/native/${file}`, end, (body) => {
      const lines = body
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Partial<YandexgptAnswer>)
      return lines.findLast(({ result }) => result)?.result?.alternatives[0].message.text ?? ''
    })
  })

  it('IAM token', () => {
    const body = readText('yandexgpt/auth/iam-token-response.json')
    const { iamToken, expiresAt } = JSON.parse(body) as { iamToken: string; expiresAt: string }
    setClock(Date.parse(expiresAt) - 12 * 3_600_000)
    const access = authorize(yandex, 'YC_OAUTH_TOKEN', { token: 'y0_example' }, body)
    expect(access.headers['authorization']).toBe(`Bearer ${iamToken}`)
    expect(access.refreshAt).toBeGreaterThan(Date.now())
    expect(access.refreshAt).toBeLessThan(Date.parse(expiresAt))
  })

  it('token of the metadata service', () => {
    const body = readText('yandexgpt/auth/metadata-token-response.json')
    const { access_token: token, expires_in: seconds } = JSON.parse(body) as {
      access_token: string
      expires_in: number
    }
    setClock(Date.UTC(2026, 0, 1))
    const access = authorize(yandexgpt({ folderId: 'b1gexamplefolder0000', metadata: true }), 'metadata', {}, body)
    expect(access.headers).toEqual({ authorization: `Bearer ${token}` })
    expect(access.refreshAt).toBeGreaterThan(Date.now())
    expect(access.refreshAt).toBeLessThan(Date.now() + seconds * 1000)
  })

  it.each([
    ['400-folder-mismatch', { kind: 'bad-request', providerCode: '3' }],
    ['400-input-too-long', { kind: 'context-length', providerCode: '3' }],
    ['400-invalid-model-uri', { kind: 'not-found', providerCode: '3' }],
    ['401-google-rpc-status', { kind: 'auth', providerCode: '16', requestId: '00000000-0000-4000-8000-000000000000' }],
    ['401-no-credentials', { kind: 'auth', providerCode: '16' }],
    ['401-unauthenticated', { kind: 'auth', providerCode: '16' }],
    ['403-permission-denied', { kind: 'permission', providerCode: '7' }],
    ['429-concurrent-generations', { kind: 'rate-limit', providerCode: '8' }],
    ['429-requests-per-hour', { kind: 'rate-limit', providerCode: '8' }],
    ['500-internal', { kind: 'server', providerCode: '13' }],
    ['503-unavailable', { kind: 'server', providerCode: '14' }],
    ['504-deadline', { kind: 'server', providerCode: '4' }],
  ] as const)('error %s', (name, expected) => {
    checkFailure(yandex, 'chat', Number(name.slice(0, 3)), `yandexgpt/errors/${name}.json`, expected)
  })

  it.each([
    ['chat', { kind: 'auth', refreshToken: true }],
    ['token', { kind: 'auth', refreshToken: false }],
  ] as const)('a 401 of a %s request says whether a fresh token may help', (operation, expected) => {
    checkFailure(yandex, operation, 401, 'yandexgpt/errors/401-google-rpc-status.json', expected)
  })
})

interface GigachatAnswer {
  readonly choices: readonly [{ readonly message: { readonly content: string } }]
  readonly model: string
}

interface GigachatChunk {
  readonly choices: readonly [{ readonly delta: { readonly content: string } }]
}

interface YandexgptAnswer {
  readonly result: { readonly alternatives: readonly [{ readonly message: { readonly text: string } }] }
}

interface StreamFixture {
  readonly file: string
  readonly end: StreamEnd
}

/** The tests of a stream; `readBody` reads its text without the adapter. */
function checkStream(
  provider: Provider,
  modelId: string,
  path: string,
  end: StreamEnd,
  readBody: (body: string) => string,
): void {
  if (!isThere) return
  const model = provider.parseModel(modelId)
  const createDecoder = decoderFactory(provider, model)
  const body = readFileSync(resolve(folder, path))
  const whole = decodeCut(createDecoder(), body, [])

  it('decodes', () => {
    expect(whole.text).toBe(readBody(body.toString('utf8')))
    expect(whole.text).not.toBe('')
    expect(whole.end).toEqual(end)
    expect(whole.parts[0]?.type).toBe('response-metadata')
  })

  it('gives the same parts when cut at every byte', () => {
    for (let at = 1; at < body.length; at++) {
      expect(decodeCut(createDecoder(), body, [at]), `cut at byte ${at}`).toEqual(whole)
    }
    expect(decodeCut(createDecoder(), body, [...body.keys()])).toEqual(whole)
  })

  it('is never whole before its last event, and gives nothing that was not sent', () => {
    const lastEvent = Math.max(body.lastIndexOf('\n{'), body.lastIndexOf('\ndata: {'))
    for (let length = 0; length < lastEvent; length++) {
      const decoded = decodeCut(createDecoder(), body.subarray(0, length), [])
      expect(decoded.end.type, `ended after ${length} bytes`).not.toBe('finish')
      expect(whole.text.startsWith(decoded.text), `text after ${length} bytes`).toBe(true)
    }
  })

  it('becomes the result of the call', () => {
    const { end: ended, text } = whole
    if (ended.type !== 'finish') return
    const result = run<TextResult>(provider.text(textCall(true), model), (effect) => {
      if (effect.do !== 'stream') throw new Error('not a stream')
      decodeCut(effect.createDecoder(), body, [])
      return { status: 200, headers: {}, end: ended, text }
    })
    const { finishReason, rawFinishReason, usage: stated } = ended
    expect(result).toMatchObject({ content: [{ type: 'text', text }], finishReason, rawFinishReason, usage: stated })
  })
}

function answerWhole(provider: Provider, modelId: string, body: unknown): TextResult {
  return run(provider.text(textCall(false), provider.parseModel(modelId)), () => createReply(body))
}

/** Runs the credential that is named so. */
function authorize(provider: Provider, name: string, secrets: Record<string, string>, body: string): Access {
  const credential = provider.credentials.find((one) => one.name.includes(name))
  if (!credential) throw new Error(`no credential ${name}`)
  return run(credential.authorize(secrets), () => createReply(body))
}

function checkFailure(
  provider: Provider,
  operation: 'chat' | 'token',
  status: number,
  path: string,
  expected: Partial<ProviderFailure>,
): ProviderFailure {
  const contentType = path.endsWith('.html') ? 'text/html' : 'application/json'
  const text = readText(path)
  const failure = provider.toError({ operation, endpoint: 'api', status, headers: {}, contentType, text })
  expect(failure).toMatchObject(expected)
  expect(failure.message).not.toBe('')
  expect(failure.hint).toMatch(/\p{Script=Cyrillic}/u)
  return failure
}

/** Runs an operation; nothing is set outside the code, and every other effect gets the reply. */
function run<R>(operation: Operation<R>, reply: (effect: Effect) => unknown): R {
  let next = operation.next()
  while (!next.done) next = operation.next(next.value.do === 'read' ? undefined : reply(next.value))
  return next.value
}

function createReply(body: unknown): Reply {
  return { status: 200, headers: {}, body }
}

function finish(
  finishReason: 'stop' | 'length' | 'content-filter',
  rawFinishReason: string,
  stated: object,
): StreamEnd {
  return { type: 'finish', finishReason, rawFinishReason, usage: stated }
}

function usage(inputTokens: number, outputTokens: number, totalTokens: number, cachedInputTokens?: number): object {
  return { inputTokens, outputTokens, totalTokens, ...(cachedInputTokens !== undefined && { cachedInputTokens }) }
}

function yandexUsage(inputTokens: number, outputTokens: number, totalTokens: number, reasoningTokens: number): object {
  return { inputTokens, outputTokens, totalTokens, reasoningTokens }
}

function setClock(now: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now })
}

function readText(path: string): string {
  return readFileSync(resolve(folder, path), 'utf8')
}

function readJson(path: string): unknown {
  return JSON.parse(readText(path))
}
