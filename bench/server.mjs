// The mock service, in a process of its own: prepared bytes and as little work as can be, so that the client is what is
// measured. Paths are `/<shape>/<mode>/…`: the shape of the answer (openai, gigachat, yandexgpt), and how a stream comes.
// Started by run.mjs; tells it the ports.
import { createServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { expected, lineBytes, sseEvents, wholeAnswer, yandexLines } from './wire.mjs'

const pacedMs = 20
/** A proxy that buffers gives about so much at a time. */
const burstChunkBytes = 16 * 1024

const streamHead = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: 1\r\ntransfer-encoding: chunked\r\n\r\n',
)
const bodyEnd = Buffer.from('0\r\n\r\n')
const prepared = new Map()
/** Streams that get their next event when it is time. */
const eager = new Set()
const paced = new Set()

function answer(socket, path, body) {
  if (path === '/cpu') return socket.write(createJson(JSON.stringify(process.cpuUsage())))
  const [, shape, mode] = path.split('/')
  const [kind, count = '0'] = mode.split('-')
  if (kind === 'lines') return void writeLines(socket, Number(count))
  if (!body.includes('"stream":true')) return socket.write(once(`whole ${shape}`, () => createJson(wholeAnswer(shape))))
  if (kind === 'burst') return socket.write(once(path, () => createBurst(sseEvents(shape, Number(count)))))
  const events = once(`events ${shape} ${count}`, () => sseEvents(shape, Number(count)).map(createChunk))
  if (kind === 'each') return start(eager, socket, events, 0)
  if (kind === 'paced') return start(paced, socket, events, 0)
  // `first` and `hold`: the first content at once; the rest in the next turn, or never.
  socket.write(Buffer.concat([streamHead, events[0]]))
  if (kind === 'first') setImmediate(() => socket.write(Buffer.concat([...events.slice(1), bodyEnd])))
}

function once(key, create) {
  if (!prepared.has(key)) prepared.set(key, create())
  return prepared.get(key)
}

function start(streams, socket, events, at) {
  socket.write(streamHead)
  streams.add({ socket, events, at })
  if (streams === eager && streams.size === 1) setImmediate(goRound)
}

/** One write an event, to each stream in turn. */
function goRound() {
  for (const stream of eager) writeNext(eager, stream)
  if (eager.size > 0) setImmediate(goRound)
}

function writeNext(streams, stream) {
  const { socket, events } = stream
  if (socket.destroyed) return streams.delete(stream)
  socket.write(events[stream.at++])
  if (stream.at < events.length) return
  streams.delete(stream)
  socket.write(bodyEnd)
}

setInterval(() => {
  for (const stream of paced) writeNext(paced, stream)
}, pacedMs)

/** The cumulative stream: each line repeats the text so far, out of one buffer, as fast as the client takes it. */
async function writeLines(socket, tokens) {
  const { text, ends, head, tails } = once(`lines ${tokens}`, () => yandexLines(tokens))
  socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n')
  for (const [index, end] of ends.entries()) {
    const tail = tails[index === ends.length - 1 ? 1 : 0]
    socket.cork()
    socket.write(`${lineBytes(head, end, tail).toString(16)}\r\n`)
    socket.write(head)
    socket.write(text.subarray(0, end))
    const isFree = socket.write(Buffer.concat([tail, crlf]))
    socket.uncork()
    if (socket.destroyed) return
    if (!isFree) await becomesFree(socket)
  }
  socket.write(bodyEnd)
}

/** Or is closed. */
function becomesFree(socket) {
  return new Promise((resolve) => {
    const end = () => {
      socket.off('drain', end).off('close', end)
      resolve()
    }
    socket.on('drain', end).on('close', end)
  })
}

const crlf = Buffer.from('\r\n')

function createJson(text) {
  const length = Buffer.byteLength(text)
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: 1\r\ncontent-length: ${length}\r\n\r\n${text}`,
  )
}

function createChunk(bytes) {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, crlf])
}

function createBurst(events) {
  const all = Buffer.concat(events)
  const chunks = [streamHead]
  for (let at = 0; at < all.length; at += burstChunkBytes)
    chunks.push(createChunk(all.subarray(at, at + burstChunkBytes)))
  return Buffer.concat([...chunks, bodyEnd])
}

/** Just enough of HTTP/1.1: requests with a content-length, one after the other. */
function serve(socket) {
  let rest = Buffer.alloc(0)
  socket.setNoDelay(true)
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (;;) {
      const headEnd = rest.indexOf('\r\n\r\n')
      if (headEnd === -1) return
      const head = rest.latin1Slice(0, headEnd)
      const end = headEnd + 4 + Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0)
      if (rest.length < end) return
      const body = rest.subarray(headEnd + 4, end)
      rest = rest.subarray(end)
      answer(socket, head.split(' ', 2)[1], body)
    }
  })
}

function listen(server) {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', 4096, () => resolve(server.address().port)))
}

const { certificate } = JSON.parse(process.env.SHLYUZ_BENCH)
const port = await listen(createServer(serve))
const tlsPort = await listen(createTlsServer({ ...certificate }, serve))
process.send({ port, tlsPort, expected })
process.once('disconnect', () => process.exit())
