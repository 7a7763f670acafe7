// What the programs of this folder share: the setup that the runner hands them, and one line per check.
import { readFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { join } from 'node:path'

const given = process.env['SHLYUZ_INTEROP']
if (given === undefined) throw new Error('This program is run by `pnpm interop`, which starts the emulator for it.')

/**
 * Where the emulator is, what it trusts and what it will answer.
 * @type {{
 *   origins: Record<string, string>
 *   ca: string
 *   gigachat: { credentials: string, scope: string, user: string, password: string }
 *   yandexgpt: { apiKey: string, iamToken: string, folderId: string }
 *   prompt: string
 *   answer: string[]
 * }}
 */
export const setup = JSON.parse(given)

/** The whole answer that the emulator was told to give. */
export const answer = setup.answer.join('')

/** Settings of GigaChat's clients: their own default addresses, with the emulator's host in place of the true one. */
export const gigachatSettings = {
  baseUrl: `${setup.origins['https://gigachat.devices.sberbank.ru']}/api/v1`,
  authUrl: `${setup.origins['https://ngw.devices.sberbank.ru:9443']}/api/v2/oauth`,
  scope: setup.gigachat.scope,
  model: 'GigaChat-2',
  // Seconds.
  timeout: 20,
}

/** The agent that GigaChat's documentation describes for a root of one's own: verification stays on. */
export function trustingAgent() {
  return new Agent({ ca: setup.ca })
}

/** The installed version of a package of this folder. */
export function versionOf(name) {
  const manifest = join(import.meta.dirname, 'node_modules', name, 'package.json')
  return JSON.parse(readFileSync(manifest, 'utf8')).version
}

/**
 * Gives the function that runs one check of a client: it prints one line, with the note that the check returns. A
 * failure is shown, the next check runs all the same, and the program exits with 1.
 */
export function checksOf(name) {
  const client = `${name} ${versionOf(name)}`
  return async (what, act) => {
    try {
      console.log(`ok      ${client} ${what}: ${await act()}`)
    } catch (error) {
      process.exitCode = 1
      console.log(`FAILED  ${client} ${what}: ${String(error).replaceAll(/\s*\n\s*/g, ' ')}`)
      console.error(error)
    }
  }
}
