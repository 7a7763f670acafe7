import { createClient, type LogEntry, type Logger } from '@shlyuz/core'
import { gigachat } from '@shlyuz/gigachat'
import { describe, expect, it } from 'vitest'
import { giga, startGigachat } from './support.ts'

/** A logger that keeps its lines, with their levels. */
function keepLines() {
  const lines: { readonly level: string; readonly entry: LogEntry }[] = []
  const keep = (level: string) => (entry: LogEntry) => void lines.push({ level, entry })
  const logger: Logger = { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') }
  return { logger, lines, brief: () => lines.map(({ level, entry: { event } }) => `${level} ${event}`) }
}

describe('the log of a client', () => {
  it('tells of a call, its attempts and its end, by one id and without content', async () => {
    const { logger, lines, brief } = keepLines()
    await using world = await startGigachat({}, { logger })
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status: 503 })
    const { text, usage } = await world.client.generateText({ model: giga, prompt: 'Тайна: 4276' })
    expect(brief()).toEqual(['debug call.start', 'debug attempt', 'warn attempt', 'debug attempt', 'info call.end'])
    expect(lines.map(({ entry }) => 'operation' in entry && entry.operation)).toEqual([
      'chat',
      'token',
      'chat',
      'chat',
      'chat',
    ])
    expect(new Set(lines.map(({ entry }) => entry.call)).size).toBe(1)
    expect(lines[2]?.entry).toMatchObject({ status: 503, error: { name: 'ServerError' } })
    expect(lines.at(-1)?.entry).toMatchObject({ verb: 'generateText', usage, policy: { verdict: 'allow', code: 'ok' } })
    const log = JSON.stringify(lines)
    expect(log).not.toContain('4276')
    expect(log).not.toContain(text)
  })

  it('an attempt that got no answer does not have the status of the one before', async () => {
    const { logger, lines } = keepLines()
    await using world = await startGigachat({}, { logger })
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status: 503 })
    world.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'reset', after: 'request' })
    await world.client.generateText({ model: giga, prompt: 'Привет' }).catch(() => {})
    const statuses = lines.flatMap(({ entry }) => (entry.event === 'attempt' ? [entry.status] : []))
    expect(statuses.slice(0, 3)).toEqual([200, 503, undefined])
  })

  it('a canary of verifyPolicy is no line of it', async () => {
    const { logger, brief } = keepLines()
    await using world = await startGigachat({}, { logger })
    await world.client.verifyPolicy()
    expect(brief()).toEqual(['debug call.start', 'info call.end'])
  })

  it('what is no logger is refused', () => {
    const logger = { log: () => {} } as Logger
    expect(() => createClient({ providers: [gigachat()], logger })).toThrow(/logger must have/)
  })
})
