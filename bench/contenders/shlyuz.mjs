// Shlyuz with everything on: policy at all depths, receipts, retry, deadlines, slots, breaker, the caller's signal;
// audit and masking where `setup.with` names them.
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

// From the built packages; from their sources under the condition that the tests use.
const isSource = process.execArgv.includes('--conditions=@shlyuz/source')
const ownTree = join(import.meta.dirname, '../..')
const createLoad =
  (tree = ownTree) =>
  (name, entry = 'index') =>
    import(pathToFileURL(join(tree, 'packages', name, isSource ? `src/${entry}.ts` : `dist/${entry}.js`)))

const host = 'llm.bench.example'
const address = '10.20.0.1'

export async function shlyuz(setup) {
  const load = createLoad(setup.tree)
  // Loaded at the first call, else: bare has it before it is measured, and loading is what `import` measures.
  await loadUndici(setup.tree)
  const [{ all, auditSink, createClient, domesticOnly }, { testNetwork }] = await Promise.all([
    load('core'),
    load('core', 'testing/index'),
  ])
  const { origin, ca, messages } = setup
  const { protocol, port } = new URL(origin)
  const own = `${protocol}//${host}:${port}`
  const { provider, model } = await createProvider(load, setup, own)
  const models = setup.shape === 'openai' ? { models: [describeModel(setup.model)] } : {}
  const domestic = domesticOnly({ also: [{ origin: own, addresses: [`${address}/32`], ...models }] })
  const wants = (what) => setup.with?.includes(what)
  const client = createClient({
    providers: [provider],
    policy: wants('masking') ? all(domestic, (await load('personal-data')).personalData()) : domestic,
    network: testNetwork({
      resolve: () => [address],
      dial: () => ({ host: '127.0.0.1', port: Number(port) }),
      ...(ca && { ca }),
    }),
    limits: { slots: { bench: 4_096 } },
    ...(wants('audit') && { audit: auditSink({ append: createChain() }) }),
  })
  const name = `bench/${model}`
  const options = (signal) => ({ model: name, messages, signal })
  return {
    async generate(signal) {
      const { text } = await client.generateText(options(signal))
      return text
    },
    async stream(onText, signal) {
      for await (const part of client.streamText(options(signal))) {
        if (part.type === 'text-delta') onText(part.text)
      }
    },
    close: () => client.close(),
  }
}

function loadUndici(tree = ownTree) {
  const { resolve } = createRequire(join(tree, 'packages/core/package.json'))
  return import(pathToFileURL(resolve('undici/index.js')))
}

async function createProvider(load, { shape, prefix, model }, origin) {
  const baseUrl = `${origin}${prefix}`
  if (shape === 'yandexgpt') {
    const { yandexgpt } = await load('yandexgpt')
    const settings = { name: 'bench', baseUrl, apiKey: 'key', folderId: 'b1g0000000000000000' }
    return { provider: yandexgpt(settings), model: 'yandexgpt-5.1' }
  }
  if (shape === 'gigachat') {
    const { gigachat } = await load('gigachat')
    return {
      provider: gigachat({ name: 'bench', baseUrl: `${baseUrl}/v1`, accessToken: 'token' }),
      model: 'GigaChat-2-Max',
    }
  }
  const { openaiCompatible } = await load('openai-compatible')
  return { provider: openaiCompatible({ name: 'bench', baseUrl: `${baseUrl}/v1`, apiKey: 'key' }), model }
}

function describeModel(id) {
  return { id, developer: 'ru', weights: 'own', source: 'a model of the benchmark', asOf: '2026-11-24' }
}

/** What the log of a file does for a record without the disk: text, and a digest over the one before. */
function createChain() {
  let last = ''
  return (record) => {
    last = createHash('sha256').update(last).update(JSON.stringify(record)).digest('hex')
  }
}
