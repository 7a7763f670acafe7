import type { Client, ShlyuzError, StreamInterruptedError, TextStream, TextStreamPart } from '@shlyuz/core'
import { expect, it } from 'vitest'
import { startEmulated } from './emulated.ts'
import type { RawExchange } from './raw-server.ts'
import { row } from './row.ts'
import { gigachatV1, openAi, surfaces, yandexgptNative, type StreamSurface } from './surfaces.ts'
import { caught, eventually, settle, stand, startRaw } from './world.ts'

const pieces = ['При', 'вет, 👩‍🚀 ', 'ё\u2028', 'конец']

function ask(client: Client, { call }: StreamSurface = openAi, options: object = {}): TextStream {
  return client.streamText({ ...call, prompt: 'x', ...options })
}

async function read(stream: AsyncIterable<TextStreamPart>): Promise<TextStreamPart[]> {
  const parts: TextStreamPart[] = []
  for await (const part of stream) parts.push(part)
  return parts
}

/** The parts with neighbouring deltas joined: where they are cut is the network's affair. */
function joined(parts: readonly TextStreamPart[]): readonly unknown[] {
  const result: { type: string; text?: string }[] = []
  for (const part of parts as readonly { type: string; text?: string }[]) {
    const last = result.at(-1)
    if (last?.type === 'text-delta' && part.type === 'text-delta') last.text = `${last.text}${part.text}`
    else result.push({ ...part })
  }
  return result
}

/** Sends the events, and nothing behind them. */
async function send(exchange: RawExchange, { contentType }: StreamSurface, events: readonly (string | Buffer)[]) {
  await exchange.head(200, { 'content-type': contentType })
  for (const one of events) await exchange.chunk(one)
}

async function sendWhole(exchange: RawExchange, surface: StreamSurface, events: readonly (string | Buffer)[]) {
  await send(exchange, surface, events)
  await exchange.end()
}

row('F36', () => {
  const variants = surfaces.flatMap((surface) =>
    surface.contentType === 'text/event-stream'
      ? [
          { name: `${surface.name}, LF`, surface, lineEnd: '\n' },
          { name: `${surface.name}, CRLF`, surface, lineEnd: '\r\n' },
        ]
      : [{ name: surface.name, surface, lineEnd: '\n' }],
  )

  it.each(variants)('$name: cut once at each byte, and at all of them', async ({ surface, lineEnd }) => {
    const body = Buffer.from(surface.frame(pieces).join('').replaceAll('\n', lineEnd))
    await using world = await startRaw((exchange) => sendWhole(exchange, surface, [body]))
    const whole = await read(ask(world.client, surface))
    expect(joined(whole)[0]).toEqual({ type: 'text-delta', text: pieces.join('') })
    let next = 1
    world.server.handle = (exchange) => {
      const at = next++
      return sendWhole(exchange, surface, [body.subarray(0, at), body.subarray(at)])
    }
    // A few at a time, as a server has them.
    for (let at = 1; at < body.length; at += 8) {
      const streams = Array.from({ length: Math.min(8, body.length - at) }, () => read(ask(world.client, surface)))
      for (const parts of await Promise.all(streams)) expect(joined(parts)).toEqual(joined(whole))
    }
    world.server.handle = (exchange) =>
      sendWhole(
        exchange,
        surface,
        Array.from(body, (byte) => Buffer.of(byte)),
      )
    expect(joined(await read(ask(world.client, surface)))).toEqual(joined(whole))
  })
})

row('F37', () => {
  const [first = '', ...rest] = openAi.frame(pieces)
  const plain = [first, ...rest].join('')

  it.each<[string, string]>([
    ['a byte order mark', `\uFEFF${plain}`],
    ['comments', `: hello\n\n${[first, ...rest].join(': keep-alive\n\n')}:\n\n`],
    ['unknown fields, ids and retries', `foo: bar\nid: 7\u0000\nretry: 10x\nretry: 100\nid\n${plain}`],
    ['CR alone', plain.replaceAll('\n', '\r')],
    ['CRLF', plain.replaceAll('\n', '\r\n')],
    ['all line ends mixed', plain.replace('\n\n', '\r\n\n').replace('\n\n', '\r\r').replace('\n\n', '\n\r\n')],
    ['no space behind the colon', plain.replaceAll('data: ', 'data:')],
    ['data of several lines', plain.replaceAll('"choices":', '\ndata: "choices":')],
    ['names of events', plain.replaceAll('data: ', 'event: message\ndata: ')],
    ['blank lines between', plain.replaceAll('\n\n', '\n\n\n\n')],
    ['no blank line at the end', plain.slice(0, -1)],
  ])('%s', async (_name, body) => {
    await using world = await startRaw((exchange) => sendWhole(exchange, openAi, [body]))
    expect((await ask(world.client).result).text).toBe(pieces.join(''))
    // Cut where it hurts: inside the mark, between CR and LF, inside letters.
    const bytes = Buffer.from(body)
    world.server.handle = (exchange) =>
      sendWhole(
        exchange,
        openAi,
        Array.from(bytes, (byte) => Buffer.of(byte)),
      )
    expect((await ask(world.client).result).text).toBe(pieces.join(''))
  })

  it('an event that was not finished is dropped', async () => {
    await using world = await startRaw((exchange) => sendWhole(exchange, openAi, [first, (rest[0] ?? '').trimEnd()]))
    const error = await caught(read(ask(world.client)))
    expect(error).toMatchObject({ name: 'StreamInterruptedError', partial: { text: pieces[0] } })
  })
})

