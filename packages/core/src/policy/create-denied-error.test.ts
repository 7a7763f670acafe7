import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { createDeniedError } from './create-denied-error.ts'
import { createGuard } from './guard.ts'
import { domesticOnly } from './presets/domestic-only.ts'
import { reasonCodes } from './reason-codes.ts'

const guard = createGuard([domesticOnly()])
const post = { credentialOnly: false, method: 'POST', hasBody: true }

describe('createDeniedError', () => {
  test.each(reasonCodes.filter((code) => code !== 'ok'))('%s is put in words, with a hint in Russian', (code) => {
    const error = createDeniedError(guard.refuse(code, 'url'))
    expect(error.code).toBe(code)
    expect(error.message).toMatch(/^refused by the policy domestic-only, rule guard: [a-z]/)
    expect(error.message).not.toContain(code)
    expect(error.hint).toMatch(/[а-яё].*\.$/i)
    expect(error.isRetryable).toBe(false)
  })

  test('an unlisted origin is answered with the line that lists it', () => {
    const { decision } = guard.judgeUrl('https://stand.example:8443/v1?key=secret', post)
    expect(createDeniedError(decision).hint).toContain("also: [{ origin: 'https://stand.example:8443', addresses:")
  })

  test('neither path, query, user part nor header values are told', () => {
    const decisions = [
      guard.judgeUrl('https://user:secret@evil.example/secret?key=secret#secret', post).decision,
      guard.judgeUrl('https://evil.example/secret?key=secret#secret', post).decision,
      guard.judgeHeaders({ 'x-key': 'secret\r\n' }),
      guard.judgeHeaders({ host: 'secret.example' }),
      guard.judgeEnvironment({ NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://user:secret@proxy.example' }),
    ]
    for (const decision of decisions) {
      expect(decision?.verdict).toBe('deny')
      const error = createDeniedError(decision as NonNullable<typeof decision>)
      expect(inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error)).not.toContain('secret')
    }
  })

  test('a strange name of a model cannot draw on the terminal or fill the log', () => {
    const facts = { model: `a\u001b[31m\n${'b'.repeat(1_000)}` }
    const { message, hint } = createDeniedError(guard.refuse('model.unknown', 'intent', facts))
    expect(`${message}${hint}`).not.toMatch(/\p{Cc}/u)
    expect(message.length).toBeLessThan(400)
  })
})
