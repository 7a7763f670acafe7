import { setup } from './check.mjs'

const address = 'https://llm.api.cloud.yandex.net/foundationModels/v1/completion'

/**
 * Replaces the global fetch of this process, for a client whose address is a constant: that one address leads to the
 * emulator, any other nowhere. The emulator's root of trust comes by NODE_EXTRA_CA_CERTS.
 */
export function leadYandexToEmulator() {
  const { origin, pathname } = new URL(address)
  // oxlint-disable-next-line no-restricted-properties -- this is another client's way out, not Shlyuz's
  const send = globalThis.fetch
  // oxlint-disable-next-line no-restricted-properties -- likewise
  globalThis.fetch = async (url, init) => {
    if (url !== address) throw new Error(`Nothing but ${address} leads to the emulator.`)
    return send(setup.origins[origin] + pathname, init)
  }
}
