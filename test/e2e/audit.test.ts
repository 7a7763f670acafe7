import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  auditLog,
  auditSink,
  ConfigurationError,
  createClient,
  definePolicy,
  domesticOnly,
  observe,
  PolicyAuditError,
  PolicyDeniedError,
  verifyAuditLog,
  type AuditLog,
  type Policy,
} from '@shlyuz/core'
import { startEmulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { caught } from './support.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shlyuz-audit-'))
  file = join(folder, 'audit.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function start(audit: AuditLog, policy?: Policy) {
  const emulator = await startEmulator({ pace: 'instant' })
  const providers = [gigachat(emulator.gigachat), yandexgpt(emulator.yandexgpt)] as const
  const client = createClient({
    providers,
    network: emulator.network,
    audit,
    retries: 1,
    onWarning: () => {},
    ...(policy && { policy }),
  })
  return {
    emulator,
    client,
    lines: async () => {
      await audit.close()
      return readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ type }) => type === 'decision' || type === 'outcome')
    },
    async [Symbol.asyncDispose]() {
      await client.close({ graceMs: 0 })
      await emulator.close()
    },
  }
}

const secretWords = ['СЕКРЕТНЫЙ-ВОПРОС', 'СЕКРЕТНАЯ-ИНСТРУКЦИЯ']

describe('auditLog in a client', () => {
  it('has a line before bytes leave and one for the outcome, of every attempt, and no content', async () => {
    await using world = await start(auditLog({ file }))
    const { client, emulator } = world
    emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status: 503 })
    const [prompt, instructions] = secretWords as [string, string]
    const answer = await client.generateText({
      model: 'gigachat/GigaChat-2-Max',
      prompt,
      instructions,
      labels: { system: 'crm' },
      dataClass: 'internal',
    })
    await client.streamText({ model: 'yandexgpt/yandexgpt-5-lite', prompt }).result
    const lines = await world.lines()
    const chat = lines.filter(({ operation, target }) => operation === 'chat' && isOf(target, 'gigachat'))
    expect(chat.map(({ type, attempt, verdict }) => [type, attempt, verdict])).toEqual([
      ['decision', 1, 'allow'],
      ['outcome', 1, 'allow'],
      ['decision', 2, 'allow'],
      ['outcome', 2, 'allow'],
    ])
    expect(chat[0]?.['decision']).toBe(chat[1]?.['decision'])
    expect(new Set(chat.map(({ call }) => call)).size).toBe(1)
    expect(chat[1]?.['outcome']).toMatchObject({ status: 503, error: 'response.server' })
    expect(chat[3]).toMatchObject({
      code: 'ok',
      policy: answer.policy.policy,
      labels: { system: 'crm' },
      dataClasses: ['internal'],
      network: 'test',
      content: { messages: 2 },
      outcome: { status: 200 },
    })
    const written = readFileSync(file, 'utf8')
    for (const words of [...secretWords, answer.text.slice(0, 20), ...credentials(emulator)]) {
      expect(written).not.toContain(words)
    }
    expect(await verifyAuditLog({ file })).toMatchObject({ ok: true })
  })

  it('records refusals at every depth once, with the code and the depth', async () => {
    await using world = await start(auditLog({ file }))
    const { client, emulator } = world
    await caught(client.generateText({ model: 'yandexgpt/qwen3-235b-a22b-fp8', prompt: 'Привет' }))
    emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'redirect', location: 'https://evil.example/' })
    await caught(client.generateText({ model: 'gigachat/GigaChat-2-Max', prompt: 'Привет' }))
    const denials = (await world.lines()).filter(({ verdict }) => verdict === 'deny')
    expect(denials.map(({ code, depth, type }) => [type, code, depth])).toEqual([
      ['decision', 'model.foreign', 'intent'],
      ['decision', 'redirect.blocked', 'response'],
    ])
  })

  it('has a line for each of several calls that one decision refuses', async () => {
    await using world = await start(auditLog({ file }))
    const refused = { model: 'yandexgpt/qwen3-235b-a22b-fp8', prompt: 'Привет' }
    await caught(world.client.generateText(refused))
    await caught(world.client.generateText(refused))
    const narrow = definePolicy({ ...base(), origins: ['https://ngw.devices.sberbank.ru:9443'] })
    const elsewhere = { model: 'gigachat/GigaChat-2-Max', prompt: 'Привет', policy: narrow }
    for (let at = 0; at < 3; at++) await caught(world.client.generateText(elsewhere))
    const denials = (await world.lines()).filter(({ verdict }) => verdict === 'deny')
    expect(denials.map(({ code }) => code)).toEqual([
      'model.foreign',
      'model.foreign',
      'url.host_not_allowed',
      'url.host_not_allowed',
      'url.host_not_allowed',
    ])
    expect(new Set(denials.map(({ call }) => call)).size).toBe(5)
  })

  it('says of an observed refusal what would have been', async () => {
    await using world = await start(auditLog({ file }), observe(domesticOnly()))
    const { policy } = await world.client.generateText({ model: 'yandexgpt/qwen3-235b-a22b-fp8', prompt: 'Привет' })
    expect(policy).toMatchObject({ verdict: 'allow', would: 'deny', code: 'model.foreign' })
    const [line] = (await world.lines()).filter(({ operation }) => operation === 'chat')
    expect(line).toMatchObject({ verdict: 'allow', would: 'deny', code: 'model.foreign', mode: 'observe' })
  })

  it.each([
    ['is a folder', 'audit.unwritable', () => mkdirSync(file)],
    ['was edited', 'audit.tampered', () => writeFileSync(file, '{"v":1,"seq":1,"prev":"sha256:00"}\n{"no":1}\n')],
  ])('sends nothing when the file %s', async (_what, code, spoil) => {
    spoil()
    await using world = await start(auditLog({ file }))
    const error = await caught(world.client.generateText({ model: 'gigachat/GigaChat-2-Max', prompt: 'Привет' }))
    expect(error).toBeInstanceOf(PolicyAuditError)
    expect(error).toMatchObject({ code, isRetryable: false })
    expect(world.emulator.requests).toHaveLength(0)
  })

  it('a log that is not strict goes on and counts', async () => {
    mkdirSync(file)
    const audit = auditLog({ file, strict: false })
    await using world = await start(audit)
    expect((await world.client.generateText({ model: 'gigachat/GigaChat-2-Max', prompt: 'Привет' })).text).not.toBe('')
    expect(audit.dropped).toBeGreaterThan(0)
  })

  it('a sink of the caller’s own decides as well, and a refusal stays a refusal when it throws', async () => {
    const audit = auditSink({ append: () => Promise.reject(new Error('no disk')) })
    await using world = await start(audit)
    const error = await caught(world.client.generateText({ model: 'gigachat/GigaChat-2-Max', prompt: 'Привет' }))
    expect(error).toMatchObject({ name: 'PolicyAuditError', code: 'audit.failed' })
    expect(world.emulator.requests).toHaveLength(0)
    const denied = await caught(world.client.generateText({ model: 'yandexgpt/qwen3-235b-a22b-fp8', prompt: 'Привет' }))
    expect(denied).toBeInstanceOf(PolicyDeniedError)
  })
})

