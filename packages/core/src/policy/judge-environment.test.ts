import { describe, expect, test } from 'vitest'
import { hasUnusedProxy, judgeProcess } from './judge-environment.ts'

const proxy = new URL('http://egress.corp.example:3128')

describe('judgeProcess', () => {
  test.each([
    [{}, undefined],
    [{ NODE_TLS_REJECT_UNAUTHORIZED: '1' }, undefined],
    [{ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, 'tls.verification_off'],
    [{ HTTPS_PROXY: 'http://p.example' }, undefined],
    [{ NODE_USE_ENV_PROXY: '1' }, undefined],
    [{ NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: '' }, undefined],
    [{ NODE_USE_ENV_PROXY: '0', HTTPS_PROXY: 'http://p.example' }, undefined],
    [{ NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://p.example' }, 'proxy.env'],
    [{ NODE_USE_ENV_PROXY: 'true', https_proxy: 'http://p.example' }, 'proxy.env'],
    [{ NODE_USE_ENV_PROXY: '1', all_proxy: 'not a url' }, 'proxy.env'],
    [{ NODE_OPTIONS: '--max-old-space-size=99 --use-env-proxy', HTTP_PROXY: 'http://p.example' }, 'proxy.env'],
    [{ NODE_OPTIONS: '--use_env_proxy', HTTP_PROXY: 'http://p.example' }, 'proxy.env'],
    [{ NODE_OPTIONS: '--no-use-env-proxy', HTTP_PROXY: 'http://p.example' }, undefined],
  ])('%j is %s', (env, code) => expect(judgeProcess(env, undefined)).toBe(code))

  test('the environment may name the proxy of the policy, and no other one beside it', () => {
    const env = { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: proxy.href }
    expect(judgeProcess(env, proxy)).toBeUndefined()
    expect(judgeProcess({ ...env, http_proxy: 'http://p.example' }, proxy)).toBe('proxy.env')
    expect(judgeProcess({ ...env, NODE_TLS_REJECT_UNAUTHORIZED: '0' }, proxy)).toBe('tls.verification_off')
  })
})

test('hasUnusedProxy speaks of variables that nobody follows', () => {
  expect(hasUnusedProxy({ HTTPS_PROXY: 'http://p.example' })).toBe(true)
  expect(hasUnusedProxy({ HTTPS_PROXY: 'http://p.example', NODE_USE_ENV_PROXY: '1' })).toBe(false)
  expect(hasUnusedProxy({})).toBe(false)
})
