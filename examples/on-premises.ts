// A server of open models on the premises of a company (vLLM, llama.cpp, Ollama): nobody gets there by accident.
// Shown on the stand of the emulator; for your own server put its address, its key and the root of your company.
import { createClient, domesticOnly, PolicyDeniedError } from '@shlyuz/core'
import { startEmulator } from '@shlyuz/emulator'
import { openaiCompatible } from '@shlyuz/openai-compatible'

const emulator = await startEmulator()
const { network } = emulator
const providers = [openaiCompatible({ ...emulator.openai, name: 'vllm' })]

const strict = createClient({ providers, network })
const refusal: unknown = await strict.listModels({ provider: 'vllm' }).catch((error: unknown) => error)
if (PolicyDeniedError.isInstance(refusal)) console.log(`${refusal.code}: ${refusal.hint}`)

const source = 'карточка открытых весов, проверена службой безопасности'
const giga = { id: 'GigaChat-20B-A3B', developer: 'ru', weights: 'own', source, asOf: '2026-11-24' } as const
const stand = { origin: 'https://llm.corp.example:8443', addresses: ['10.20.0.0/16'], models: [giga] }
const client = createClient({ providers, network, policy: domesticOnly({ also: [stand] }) })
const { text, policy } = await client.generateText({ model: 'vllm/GigaChat-20B-A3B', prompt: 'Назови три реки' })
console.log(text)
console.log(policy.verdict, policy.target.origin, policy.target.address)

await Promise.all([strict.close(), client.close()])
await emulator.close()
