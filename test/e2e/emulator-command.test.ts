import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createClient, domesticOnly } from '@shlyuz/core'
import { gigachat } from '@shlyuz/gigachat'
import { expect, it } from 'vitest'
import { caught } from './support.ts'

interface Line {
  readonly origins: Readonly<Record<string, string>>
  readonly caFile: string
  readonly gigachat: { readonly credentials: string }
}

it('the emulator command serves other programs until it is stopped', async () => {
  const cli = join(import.meta.dirname, '../../packages/emulator/src/cli.ts')
  const child = spawn(process.execPath, ['--conditions=@shlyuz/source', cli, '--pace', 'instant'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [text] = (await once(createInterface(child.stdout), 'line')) as [string]
    const { origins, caFile, gigachat: account } = JSON.parse(text) as Line
    const api = origins['https://api.giga.chat'] ?? ''
    const token = origins['https://ngw.devices.sberbank.ru:9443'] ?? ''
    const ca = readFileSync(caFile, 'utf8')
    const provider = gigachat({
      credentials: account.credentials,
      baseUrl: `${api}/v1`,
      tokenUrl: `${token}/api/v2/oauth`,
      ca,
    })
    const addresses = ['127.0.0.0/8', '::1']
    const policy = domesticOnly({
      also: [
        { origin: api, addresses },
        { origin: token, addresses },
      ],
    })
    await using client = createClient({ providers: [provider], policy })
    const answer = await client.generateText({ model: 'gigachat/GigaChat-2', prompt: 'Привет' })
    expect(answer.policy).toMatchObject({ verdict: 'allow', network: 'internet', target: { origin: api } })

    // An address of one's own widens nothing: the policy has to name it.
    await using strict = createClient({ providers: [provider] })
    const error = await caught(strict.generateText({ model: 'gigachat/GigaChat-2', prompt: 'Привет' }))
    expect(error).toMatchObject({ name: 'PolicyDeniedError', hint: expect.stringContaining(`also: [{ origin: '`) })

    child.kill('SIGTERM')
    await once(child, 'exit')
    expect(existsSync(caFile)).toBe(false)
  } finally {
    child.kill('SIGKILL')
  }
})
