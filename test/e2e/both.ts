import { createClient } from '@shlyuz/core'
import { startEmulator, type Emulator, type EmulatorOptions } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'

/** A client of both services on an emulator that answers at once. Both close with the scope. */
export async function startBoth(options: EmulatorOptions = {}) {
  const emulator = await startEmulator({ pace: 'instant', ...options })
  const client = createClient({
    retries: 1,
    providers: [gigachat(emulator.gigachat), yandexgpt(emulator.yandexgpt)],
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

/** Methods and paths of what was received, credentials left out. */
export function pathsOf({ requests }: Emulator): string[] {
  return requests.filter(({ path }) => !/oauth|iam/.test(path)).map(({ method, path }) => `${method} ${path}`)
}
