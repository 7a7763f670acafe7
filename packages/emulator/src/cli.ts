#!/usr/bin/env node
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startEmulator, type Emulator } from './start-emulator.ts'
import type { PaceName } from './pace.ts'

const help = `Both services and a server of open models on this machine: prints one line of JSON, then runs until SIGINT or SIGTERM.

  --pace realistic|instant   how quickly answers come (realistic)
  --help                     this text

The line: {"origins": {true origin: local address}, "caFile": all roots,
           "gigachat": credentials that work, "yandexgpt": credentials that work,
           "openai": {"baseUrl": local address of the open models, "apiKey": a key that works}}
Send requests to the local address, and trust caFile (NODE_EXTRA_CA_CERTS, SSL_CERT_FILE, curl --cacert).
`

try {
  await run(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`shlyuz-emulator: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { pace: { type: 'string', default: 'realistic' }, help: { type: 'boolean', default: false } },
  })
  if (values.help) return void process.stdout.write(help)
  const emulator = await startEmulator({ pace: readPace(values.pace) })
  const folder = mkdtempSync(join(tmpdir(), 'shlyuz-emulator-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void stop(emulator))
  process.stdout.write(`${JSON.stringify(describe(emulator, folder))}\n`)
}

async function stop(emulator: Emulator): Promise<void> {
  await emulator.close()
  process.exit(0)
}

/** What another program needs. Certificates and the key file lie in a folder that goes when the program ends. */
function describe({ origins, ca, gigachat, yandexgpt, openaiPolicy, credentials }: Emulator, folder: string): object {
  const write = (name: string, content: string): string => {
    const path = join(folder, name)
    writeFileSync(path, content, { mode: 0o600 })
    return path
  }
  const { accessToken, user, password } = credentials.gigachat
  const { iamToken, oauthToken, authorizedKey } = credentials.yandexgpt
  return {
    origins: Object.fromEntries(origins.map(({ origin, local }) => [origin, local])),
    caFile: write('ca.pem', ca.public + ca.state + ca.corporate),
    gigachat: { credentials: gigachat.credentials, scope: gigachat.scope, accessToken, user, password },
    yandexgpt: {
      ...yandexgpt,
      iamToken,
      oauthToken,
      serviceAccountKeyFile: write('authorized-key.json', authorizedKey),
    },
    openai: {
      baseUrl: `${origins.find(({ origin }) => origin === openaiPolicy.origin)?.local}/v1`,
      apiKey: credentials.openai.apiKey,
    },
  }
}

function readPace(name: string): PaceName {
  if (name === 'realistic' || name === 'instant') return name
  throw new Error(`--pace is realistic or instant, not ${name}`)
}
