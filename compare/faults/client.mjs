// What the programs of this folder share: the setup that the runner hands them, and how they tell what they saw.
import { writeSync } from 'node:fs'

const given = process.env['SHLYUZ_PEER']
if (given === undefined) throw new Error('This program is run by `pnpm faults --peers`, which starts a server for it.')

/**
 * Where the server is, and what to do: read a stream to its end, read it slowly, leave it after the first text, or never
 * read it.
 * @type {{ port: number, ca: string, manner: 'read' | 'slow' | 'leave' | 'drop', prompts: string[] }}
 */
export const setup = JSON.parse(given)

/** Address of the API, for a client that takes one. */
export const baseUrl = `https://localhost:${setup.port}/v1`

/** Limits of time that each client is given as far as it has them, in ms: for the whole, and for silence. */
export const limits = { totalMs: 6_000, silenceMs: 3_000 }

/**
 * Drives a client: `open` begins a stream, `read` gives its pieces as `{ text, usage, finishReason }` and throws what
 * the client throws.
 */
export async function drive({ open, read }) {
  for (const prompt of setup.prompts) await follow(prompt, open, read)
  if (setup.manner === 'leave' || setup.manner === 'drop') await sleep(2 * limits.totalMs)
  process.exit(0)
}

async function follow(prompt, open, read) {
  const opened = open(prompt)
  tell({ did: 'open', prompt })
  if (setup.manner === 'drop') return
  let text = ''
  let usage
  let finishReason
  try {
    for await (const piece of read(opened)) {
      text += piece.text ?? ''
      usage = piece.usage ?? usage
      finishReason = piece.finishReason ?? finishReason
      if (setup.manner === 'slow') await sleep(50)
      if (setup.manner === 'leave' && text !== '') return tell({ did: 'leave', prompt })
    }
    tell({ did: 'finish', prompt, text, usage, finishReason })
  } catch (error) {
    tell({ did: 'fail', prompt, text, error: String(error).split('\n')[0].slice(0, 200) })
  }
}

/** At once: a process that dies has said what it saw. */
function tell(what) {
  writeSync(1, `${JSON.stringify(what)}\n`)
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
