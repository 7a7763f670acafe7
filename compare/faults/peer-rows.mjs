// The streaming rows of the fault matrix, as any client of the OpenAI API can be driven through them.
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { openAi } from '../../test/faults/surfaces.ts'

const pieces = ['При', 'вет, 👩‍🚀 ', 'ё\u2028', 'конец']
const whole = pieces.join('')
const events = openAi.frame(pieces)
const [first, second] = events
const plain = events.join('')

const whatItIs = [
  `\uFEFF${plain}`,
  `: hello\n\n${events.join(': keep-alive\n\n')}`,
  `foo: bar\nid: 7\nretry: 100\n${plain}`,
  plain.replaceAll('\n', '\r\n'),
  plain.replaceAll('\n', '\r'),
  plain.replaceAll('data: ', 'data:'),
  plain.replaceAll('"choices":', '\ndata: "choices":'),
]

/** A stream in one piece that ends in order. */
async function send(exchange, ...parts) {
  await exchange.head()
  for (const part of parts) await exchange.chunk(part)
  await exchange.end()
}

/** Lets what was written arrive before the connection breaks. */
const arrived = () => sleep(200)

/** Must be told as an error, with no text but what came. */
const asError = { expects: 'error', text: whole }
/** Must be the whole answer. */
const asWhole = { expects: 'whole', text: whole }

/**
 * `handle` answers a request; `asked` counts them from 1, and the prompt is a number that counts from 0. `expects`
 * says what of a client counts as passed.
 */
export const peerRows = [
  {
    number: 'F36',
    ...asWhole,
    async handle(exchange) {
      await exchange.head()
      for (const byte of Buffer.from(plain)) {
        await exchange.chunk(Buffer.of(byte))
        await sleep(1)
      }
      await exchange.end()
    },
  },
  {
    number: 'F37',
    ...asWhole,
    prompts: whatItIs.length,
    handle: (exchange, { prompt }) => send(exchange, whatItIs[prompt]),
  },
  { number: 'F38', ...asError, handle: (exchange) => send(exchange, first, second) },
  {
    number: 'F39',
    ...asError,
    async handle(exchange) {
      await exchange.head()
      await exchange.chunk(first + second)
      await arrived()
      exchange.reset()
    },
  },
  {
    number: 'F40',
    ...asWhole,
    async handle(exchange, { asked }) {
      if (asked > 1) return send(exchange, plain)
      await exchange.head()
      await arrived()
      exchange.reset()
    },
  },
  {
    number: 'F41',
    ...asError,
    async handle(exchange) {
      await exchange.head()
      await exchange.chunk(first)
    },
  },
  {
    number: 'F42',
    ...asError,
    handle: (exchange) =>
      send(exchange, first, 'data: {"choices":[{"index":0,"delta":{"content":"утр\n\n', ...events.slice(2)),
  },
  { number: 'F43', ...asError, handle: (exchange) => send(exchange, first, openAi.errorEvent) },
  {
    number: 'F44',
    ...asError,
    async handle(exchange) {
      await exchange.head()
      await exchange.chunk('data: {"choices":[{"index":0,"delta":{"content":"')
      const block = 'x'.repeat(256 * 1024)
      while (!exchange.isClosed && exchange.taken < 300_000_000) await exchange.chunk(block)
    },
  },
  { number: 'F45', ...asWhole, usage: 7, handle: (exchange) => send(exchange, plain) },
  { number: 'F46', expects: 'held back', manner: 'slow', handle: pour },
  { number: 'F47', expects: 'closed', manner: 'leave', handle: pour },
  { number: 'F48', expects: 'closed', manner: 'drop', handle: pour },
]

async function pour(exchange, { progress }) {
  await exchange.head()
  for (let number = 0; !exchange.isClosed && exchange.taken < 300_000_000; number++) {
    await exchange.chunk(openAi.frame([`${number} ${'x'.repeat(500)}|`])[0])
    progress.taken = exchange.taken
    if (number % 64 === 0) await nextTurn()
  }
}
