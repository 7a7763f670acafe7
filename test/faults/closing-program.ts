// Makes a client, leaves work of one kind behind, and closes: the process must then end by itself.
import { createClient } from '@shlyuz/core'
import { testNetwork } from '@shlyuz/core/testing'
import { createStand, policy, stand } from './world.ts'

const { work, port, ca } = JSON.parse(process.env['FAULTS_CLOSING'] ?? '{}') as {
  readonly work: 'call' | 'stream' | 'stall' | 'connect'
  readonly port: number
  readonly ca: string
}
const network = testNetwork({ resolve: () => ['10.0.0.1'], dial: () => ({ host: '127.0.0.1', port }), ca })
const client = createClient({ providers: [createStand()], policy, network })
const ask = { model: stand, prompt: 'x' }

if (work === 'call') await client.generateText(ask)
if (work === 'stream') for await (const _part of client.streamText(ask)) break
if (work === 'stall' || work === 'connect') client.streamText({ ...ask, signal: new AbortController().signal })
// Begun, but not waited for.
if (work !== 'call') client.streamText(ask)
await new Promise((resolve) => setTimeout(resolve, 300))
await client.close({ graceMs: 50 })
console.log('closed')