row('F38', () => {
  it.each(surfaces)('$name: cut after each event', async (surface) => {
    const events = surface.frame(pieces)
    const endMark = events.findIndex((one) => /"finish_reason":"stop"|STATUS_FINAL/.test(one))
    await using world = await startRaw(() => {})
    const ways = [(exchange: RawExchange) => exchange.end(), async (exchange: RawExchange) => exchange.close()]
    for (const close of ways) {
      for (let length = 1; length <= endMark; length++) {
        world.server.requests.length = 0
        world.server.handle = async (exchange) => {
          await send(exchange, surface, events.slice(0, length))
          await close(exchange)
        }
        const stream = ask(world.client, surface, { retries: 2 })
        const error = (await caught(read(stream))) as StreamInterruptedError
        expect(error, `after ${length}`).toMatchObject({ name: 'StreamInterruptedError', isRetryable: true })
        expect(error.partial.text).toBe(pieces.slice(0, length).join(''))
        expect(await caught(stream.result)).toBe(error)
        expect(world.server.requests).toHaveLength(1)
      }
    }
  })

  it.each(['gigachat', 'yandexgpt'] as const)('the emulator of %s ends early', async (service) => {
    await using world = await startEmulated({ retries: 2 })
    const model = service === 'gigachat' ? 'gigachat/GigaChat-2' : 'yandexgpt/yandexgpt-5.1'
    world.emulator.fail({ service, operation: 'chat', kind: 'truncate', pieces: 1 })
    const error = await caught(world.client.streamText({ model, prompt: 'Привет' }).result)
    expect(error).toMatchObject({ name: 'StreamInterruptedError' })
    expect((error as StreamInterruptedError).partial.text).not.toBe('')
  })

  it.each(surfaces)('$name: before content it is asked again', async (surface) => {
    await using world = await startRaw(
      async (exchange) => {
        const events = world.server.requests.length === 1 ? [] : surface.frame(pieces)
        await sendWhole(exchange, surface, events)
      },
      { retries: 1 },
    )
    expect((await ask(world.client, surface).result).text).toBe(pieces.join(''))
    expect(world.server.requests).toHaveLength(2)
  })
})

row('F39', () => {
  const ways: readonly [string, (exchange: RawExchange) => void][] = [
    ['RST', (exchange) => exchange.reset()],
    ['FIN inside a chunk', (exchange) => void exchange.write('20\r\nhalf').then(() => exchange.close())],
    ['nonsense in place of a chunk', (exchange) => void exchange.write('это не длина\r\n')],
  ]
  it.each(ways)('%s', async (_name, end) => {
    await using world = await startRaw(() => {}, { retries: 2 })
    for (const surface of surfaces) {
      world.server.requests.length = 0
      let taken: () => void = () => {}
      const seen = new Promise<void>((resolve) => (taken = resolve))
      world.server.handle = async (exchange) => {
        await send(exchange, surface, surface.frame(pieces).slice(0, 2))
        await seen
        end(exchange)
      }
      const stream = ask(world.client, surface)
      const error = (await caught(async () => {
        for await (const part of stream) if (part.type === 'text-delta') taken()
      })) as StreamInterruptedError
      expect(error, surface.name).toMatchObject({ name: 'StreamInterruptedError', cause: { name: 'ConnectionError' } })
      expect(error.partial.text, surface.name).toBe(pieces.slice(0, 2).join(''))
      expect(error.attempts).toHaveLength(1)
      expect(world.server.requests).toHaveLength(1)
    }
  })
})

