import { createClient } from '@shlyuz/core'
import { expectNoEgress, watchEgress } from '@shlyuz/core/testing'
import { startEmulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'

/** What a test runner passes a test to. */
type Test = (title: string, run: () => Promise<void>) => void

/** The tests of a user's own suite, for any runner: what stays here passes, what leaves fails. */
export function defineWatchedSuite(test: Test): void {
  test('a client on the emulator passes unchanged', async () => {
    const answer = await expectNoEgress(askEmulator)
    if (answer === '') throw new Error('the emulator said nothing')
  })

  test('what leaves is blocked and reported', async () => {
    const error = await expectNoEgress(askInternet).then(
      () => undefined,
      (reason: unknown) => reason as Error & { attempts: readonly { host: string }[] },
    )
    if (error?.name !== 'EgressError') throw new Error(`it was not: ${String(error)}`)
    const hosts = error.attempts.map(({ host }) => host).join()
    if (hosts !== 'a.example') throw new Error(`${hosts} instead`)
  })

  test('a hook sees it as well', async () => {
    const egress = watchEgress()
    await askInternet()
    egress.stop()
    if (egress.attempts.length !== 1) throw new Error(`${egress.attempts.length} attempts`)
  })
}

async function askEmulator(): Promise<string> {
  const emulator = await startEmulator({ pace: 'instant' })
  const client = createClient({ providers: [gigachat(emulator.gigachat)], network: emulator.network })
  try {
    return (await client.generateText({ model: 'gigachat/GigaChat-2-Max', prompt: 'Привет' })).text
  } finally {
    await client.close()
    await emulator.close()
  }
}

async function askInternet(): Promise<void> {
  // oxlint-disable-next-line no-restricted-globals -- that it is blocked is what is tested
  await fetch('https://a.example/').catch(() => {})
}