describe('policies that demand a log', () => {
  const strict = { ...base(), audit: 'strict' as const }

  it('refuse a client without one, or with one that goes on without', () => {
    const providers = [gigachat()]
    const policy = definePolicy(strict)
    expect(() => createClient({ providers, policy })).toThrow(ConfigurationError)
    expect(() => createClient({ providers, policy, audit: auditLog({ file, strict: false }) })).toThrow(
      /strict audit log/,
    )
    expect(createClient({ providers, policy, audit: auditLog({ file }) })).toBeDefined()
    expect(() => createClient({ providers, audit: { append: () => {} } as never })).toThrow(ConfigurationError)
  })

  it('refuse a call whose own policy demands what the client has not', async () => {
    const emulator = await startEmulator({ pace: 'instant' })
    await using client = createClient({ providers: [gigachat(emulator.gigachat)], network: emulator.network })
    const policy = definePolicy(strict)
    const error = await caught(client.generateText({ model: 'gigachat/GigaChat-2-Max', prompt: 'Привет', policy }))
    expect(error).toMatchObject({ code: 'policy.obligation_unmet' })
    expect(emulator.requests).toHaveLength(0)
    await emulator.close()
  })
})

function base() {
  return {
    name: 'audited',
    origins: ['https://api.giga.chat', 'https://ngw.devices.sberbank.ru:9443'],
    addresses: { classes: ['global' as const] },
    models: { developer: ['ru'], weights: ['*'] },
  }
}

function isOf(target: unknown, provider: string): boolean {
  return (target as { provider?: string }).provider === provider
}

function credentials(emulator: Awaited<ReturnType<typeof startEmulator>>): string[] {
  return Object.values({ ...emulator.gigachat, ...emulator.yandexgpt }).filter(
    (value): value is string => typeof value === 'string' && value.length > 24 && !/^https?:|BEGIN/.test(value),
  )
}