row('F40', () => {
  it.each(surfaces)('$name', async (surface) => {
    await using world = await startRaw(async (exchange) => {
      if (world.server.requests.length > 2) return sendWhole(exchange, surface, surface.frame(pieces))
      await exchange.head(200, { 'content-type': surface.contentType })
      exchange.reset()
    })
    const { text, attempts } = await ask(world.client, surface, { retries: 2 }).result
    expect(text).toBe(pieces.join(''))
    expect(attempts).toHaveLength(3)

    world.server.requests.length = 0
    const error = (await caught(ask(world.client, surface, { retries: 1 }).result)) as StreamInterruptedError
    expect(error).toMatchObject({ name: 'StreamInterruptedError', partial: { text: '', content: [] } })
    expect(error.cause).toMatchObject({ name: 'ConnectionError' })
    expect(error.attempts).toHaveLength(2)
  })
})

row('F41', () => {
  const [first = '', second = ''] = openAi.frame(pieces)

  it.each([openAi, yandexgptNative])('$name: silence after content', async (surface) => {
    await using world = await startRaw((exchange) => send(exchange, surface, surface.frame(pieces).slice(0, 1)))
    const error = await caught(read(ask(world.client, surface, { timeout: { idleMs: 300 }, retries: 2 })))
    expect(error).toMatchObject({ name: 'StreamInterruptedError', partial: { text: pieces[0] } })
    expect((error as Error).cause).toMatchObject({ name: 'TimeoutError', phase: 'idle', limitMs: 300 })
    await eventually(() => world.server.open === 0, 'the socket is closed')
    expect(world.server.requests).toHaveLength(1)
  })

  it('the limit starts again at every byte', async () => {
    await using world = await startRaw(async (exchange) => {
      await send(exchange, openAi, [first])
      // In all twice as long as the limit.
      for (const byte of second.slice(0, 20)) {
        await settle(150)
        await exchange.chunk(byte)
      }
      await exchange.chunk(second.slice(20))
      for (const one of openAi.frame(pieces).slice(2)) await exchange.chunk(one)
      await exchange.end()
    })
    const { text } = await ask(world.client, openAi, { timeout: { idleMs: 1_500 } }).result
    expect(text).toBe(pieces.join(''))
  })

  it.each([
    ['after content', [first], 'StreamInterruptedError'],
    ['before content', [], 'TimeoutError'],
  ])('comments are life, and no content (%s)', async (_name, before, name) => {
    await using world = await startRaw(async (exchange) => {
      await send(exchange, openAi, before)
      while (!exchange.isClosed) {
        await exchange.chunk(': keep-alive\n\n')
        await settle(20)
      }
    })
    const timeout = { idleMs: 5_000, firstContentMs: 500 }
    const error = (await caught(read(ask(world.client, openAi, { timeout })))) as ShlyuzError
    expect(error.name).toBe(name)
    const timedOut = name === 'TimeoutError' ? error : error.cause
    expect(timedOut).toMatchObject({ name: 'TimeoutError', phase: 'first-content', limitMs: 500 })
  })
})

row('F42', () => {
  it.each(surfaces)('$name', async (surface) => {
    const [first = '', ...rest] = surface.frame(pieces)
    const bad = surface === yandexgptNative ? '{"result": {"alternatives": [\n' : 'data: {"choices": [{"delta"\n\n'
    await using world = await startRaw((exchange) => sendWhole(exchange, surface, [first, bad, ...rest]))
    const error = (await caught(read(ask(world.client, surface, { retries: 2 })))) as StreamInterruptedError
    expect(error).toMatchObject({ name: 'StreamInterruptedError', cause: { name: 'ProtocolError' } })
    expect(error.partial.text).toBe(pieces[0])
    expect(world.server.requests).toHaveLength(1)
  })

  it.each(['gigachat', 'yandexgpt'] as const)('the emulator of %s', async (service) => {
    await using world = await startEmulated()
    const model = service === 'gigachat' ? 'gigachat/GigaChat-2' : 'yandexgpt/yandexgpt-5.1'
    world.emulator.fail({ service, operation: 'chat', kind: 'garbage', pieces: 1 })
    expect(await caught(world.client.streamText({ model, prompt: 'Привет' }).result)).toMatchObject({
      name: 'StreamInterruptedError',
      cause: { name: 'ProtocolError' },
    })
  })
})

