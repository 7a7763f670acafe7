// What an engineer would write in an afternoon on undici alone: no policy, no retry, no limits of time, no receipts.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const require = createRequire(new URL('../../packages/core/package.json', import.meta.url))
export const loadUndici = async () => (await import(pathToFileURL(require.resolve('undici/index.js')))).default

/** `Pool.request`: what everything is compared with. */
export async function bare(setup) {
  const { pool, options } = await open(setup)
  return {
    async generate() {
      const { statusCode, body } = await pool.request(options(false))
      return readWhole(statusCode, await body.text())
    },
    async stream(onText) {
      const { statusCode, body } = await pool.request(options(true))
      const read = createSseReader(statusCode, onText)
      for await (const chunk of body) read(chunk)
    },
    close: () => pool.destroy(),
  }
}

/** `Pool.dispatch`: the least that undici can do. */
export async function floor(setup) {
  const { pool, options } = await open(setup)
  const dispatch = (request, onStatus, onData) =>
    new Promise((resolve, reject) => {
      pool.dispatch(request, {
        onRequestStart() {},
        onResponseStart: (_controller, status) => onStatus(status),
        onResponseData: (_controller, chunk) => onData(chunk),
        onResponseEnd: () => resolve(),
        onResponseError: (_controller, error) => reject(error),
      })
    })
  return {
    async generate() {
      const chunks = []
      let status = 0
      await dispatch(
        options(false),
        (given) => (status = given),
        (chunk) => chunks.push(chunk),
      )
      return readWhole(status, Buffer.concat(chunks).toString())
    },
    async stream(onText) {
      let read
      await dispatch(
        options(true),
        (status) => (read = createSseReader(status, onText)),
        (chunk) => read(chunk),
      )
    },
    close: () => pool.destroy(),
  }
}

/** The bytes of a cumulative stream, read and dropped. */
export async function reading(setup) {
  return readingLines(setup, () => () => {})
}

/** Each line of a cumulative stream parsed whole, and its text held against the text before. */
export async function naive(setup) {
  return readingLines(setup, (onText) => {
    const decoder = new TextDecoder()
    let rest = ''
    let given = ''
    return (chunk) => {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop()
      for (const line of lines) {
        const { text } = JSON.parse(line).result.alternatives[0].message
        // Not `startsWith`, which is many times slower on long strings.
        if (text.slice(0, given.length) !== given) throw new Error('the text was rewritten')
        onText(text.slice(given.length))
        given = text
      }
    }
  })
}

async function readingLines(setup, createReader) {
  const { pool, options } = await open({ ...setup, path: 'foundationModels/v1/completion' })
  return {
    async stream(onText) {
      const read = createReader(onText)
      await new Promise((resolve, reject) => {
        pool.dispatch(options(true), {
          onRequestStart() {},
          onResponseStart() {},
          onResponseData: (_controller, chunk) => read(chunk),
          onResponseEnd: () => resolve(),
          onResponseError: (_controller, error) => reject(error),
        })
      })
    },
    close: () => pool.destroy(),
  }
}

async function open({ origin, prefix, ca, messages, model, path = 'v1/chat/completions' }) {
  const { Pool } = await loadUndici()
  const pool = new Pool(origin, {
    allowH2: false,
    ...(ca && { connect: { ca, allowH2: false, servername: 'localhost' } }),
  })
  const headers = { 'content-type': 'application/json', authorization: 'Bearer key' }
  const options = (stream) => ({
    path: `${prefix}/${path}`,
    method: 'POST',
    headers,
    body: JSON.stringify({ model, messages, ...(stream && { stream, stream_options: { include_usage: true } }) }),
  })
  return { pool, options }
}

function readWhole(status, text) {
  if (status !== 200) throw new Error(`status ${status}`)
  return JSON.parse(text).choices[0].message.content
}

function createSseReader(status, onText) {
  if (status !== 200) throw new Error(`status ${status}`)
  const decoder = new TextDecoder()
  let rest = ''
  return (chunk) => {
    const events = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
    rest = events.pop()
    for (const event of events) {
      if (event === 'data: [DONE]') continue
      const content = JSON.parse(event.slice(6)).choices[0]?.delta.content
      if (content) onText(content)
    }
  }
}
