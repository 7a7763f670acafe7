// Shlyuz from its source, where `pnpm faults --peers` has other people's clients; here, because compare/ is outside
// the workspace.
import { createClient } from '@shlyuz/core'
import { testNetwork } from '@shlyuz/core/testing'
import { createStand, policy, stand } from './world.ts'
import { drive, limits, setup } from '../../compare/faults/client.mjs'

const { port, ca } = setup
const network = testNetwork({ resolve: () => ['10.0.0.1'], dial: () => ({ host: '127.0.0.1', port }), ca })
const timeout = { totalMs: limits.totalMs, idleMs: limits.silenceMs, firstContentMs: limits.silenceMs }
const client = createClient({ providers: [createStand()], policy, network, timeout })

await drive({
  open: (prompt) => client.streamText({ model: stand, prompt }),
  async *read(opened) {
    for await (const part of opened) {
      if (part.type === 'text-delta') yield { text: part.text }
      if (part.type === 'finish') yield { usage: part.usage.totalTokens, finishReason: part.finishReason }
    }
  },
})
