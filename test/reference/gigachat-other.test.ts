// Everything of GigaChat beside the chat: tokens of access, embeddings, counting, models, files, checks, batches, and
// the headers that its answers came with.
import { createClient, type ExtraOperation } from '@shlyuz/core'
import { startEmulator, type Emulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { textCall } from '../decoding.ts'
import { authorize, drive, resultOf } from './drive.ts'
import { at, isThere, readJson, readLines, readText, textAt } from './fixtures.ts'
import { checkRequests, type RequestCase } from './sent.ts'

const provider = gigachat()
const chat = provider.parseModel('GigaChat-2-Pro')

const requests: readonly RequestCase[] = [
  {
    path: 'gigachat/tokens_count_request.json',
    to: 'POST /v1/tokens/count',
    send: (client, given) =>
      client.countTokens({
        model: 'gigachat/GigaChat',
        messages: (at(given, 'input') as readonly string[]).map((content) => ({ role: 'user', content })),
      }),
  },
  {
    path: 'gigachat/embeddings_request.json',
    to: 'POST /v1/embeddings',
    send: (client, given) =>
      client.embedMany({ model: 'gigachat/Embeddings', values: at(given, 'input') as readonly string[] }),
  },
  {
    path: 'gigachat/ai_check_request.json',
    to: 'POST /v1/ai/check',
    send: (client, given) =>
      client.provider('gigachat').checkAiText({ model: 'GigaCheckDetection', input: textAt(given, 'input') }),
  },
  {
    path: 'gigachat/filter_check_request.json',
    to: 'POST /v1/filter/check',
    send: (client) =>
      client.provider('gigachat').checkFilter({
        messages: [{ role: 'user', content: 'Как пройти в библиотеку?' }],
        settings: { neuro: true, blacklist: true, whitelist: true },
      }),
  },
  {
    path: 'gigachat/batch_input.jsonl',
    to: 'POST /v1/batches?method=chat_completions',
    send: (client) =>
      client.submitText({
        model: 'gigachat/GigaChat-2-Pro',
        requests: [{ prompt: 'Привет' }, { prompt: 'Пока' }],
      }),
    differences: {
      '= [0].id': 'ids of lines are the sender’s own',
      '= [1].id': 'the same',
    },
  },
]

const hello = { file: new Uint8Array([1]), filename: 'image.jpg', mediaType: 'image/jpeg' }
const weather = { name: 'weather', inputSchema: { type: 'object', properties: { city: { type: 'string' } } } }

interface AnswerCase {
  readonly path: string
  readonly run: (text: string) => unknown
  readonly result: (body: unknown) => unknown
}

/** What an operation of GigaChat alone makes of an answer. */
function extra(name: string, input: unknown): (text: string) => unknown {
  const operation = (provider.extras as Readonly<Record<string, ExtraOperation<unknown>>>)[name]
  if (!operation) throw new Error(`no operation ${name}`)
  return (text) => resultOf(operation.run(input).steps, text)
}

const answers: readonly AnswerCase[] = [
  {
    path: 'gigachat/tokens_count_200.json',
    run: (text) => resultOf(provider.countTokens!(textCall(false), chat), text),
    result: () => ({ tokens: 4 }),
  },
  {
    path: 'gigachat/embeddings_200.json',
    run: (text) => {
      const call = { values: ['один', 'два'], options: {} }
      return resultOf(provider.embed!(call, provider.parseModel('Embeddings')), text)
    },
    result: (body) => ({
      embeddings: [at(body, 'data.0.embedding'), at(body, 'data.1.embedding')],
      usage: { inputTokens: 14, totalTokens: 14 },
      modelId: 'Embeddings',
      rawModel: 'Embeddings',
    }),
  },
  {
    path: 'gigachat/models_200_2026-01.json',
    run: (text) => resultOf(provider.listModels!(), text),
    result: (body) => (at(body, 'data') as readonly unknown[]).map(describeModel),
  },
  { path: 'gigachat/model_200.json', run: extra('getModel', { model: 'GigaChat' }), result: describeModel },
  {
    path: 'gigachat/balance_200.json',
    run: extra('balance', undefined),
    result: (body) =>
      (at(body, 'balance') as readonly unknown[]).map((line) => ({
        name: textAt(line, 'usage'),
        tokens: at(line, 'value'),
      })),
  },
  {
    path: 'gigachat/ai_check_200.json',
    run: extra('checkAiText', { input: 'слово '.repeat(20) }),
    result: (body) => ({
      category: 'mixed',
      characters: 533,
      tokens: 224,
      aiIntervals: at(body, 'ai_intervals'),
    }),
  },
  {
    path: 'gigachat/filter_check_200.json',
    run: extra('checkFilter', { messages: [{ role: 'user', content: 'Привет' }] }),
    result: () => ({ isProfane: false, filterTokens: 7 }),
  },
  {
    path: 'gigachat/functions_validate_200_ok.json',
    run: extra('validateFunction', weather),
    result: () => ({
      isValid: true,
      message: 'Function is valid',
      errors: [],
      warnings: [{ description: 'few_shot_examples are missing', location: '(root)' }],
      rulesVersion: '1.0.5',
    }),
  },
  {
    path: 'gigachat/functions_validate_200_errors.json',
    run: extra('validateFunction', weather),
    result: () => ({
      isValid: false,
      message: 'Incorrect function syntax',
      errors: [{ description: 'name is required', location: '(root)' }],
      warnings: [],
      rulesVersion: '1.0.5',
    }),
  },
  { path: 'gigachat/file_200.json', run: extra('uploadFile', hello), result: describeFile },
  {
    path: 'gigachat/files_200.json',
    run: extra('listFiles', undefined),
    result: (body) => (at(body, 'data') as readonly unknown[]).map(describeFile),
  },
  {
    path: 'gigachat/file_deleted_200.json',
    run: extra('deleteFile', { fileId: 'a' }),
    result: () => ({ fileId: 'd3277ca1-a140-484a-a3b4-9a121bea4bdc', deleted: true, accessPolicy: 'private' }),
  },
  {
    path: 'gigachat/batch_created_200.json',
    run: (text) => resultOf(provider.deferred!.submit([textCall(false), textCall(false)], chat), text),
    result: () => ({ batch: '01999999-0000-7000-8000-000000000001', calls: 2 }),
  },
  {
    path: 'gigachat/batches_200.json',
    run: extra('listBatches', undefined),
    result: () => [
      {
        batchId: '01999999-0000-7000-8000-000000000001',
        method: 'chat_completions',
        status: 'completed',
        total: 2,
        completed: 2,
        failed: 0,
        outputFileId: '01999999-0000-7000-8000-0000000000f1',
        createdAt: '2025-10-14T09:26:40.000Z',
        updatedAt: '2025-10-14T09:41:40.000Z',
      },
    ],
  },
]

describe.skipIf(!isThere)('GigaChat beside the chat', () => {
  describe('what we send is', () => {
    checkRequests(requests, { gigachat: { scope: 'GIGACHAT_API_CORP' } })
  })

  describe('what comes back is understood', () => {
    for (const { path, run, result } of answers) {
      it(path, () => {
        expect(run(readText(path))).toEqual(result(readJson(path)))
      })
    }

    it('gigachat/batch_output.jsonl, found by gigachat/batches_200.json', () => {
      const lines = readLines('gigachat/batch_output.jsonl')
      const reference = { batch: '01999999-0000-7000-8000-000000000001', calls: 2 }
      // Lines come in any order, under the ids that we gave them.
      const output = lines
        .map((line, index) => JSON.stringify({ ...(line as object), id: `call-${index + 1}` }))
        .toReversed()
        .join('\n')
      const { requests: sent, result } = drive(provider.deferred!.inspect(reference, provider.parseModel('GigaChat')), [
        readText('gigachat/batches_200.json'),
        output,
      ])
      expect(sent.map(({ method, path, query }) => [method, path, query])).toEqual([
        ['GET', '/batches', { batch_id: '01999999-0000-7000-8000-000000000001' }],
        ['GET', '/files/01999999-0000-7000-8000-0000000000f1/content', undefined],
      ])
      expect(result).toEqual({
        status: 'done',
        items: lines.map((line) => ({
          result: {
            content: [{ type: 'text', text: textAt(line, 'result.choices.0.message.content') }],
            finishReason: 'stop',
            rawFinishReason: 'stop',
            usage: { inputTokens: 17, outputTokens: 3, totalTokens: 20, cachedInputTokens: 2 },
            modelId: 'GigaChat',
            rawModel: textAt(line, 'result.model'),
          },
        })),
      })
    })
  })

  describe('a token of access is understood', () => {
    afterEach(() => {
      vi.useRealTimers()
    })

    it('gigachat/oauth_200.json', () => {
      const body = readJson('gigachat/oauth_200.json')
      const expiresAt = at(body, 'expires_at') as number
      vi.useFakeTimers({ toFake: ['Date'], now: expiresAt - 30 * 60_000 })
      const { requests: sent, result } = authorize(
        provider,
        'GIGACHAT_CREDENTIALS',
        { key: btoa('00000000-id:00000000-secret') },
        readText('gigachat/oauth_200.json'),
      )
      expect(sent.map(({ endpoint, method, body: form }) => [endpoint, method, form])).toEqual([
        ['token', 'POST', 'scope=GIGACHAT_API_PERS'],
      ])
      expect(result).toEqual({
        headers: { authorization: `Bearer ${textAt(body, 'access_token')}` },
        refreshAt: expiresAt - 60_000,
      })
    })

    it('gigachat/token_200_user_password.json', () => {
      const body = readJson('gigachat/token_200_user_password.json')
      const expiresAt = at(body, 'exp') as number
      vi.useFakeTimers({ toFake: ['Date'], now: expiresAt - 30 * 60_000 })
      const { requests: sent, result } = authorize(
        provider,
        'GIGACHAT_USER',
        { user: 'user', password: 'password' },
        readText('gigachat/token_200_user_password.json'),
      )
      expect(sent.map(({ endpoint, method, path }) => [endpoint, method, path])).toEqual([['api', 'POST', '/token']])
      expect(result).toEqual({
        headers: { authorization: `Bearer ${textAt(body, 'tok')}` },
        refreshAt: expiresAt - 60_000,
      })
    })
  })

  describe('an answer comes through with the headers it had', () => {
    let emulator: Emulator

    beforeEach(async () => {
      emulator = await startEmulator({ pace: 'instant' })
    })
    afterEach(() => emulator.close())

    it.each([
      ['gigachat/v1_chat_200_headers.json', 'gigachat/v1_chat_200.json', 'v1', false],
      ['gigachat/v1_chat_stream_headers.json', 'gigachat/v1_chat_stream.sse', 'v1', true],
      ['gigachat/v2_chat_200_headers.json', 'gigachat/v2_chat_200.json', 'v2', false],
    ] as const)('%s', async (headers, body, api, isStreamed) => {
      emulator.script({ service: 'gigachat', raw: { headers: readHeaders(headers), body: readText(body) } })
      await using client = startClient(emulator)
      const model = `gigachat/${api === 'v1' ? 'GigaChat' : 'GigaChat-3-Ultra'}`
      const call = { model, prompt: 'Привет', providerOptions: { gigachat: { api } } }
      const result = isStreamed ? await client.streamText(call).result : await client.generateText(call)
      expect(result.finishReason).toBe('stop')
      expect(result.text).not.toBe('')
    })

    it('gigachat/oauth_200_headers.json', async () => {
      const token = textAt(readJson('gigachat/oauth_200.json'), 'access_token')
      const body = JSON.stringify({ access_token: token, expires_at: Date.now() + 30 * 60_000 })
      emulator.script({
        service: 'gigachat',
        operation: 'token',
        raw: { headers: readHeaders('gigachat/oauth_200_headers.json'), body },
      })
      emulator.script({ service: 'gigachat', raw: { body: readText('gigachat/v1_chat_200.json') } })
      await using client = startClient(emulator)
      await client.generateText({ model: 'gigachat/GigaChat', prompt: 'Привет' })
      expect(emulator.requests.at(-1)?.headers['authorization']).toBe(`Bearer ${token}`)
    })
  })
})

function startClient(emulator: Emulator) {
  return createClient({ providers: [gigachat(emulator.gigachat)], network: emulator.network, retries: 0 })
}

/** Headers of a connection, and lengths, belong to the exchange that was recorded. */
const ofConnection = ['connection', 'keep-alive', 'transfer-encoding', 'content-length']

function readHeaders(path: string): Readonly<Record<string, string>> {
  const headers = readJson(path) as Readonly<Record<string, string | readonly string[]>>
  const entries = Object.entries(headers).map(
    ([name, value]) => [name.toLowerCase(), [value].flat().join(', ')] as const,
  )
  return Object.fromEntries(entries.filter(([name]) => !ofConnection.includes(name)))
}

const kinds: Readonly<Record<string, string>> = {
  chat: 'chat',
  embedder: 'embedding',
  aicheck: 'classifier',
  filter: 'classifier',
}

function describeModel(listed: unknown): object {
  const id = textAt(listed, 'id')
  const kind = kinds[textAt(listed, 'type')]
  return { id, catalogueId: id, rawId: id, kind, ownedBy: textAt(listed, 'owned_by') }
}

function describeFile(file: unknown): object {
  const modalities = (file as { readonly modalities?: unknown }).modalities
  return {
    fileId: textAt(file, 'id'),
    bytes: at(file, 'bytes'),
    createdAt: new Date((at(file, 'created_at') as number) * 1_000).toISOString(),
    filename: textAt(file, 'filename'),
    purpose: textAt(file, 'purpose'),
    accessPolicy: textAt(file, 'access_policy'),
    ...(modalities !== undefined && { modalities }),
  }
}
