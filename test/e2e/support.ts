import { createClient, type Client, type ClientOptions } from '@shlyuz/core'
import { startEmulator, type Emulator, type EmulatorOptions } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'

export const giga = 'gigachat/GigaChat-2-Max'

/** An emulator that answers at once, and a client of GigaChat on it. Both close with the scope. */
export async function startGigachat(
  emulatorOptions: EmulatorOptions = {},
  clientOptions: Partial<ClientOptions<readonly []>> = {},
): Promise<{ emulator: Emulator; client: Client } & AsyncDisposable> {
  const emulator = await startEmulator({ pace: 'instant', ...emulatorOptions })
  const client: Client = createClient({
    retries: 2,
    ...clientOptions,
    providers: [gigachat(emulator.gigachat)],
    network: emulator.network,
  })
  return {
    emulator,
    client,
    async [Symbol.asyncDispose]() {
      await client.close({ graceMs: 0 })
      await emulator.close()
    },
  }
}

export async function caught(work: Promise<unknown> | (() => Promise<unknown>)): Promise<unknown> {
  try {
    await (typeof work === 'function' ? work() : work)
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

export async function collect(stream: AsyncIterable<{ type: string; text?: string }>): Promise<string> {
  let text = ''
  for await (const part of stream) if (part.type === 'text-delta') text += part.text ?? ''
  return text
}