row('F43', () => {
  it.each(surfaces)('$name', async (surface) => {
    const [first = ''] = surface.frame(pieces)
    await using world = await startRaw((exchange) => sendWhole(exchange, surface, [first, surface.errorEvent]))
    const error = (await caught(read(ask(world.client, surface, { retries: 2 })))) as StreamInterruptedError
    expect(error).toMatchObject({ name: 'StreamInterruptedError', partial: { text: pieces[0] } })
    expect(error.cause).toMatchObject({ name: 'ServerError', status: 503 })
    expect(world.server.requests).toHaveLength(1)
    // Before content it is the error itself, and may be asked again.
    world.server.handle = (exchange) => sendWhole(exchange, surface, [surface.errorEvent])
    const early = await caught(ask(world.client, surface, { retries: 0 }).result)
    expect(early).toMatchObject({ name: 'ServerError', status: 503, isRetryable: true })
  })
})

row('F44', () => {
  it.each([
    { surface: gigachatV1, start: 'data: ', name: 'ResponseTooLargeError' },
    { surface: openAi, start: 'data: {"choices": [{"delta": {"content": "', name: 'ResponseTooLargeError' },
    { surface: yandexgptNative, start: '{"result": {"alternatives": [{"message": {"text": "', name: 'ProtocolError' },
  ])('$surface.name: $start…', async ({ surface, start, name }) => {
    let taken = 0
    await using world = await startRaw(async (exchange) => {
      await exchange.head(200, { 'content-type': surface.contentType })
      await exchange.chunk(start)
      const block = 'ы'.repeat(128 * 1024)
      while (!exchange.isClosed && exchange.taken < 1_000_000_000) await exchange.chunk(block)
      ;({ taken } = exchange)
    })
    const error = await caught(read(ask(world.client, surface, { retries: 2 })))
    expect(error).toMatchObject({ name, isRetryable: false })
    await eventually(() => world.server.open === 0 && taken > 0, 'the socket is closed')
    expect(taken).toBeLessThan(150_000_000)
    expect(world.server.requests).toHaveLength(1)
  })

  it('a line that is none of the format is not kept, and ends by the limit of time without content', async () => {
    await using world = await startRaw(async (exchange) => {
      await exchange.head()
      const block = 'ы'.repeat(32 * 1024)
      for (; !exchange.isClosed; await settle(5)) await exchange.chunk(block)
    })
    const error = await caught(read(ask(world.client, openAi, { timeout: { firstContentMs: 500 } })))
    expect(error).toMatchObject({ name: 'TimeoutError', phase: 'first-content' })
  })

  it('an event of countless lines', async () => {
    let taken = 0
    await using world = await startRaw(async (exchange) => {
      await exchange.head()
      const block = `data: ${'ы'.repeat(100)}\n`.repeat(1_000)
      while (!exchange.isClosed && exchange.taken < 1_000_000_000) await exchange.chunk(block)
      ;({ taken } = exchange)
    })
    expect(await caught(read(ask(world.client)))).toMatchObject({ name: 'ResponseTooLargeError' })
    await eventually(() => world.server.open === 0 && taken > 0, 'the socket is closed')
    expect(taken).toBeLessThan(150_000_000)
  })
})

row('F45', () => {
  const chunk = (choice: object, more: object = {}) =>
    `data: ${JSON.stringify({ object: 'chat.completion.chunk', model: 'any', choices: [{ index: 0, ...choice }], ...more })}\n\n`
  const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }
  const call = (id: string, text: string) => ({
    delta: { tool_calls: [{ index: 0, id, type: 'function', function: { name: 'weather', arguments: text } }] },
  })
  const rest = (text: string) => ({ delta: { tool_calls: [{ index: 0, function: { arguments: text } }] } })
  const tools = { weather: { inputSchema: { type: 'object', properties: { city: { type: 'string' } } } } }

  it('usage', async () => {
    const events = [
      chunk({ delta: { content: 'да' } }),
      chunk({ delta: {}, finish_reason: 'stop' }),
      `data: ${JSON.stringify({ object: 'chat.completion.chunk', model: 'any', choices: [], usage })}\n\n`,
      'data: [DONE]\n\n',
    ]
    await using world = await startRaw((exchange) => sendWhole(exchange, openAi, events))
    const result = await ask(world.client).result
    expect(result.usage).toMatchObject({ inputTokens: 3, outputTokens: 4, totalTokens: 7 })
  })

  it('the rest of the arguments', async () => {
    const events = [
      chunk(call('a', '{"city":')),
      chunk({ delta: {}, finish_reason: 'tool_calls' }),
      chunk(rest('"Казань"}')),
      'data: [DONE]\n\n',
    ]
    await using world = await startRaw((exchange) => sendWhole(exchange, openAi, events))
    const { toolCalls } = await ask(world.client, openAi, { tools }).result
    expect(toolCalls).toMatchObject([{ toolName: 'weather', input: { city: 'Казань' } }])
  })

  it('a whole call, and text', async () => {
    const events = [
      chunk({ delta: { content: 'сей' }, finish_reason: 'tool_calls' }),
      chunk({ delta: { content: 'час' } }),
      chunk(call('a', '{"city":"Казань"}')),
      'data: [DONE]\n\n',
    ]
    await using world = await startRaw((exchange) => sendWhole(exchange, openAi, events))
    const result = await ask(world.client, openAi, { tools }).result
    expect(result.text).toBe('сейчас')
    expect(result.toolCalls).toMatchObject([{ toolName: 'weather', input: { city: 'Казань' } }])
  })
})

