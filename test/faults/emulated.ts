import { createClient, type Client } from '@shlyuz/core'
import { startEmulator, type Emulator, type EmulatorOptions } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { afterAll } from 'vitest'
import { eventually, limits, type Options } from './world.ts'

export interface EmulatedWorld extends AsyncDisposable {
  readonly emulator: Emulator
  readonly client: Client
}

/** Room for calls side by side; a limit of the service is no fault here. */
const roomy: EmulatorOptions = { pace: 'instant', gigachat: { parallelStreams: 200 } }

let shared: Promise<Emulator> | undefined
afterAll(async () => (await shared)?.close())

/**
 * The emulator, and a client of its services, which closes with the scope. Making its certificates takes longer than
 * most tests, so those of a file that ask for no options share one, as good as new.
 */
export async function startEmulated(options: Options = {}, emulatorOptions?: EmulatorOptions): Promise<EmulatedWorld> {
  const emulator = emulatorOptions
    ? await startEmulator({ pace: 'instant', ...emulatorOptions })
    : await (shared ??= startEmulator(roomy))
  const client: Client = createClient({
    retries: 0,
    limits: { ...limits, slots: { gigachat: false } },
    ...options,
    providers: [gigachat(emulator.gigachat), yandexgpt(emulator.yandexgpt)],
    network: emulator.network,
  })
  return {
    emulator,
    client,
    async [Symbol.asyncDispose]() {
      await client.close({ graceMs: 0 })
      if (emulatorOptions) return emulator.close()
      emulator.disconnect()
      await eventually(() => emulator.connections.every(({ isOpen }) => !isOpen), 'all connections are closed')
      emulator.reset()
    },
  }
}

export function requestsOf({ requests }: Emulator, operation: string): Emulator['requests'] {
  return requests.filter((one) => one.operation === operation)
}
