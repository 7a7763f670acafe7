import { domesticOnly } from '@shlyuz/core'
import type { Decoder, Effect, Operation, Policy, Provider, StreamEnd, StreamPart } from '@shlyuz/core'
import { contractCases, type ContractCase } from '@shlyuz/core/testing'
import { startEmulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { openaiCompatible } from '@shlyuz/openai-compatible'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { afterAll, describe, expect, it } from 'vitest'
import { emulatorBackend } from './emulator-backend.ts'

const emulator = await startEmulator({ pace: 'instant' })
afterAll(() => emulator.close())

const surfaces: readonly {
  readonly title: string
  readonly service: 'gigachat' | 'yandexgpt' | 'openai'
  readonly provider: Provider
  readonly model: string
  readonly hasStreamUsage?: boolean
  readonly policy?: Policy
}[] = [
  {
    title: 'GigaChat v1',
    service: 'gigachat',
    provider: gigachat(emulator.gigachat),
    model: 'gigachat/GigaChat-2-Max',
  },
  {
    title: 'GigaChat v2',
    service: 'gigachat',
    provider: gigachat({ ...emulator.gigachat, api: 'v2' }),
    model: 'gigachat/GigaChat-2-Max',
  },
  {
    title: 'YandexGPT',
    service: 'yandexgpt',
    provider: yandexgpt(emulator.yandexgpt),
    model: 'yandexgpt/yandexgpt',
  },
  {
    title: 'YandexGPT, OpenAI-compatible',
    service: 'yandexgpt',
    provider: yandexgpt({ ...emulator.yandexgpt, api: 'openai' }),
    model: 'yandexgpt/yandexgpt-5.1',
    hasStreamUsage: false,
  },
  {
    title: 'OpenAI-compatible, on premises',
    service: 'openai',
    provider: openaiCompatible(emulator.openai),
    model: 'stand/GigaChat-20B-A3B',
    policy: domesticOnly({
      also: [
        {
          ...emulator.openaiPolicy,
          models: [
            {
              id: 'GigaChat-20B-A3B',
              developer: 'ru',
              weights: 'own',
              source: 'model card of the open weights',
              asOf: '2026-11-24',
            },
          ],
        },
      ],
    }),
  },
]

describe.each(surfaces)('$title keeps the contract', ({ service, provider, model, hasStreamUsage, policy }) => {
  const backend = emulatorBackend(emulator, service, model, hasStreamUsage, policy)
  for (const { name, run } of contractCases(provider, backend)) it(name, run)
})

/** What is broken of a decoder: the parts of one push, or its end. */
interface Breakage {
  parts?(parts: readonly StreamPart[]): readonly StreamPart[]
  end?(end: StreamEnd): StreamEnd
}

describe('a broken adapter is found out', () => {
  it('when it drops the last delta', async () => {
    // From the second on, each delta waits for the next one: so the last is never given out.
    const makeBreakage = (): Breakage => {
      let held: StreamPart[] | undefined
      return {
        parts(parts) {
          if (!parts.some(({ type }) => type === 'text-delta')) return parts
          const released = held ?? parts
          held = held ? [...parts] : []
          return released
        },
      }
    }
    expect(await failedCases(makeBreakage)).toEqual(
      expect.arrayContaining(['the pieces of a stream join to the text, the last one included']),
    )
  })

  it('when it ignores truncation', async () => {
    const makeBreakage = (): Breakage => ({
      end: (end) => (end.type === 'cut' ? { type: 'finish', finishReason: 'stop', usage: {} } : end),
    })
    expect(await failedCases(makeBreakage)).toEqual(
      expect.arrayContaining(['a stream without its end mark is no answer']),
    )
  })

  it('when it sends text in the wrong type', async () => {
    const makeBreakage = (): Breakage => ({
      parts: (parts) => parts.map((part) => (part.type === 'text-delta' ? wrongType(part.text) : part)),
    })
    expect(await failedCases(makeBreakage)).toEqual(
      expect.arrayContaining(['every piece of a stream is a text with something in it']),
    )
  })
})

function wrongType(text: string): StreamPart {
  return { type: 'text-delta', text: [text] as unknown as string }
}

async function failedCases(makeBreakage: () => Breakage): Promise<string[]> {
  const provider = breakDecoders(gigachat(emulator.gigachat), makeBreakage)
  const failed: string[] = []
  for (const one of contractCases(provider, emulatorBackend(emulator, 'gigachat', 'gigachat/GigaChat-2-Max'))) {
    if (!(await isKept(one))) failed.push(one.name)
  }
  return failed
}

async function isKept({ run }: ContractCase): Promise<boolean> {
  try {
    await run()
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    expect((error as Error).message).not.toBe('')
    return false
  }
}

function breakDecoders(provider: Provider, makeBreakage: () => Breakage): Provider {
  return { ...provider, text: (call, model) => breakOperation(provider.text(call, model), makeBreakage) }
}

/** The same operation, each stream of it read by a broken decoder. */
function* breakOperation<R>(operation: Operation<R>, makeBreakage: () => Breakage): Operation<R> {
  let next = operation.next()
  while (!next.done) {
    const effect: Effect = next.value
    const broken: Effect =
      effect.do === 'stream'
        ? { ...effect, createDecoder: () => breakDecoder(effect.createDecoder(), makeBreakage()) }
        : effect
    next = operation.next(yield broken)
  }
  return next.value
}

function breakDecoder(decoder: Decoder, { parts, end }: Breakage): Decoder {
  if (decoder.framing !== 'sse') throw new Error('not a stream of events')
  return {
    framing: 'sse',
    get done() {
      return decoder.done
    },
    push(event, data, out) {
      const pushed: StreamPart[] = []
      decoder.push(event, data, pushed)
      out.push(...(parts ? parts(pushed) : pushed))
    },
    end(out) {
      const pushed: StreamPart[] = []
      const given = decoder.end(pushed)
      out.push(...(parts ? parts(pushed) : pushed))
      return end ? end(given) : given
    },
  }
}
