import type { ReasonCode } from './reason-codes.ts'

type Environment = Readonly<Record<string, string | undefined>>

const proxyVariables = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']

/**
 * Switches of the process that would take the connection out of the policy's hands. Our own sockets ignore them, but
 * who set them expects an answer, and silence would hide a mistake.
 */
export function judgeProcess(env: Environment, proxied: boolean): ReasonCode | undefined {
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') return 'tls.verification_off'
  if (!proxied && usesEnvironmentProxy(env) && hasProxyVariable(env)) return 'proxy.env'
  return undefined
}

/** True when proxy variables are set that nobody follows: worth a word. */
export function hasUnusedProxy(env: Environment): boolean {
  return hasProxyVariable(env) && !usesEnvironmentProxy(env)
}

function usesEnvironmentProxy(env: Environment): boolean {
  if (env['NODE_USE_ENV_PROXY'] === '1') return true
  return env['NODE_OPTIONS']?.includes('--use-env-proxy') === true || process.execArgv.includes('--use-env-proxy')
}

function hasProxyVariable(env: Environment): boolean {
  return proxyVariables.some((name) => Boolean(env[name]))
}
