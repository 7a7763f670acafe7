import { createClient, auditSink, definePolicy, domesticOnly, rule } from '@shlyuz/core'
import { startEmulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { it } from 'vitest'
const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms))
const out = (p: Promise<any>) => p.then((v: any) => 'ok ' + (v.text ?? '').slice(0, 10), (e: any) => `${e?.name} ${e?.code} ${String(e?.message).slice(0, 120)}`)
async function start(options: any = {}, g: any = {}) {
  const emulator = await startEmulator({ pace: 'instant', gigachat: g })
  const client: any = createClient({ providers: [gigachat(emulator.gigachat), yandexgpt(emulator.yandexgpt)], network: emulator.network, ...options })
  const asked = (s: string, o = 'chat') => emulator.requests.filter((one: any) => one.service === s && one.operation === o).length
  return { emulator, client, asked, async [Symbol.asyncDispose]() { await client.close({ graceMs: 0 }); await emulator.close() } }
}
it('a: audit of url denials', async () => {
  const lines: any[] = []
  const emulator = await startEmulator({ pace: 'instant' })
  const client: any = createClient({ providers: [gigachat({ ...(emulator.gigachat as any), baseUrl: 'https://evil.example/api/v1' })], network: emulator.network,
    audit: auditSink({ append: async (l: any) => { lines.push(l) }, write: async (l: any) => { lines.push(l) } } as any) })
  for (let i = 0; i < 3; i++) console.log('a', await out(client.generateText({ model: 'gigachat/GigaChat-2', prompt: 'x', retries: 0 })))
  console.log('a lines', lines.length, lines.map((l) => JSON.stringify(l).slice(0, 160)))
  await client.close({ graceMs: 0 }); await emulator.close()
}, 20000)
it('b: hedge whose first leg gets 400 while the second runs', async () => {
  await using w = await start({ retries: 0 })
  w.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status: 400, ms: 0 } as any)
  w.emulator.fail({ service: 'yandexgpt', operation: 'chat', kind: 'delay', ms: 1500 } as any)
  const m = w.client.hedge(['gigachat/GigaChat-2', 'yandexgpt/yandexgpt-5-lite'], { delayMs: 0 })
  const c = new AbortController()
  console.log('b', await out(w.client.generateText({ model: m, prompt: 'x', signal: c.signal })), w.asked('yandexgpt'))
  c.abort()
  await sleep(100)
})
it('c: prepaid and the abort of the first caller', async () => {
  await using w = await start({ prepaid: { providers: ['gigachat'] }, retries: 0 })
  w.emulator.fail({ service: 'gigachat', operation: 'balance', kind: 'delay', ms: 500 } as any)
  const c = new AbortController()
  const model = 'gigachat/GigaChat-2'
  await w.client.listModels({ provider: 'gigachat' })
  const one = out(w.client.generateText({ model, prompt: 'x', signal: c.signal, maxOutputTokens: 10 }))
  await sleep(60)
  const two = out(w.client.generateText({ model, prompt: 'y', maxOutputTokens: 10 }))
  const t = performance.now()
  const three = out(w.client.generateText({ model, prompt: 'y', maxOutputTokens: 10, timeout: { totalMs: 100 } })).then((x) => `${x} after ${Math.round(performance.now() - t)} ms`)
  await sleep(350); c.abort(new Error('secret words of tenant A'))
  console.log('c', await Promise.all([one, two, three]))
})
it('d: aborts after sending spend nothing of a budget', async () => {
  await using w = await start({ retries: 0, budgets: [{ name: 'a', amount: '0.2', period: 'day' }] })
  w.emulator.fail({ service: 'yandexgpt', operation: 'chat', kind: 'delay', ms: 3000, times: 50 } as any)
  const r: string[] = []
  for (let i = 0; i < 12; i++) {
    const c = new AbortController(); setTimeout(() => c.abort(), 60)
    r.push(await out(w.client.generateText({ model: 'yandexgpt/yandexgpt-5-lite', prompt: 'x', maxOutputTokens: 900, signal: c.signal })))
  }
  console.log('d asked', w.asked('yandexgpt'), [...new Set(r)])
})
it('d2: a cut answer, then a 503', async () => {
  const budgets = [{ name: 'a', amount: '0.2', period: 'day' }]
  await using w = await start({ retries: 0, budgets })
  let n = 0
  for (; n < 20; n++) {
    w.emulator.fail({ service: 'yandexgpt', operation: 'embeddings', kind: 'status', status: 400, after: 0, times: 0 } as any)
    break
  }
})
it('e: fallback after a long Retry-After', async () => {
  await using w = await start({ retries: 2 })
  w.emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'status', status: 429, headers: { 'retry-after': '4' }, retryAfter: 4, times: 1 } as any)
  const m = w.client.fallback(['gigachat/GigaChat-2', 'yandexgpt/yandexgpt-5-lite'])
  for (let i = 0; i < 2; i++) {
    const t = performance.now()
    const a = await w.client.generateText({ model: m, prompt: 'x' })
    console.log('e', a.model.provider, Math.round(performance.now() - t), 'ms', a.attempts.map((x: any) => x.error?.code))
  }
}, 30000)
it('f: a rule that forbids the balance', async () => {
  const seen: string[] = []
  const own = definePolicy({ name: 'own', rules: [rule({ name: 'r', version: '1', evaluate: (i: any) => { seen.push(i.operation); return i.operation === 'other' ? 'forbid' : 'permit' } } as any)] } as any)
  await using w = await start({ retries: 0, prepaid: { providers: ['gigachat'] } })
  console.log('f', await out(w.client.generateText({ model: 'gigachat/GigaChat-2', prompt: 'x', maxOutputTokens: 10, policy: own })), seen, 'balance asked', w.asked('gigachat', 'balance'))
  console.log('f direct', await out(w.client.provider('gigachat').balance(undefined, { policy: own })))
})
it('g: fallback of other verbs: bad second address', async () => {
  const emulator = await startEmulator({ pace: 'instant' })
  const client: any = createClient({ providers: [gigachat(emulator.gigachat), gigachat({ ...(emulator.gigachat as any), name: 'bad', baseUrl: 'https://evil.example/api/v1' })], network: emulator.network })
  const m = client.fallback(['gigachat/GigaChat-2', 'bad/GigaChat-2'])
  console.log('g text  ', await out(client.generateText({ model: m, prompt: 'x' })))
  console.log('g tokens', await out(client.countTokens({ model: m, prompt: 'x' })))
  await client.close({ graceMs: 0 }); await emulator.close()
})
it('h: hedge of countTokens cost/embeds', async () => {
  await using w = await start({ retries: 0 })
  const m = { type: 'hedge', targets: ['gigachat/GigaChat-2', 'yandexgpt/yandexgpt-5-lite'], delayMs: Number.NaN }
  console.log('h', await out(w.client.generateText({ model: m, prompt: 'x' })))
  console.log('h empty', await out(w.client.generateText({ model: { type: 'fallback', targets: [] }, prompt: 'x' })), await out(w.client.embed({ model: { type: 'fallback', targets: [] }, value: 'x' })))
})
