// A client for the examples: the real services when their keys are in the environment, else the emulator.
import { createClient, domesticOnly } from '@shlyuz/core'
import { startEmulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'

const live = Boolean(process.env['GIGACHAT_CREDENTIALS'] && process.env['YC_API_KEY'] && process.env['YC_FOLDER_ID'])
console.error(live ? 'Сервисы настоящие.' : 'Эмулятор на этой машине: ключей в окружении нет.')

export const emulator = live ? undefined : await startEmulator()
export const client = createClient({
  providers: [gigachat(emulator?.gigachat), yandexgpt(emulator?.yandexgpt)],
  // The default policy, but for one thing: two examples let a service search the web.
  policy: domesticOnly({ remote: ['web_search'] }),
  ...(emulator && { network: emulator.network }),
})

/** Ends the program tidily: connections first, then the emulator. */
export async function disconnect(): Promise<void> {
  await client.close()
  await emulator?.close()
}
