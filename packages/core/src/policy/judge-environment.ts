import type { ReasonCode } from './reason-codes.ts'

type Environment = Readonly<Record<string, string | undefined>>

const proxyVariables = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']

/**
 * Switches of the process that would take the connection out of the policy's hands. Our own sockets ignore them, but
 * who set them expects an answer, and silence would hide a mistake.
 * @param proxy the one that the policy names: the environment may name the same
 */
export function judgeProcess(env: Environment, proxy: URL | undefined): ReasonCode | undefined {
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') return 'tls.verification_off'
  if (!usesEnvironmentProxy(env)) return undefined
  return setProxies(env).some((spelled) => URL.parse(spelled)?.origin !== (proxy?.origin ?? ''))
    ? 'proxy.env'
    : undefined
}

/** True when proxy variables are set that nobody follows: worth a word. */
export function hasUnusedProxy(env: Environment): boolean {
  return setProxies(env).length > 0 && !usesEnvironmentProxy(env)
}

/** Versions of Node differ in whether any value of the variable counts as on; `0` is taken at its word. */
function usesEnvironmentProxy(env: Environment): boolean {
  const variable = env['NODE_USE_ENV_PROXY']
  if (variable !== undefined && variable !== '' && variable !== '0') return true
  return switchesOn(env['NODE_OPTIONS'] ?? '') || process.execArgv.some(switchesOn)
}

/** Node reads `_` in its options as `-`. */
function switchesOn(options: string): boolean {
  // The first look is for speed alone: this is asked in each attempt.
  return options.includes('env') && options.replaceAll('_', '-').includes('--use-env-proxy')
}

function setProxies(env: Environment): string[] {
  return proxyVariables.flatMap((name) => env[name] || [])
}