/** Pours numbered pieces as fast as they are taken. */
function pour(progress: { taken: number }): (exchange: RawExchange) => Promise<void> {
  return async (exchange) => {
    await exchange.head()
    for (let number = 0; !exchange.isClosed && exchange.taken < 500_000_000; number++) {
      await exchange.chunk(openAi.frame([`${number} ${'х'.repeat(500)}|`])[0] ?? '')
      progress.taken = exchange.taken
    }
  }
}

row('F46', () => {
  it('the sender is stopped, and nothing is lost', async () => {
    const progress = { taken: 0 }
    await using world = await startRaw(pour(progress))
    const numbers: number[] = []
    let slow = true
    const reading = (async () => {
      for await (const part of ask(world.client)) {
        if (part.type === 'text-delta') numbers.push(Number.parseInt(part.text, 10))
        if (slow) await settle(50)
        else if (numbers.length > 20_000) break
      }
    })()
    // What the sockets and one queue hold, and not a byte more.
    let seen = -1
    let still = 0
    for (let look = 0; look < 100 && still < 5; look++) {
      await settle(200)
      still = progress.taken === seen ? still + 1 : 0
      seen = progress.taken
    }
    expect(still).toBe(5)
    expect(progress.taken).toBeGreaterThan(0)
    expect(progress.taken).toBeLessThan(32_000_000)
    const heap = process.memoryUsage().heapUsed
    await settle(500)
    expect(progress.taken).toBe(seen)
    expect(process.memoryUsage().heapUsed - heap).toBeLessThan(16_000_000)
    slow = false
    await reading
    expect(progress.taken).toBeGreaterThan(seen)
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, at) => at))
  })
})

row('F47', () => {
  it('the socket closes and serves nobody else', async () => {
    const rejections: unknown[] = []
    const note = (reason: unknown): void => void rejections.push(reason)
    process.on('unhandledRejection', note)
    await using world = await startRaw(pour({ taken: 0 }))
    const stream = ask(world.client)
    for await (const _part of stream) break
    await eventually(() => world.server.open === 0, 'the socket is closed')
    world.server.handle = (exchange) => sendWhole(exchange, openAi, openAi.frame(pieces))
    expect((await ask(world.client).result).text).toBe(pieces.join(''))
    expect(world.server.requests.map(({ connection }) => connection)).toEqual([0, 1])
    await settle(20)
    process.off('unhandledRejection', note)
    expect(rejections).toEqual([])
    expect(await caught(stream.result)).toMatchObject({ name: 'AbortError' })
  })
})

row('F48', () => {
  it('the deadline closes it, and nobody hears of it', async () => {
    const rejections: unknown[] = []
    const note = (reason: unknown): void => void rejections.push(reason)
    process.on('unhandledRejection', note)
    await using world = await startRaw(pour({ taken: 0 }))
    const dropped = ask(world.client, openAi, { timeout: { totalMs: 400 } })
    await eventually(() => world.server.open === 1, 'the stream has begun')
    await eventually(() => world.server.open === 0, 'the socket is closed')
    await settle(20)
    process.off('unhandledRejection', note)
    expect(rejections).toEqual([])
    const error = (await caught(dropped.result)) as ShlyuzError
    expect(error).toMatchObject({ name: 'StreamInterruptedError', cause: { name: 'TimeoutError', phase: 'total' } })
  })

  it('before content it is the TimeoutError itself', async () => {
    await using world = await startRaw(() => {})
    const error = await caught(world.client.streamText({ model: stand, prompt: 'x', timeout: { totalMs: 200 } }).result)
    expect(error).toMatchObject({ name: 'TimeoutError', phase: 'total' })
  })
})
