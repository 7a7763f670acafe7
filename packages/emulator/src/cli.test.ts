import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { request } from 'node:https'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const cli = fileURLToPath(new URL('cli.ts', import.meta.url))
const run = (...args: string[]) => {
  const child = spawn(process.execPath, ['--conditions=@shlyuz/source', cli, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  return { child, output, ended }
}

describe('shlyuz-emulator', () => {
  it('prints one line of JSON that works, runs until stopped, and leaves nothing behind', async () => {
    const { child, output, ended } = run('--pace', 'instant')
    await expect.poll(() => output.stdout, { timeout: 15_000 }).toMatch(/\n$/)
    const line = JSON.parse(output.stdout)
    expect(output.stdout.trimEnd()).not.toContain('\n')
    const status = await new Promise((resolve, reject) => {
      request(
        `${line.origins['https://api.giga.chat']}/v1/models`,
        { ca: readFileSync(line.caFile), headers: { authorization: `Bearer ${line.gigachat.accessToken}` } },
        (response) => resolve(response.resume().statusCode),
      )
        .on('error', reject)
        .end()
    })
    expect(status).toBe(200)
    expect(line.openai).toEqual({
      baseUrl: `${line.origins['https://llm.corp.example:8443']}/v1`,
      apiKey: expect.stringMatching(/^sk-/),
    })
    const models = await new Promise((resolve, reject) => {
      request(
        `${line.openai.baseUrl}/models`,
        { ca: readFileSync(line.caFile), headers: { authorization: `Bearer ${line.openai.apiKey}` } },
        (response) => resolve(response.resume().statusCode),
      )
        .on('error', reject)
        .end()
    })
    expect(models).toBe(200)
    expect(JSON.parse(readFileSync(line.yandexgpt.serviceAccountKeyFile, 'utf8')).key_algorithm).toBe('RSA_2048')
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    expect(existsSync(line.caFile)).toBe(false)
    expect(output.stderr).toBe('')
  })

  it('says what is wrong on standard error', async () => {
    const { output, ended } = run('--pace', 'slow')
    expect(await ended).toBe(1)
    expect(output.stdout).toBe('')
    expect(output.stderr).toBe('shlyuz-emulator: --pace is realistic or instant, not slow\n')
  })

  it('has help', async () => {
    const { output, ended } = run('--help')
    expect(await ended).toBe(0)
    expect(output.stdout).toContain('--pace realistic|instant')
  })
})
