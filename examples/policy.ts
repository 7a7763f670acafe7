// A rule of one's own for one call: it narrows the client's policy. The refusal says which rule spoke.
import { definePolicy, PolicyDeniedError, rule } from '@shlyuz/core'
import { client, disconnect } from './connect.ts'

const purpose = rule({
  name: 'purpose',
  version: '1',
  evaluate: ({ labels }) => (labels['purpose'] === 'support' ? 'permit' : 'forbid'),
})
const policy = definePolicy({ name: 'support-only', rules: [purpose] })
const ask = { model: 'gigachat/GigaChat-2', prompt: 'Привет', policy } as const

const { policy: receipt } = await client.generateText({ ...ask, labels: { purpose: 'support' } })
console.log(receipt.verdict, receipt.policy.name)
try {
  await client.generateText({ ...ask, labels: { purpose: 'marketing' } })
} catch (error) {
  if (!PolicyDeniedError.isInstance(error)) throw error
  console.log(error.code, error.decision.because.at(-1)?.rule)
}
await disconnect()
