import type { ClientOptions } from './client-types.ts'
import { ConfigurationError } from './errors/configuration-error.ts'
import { checkTimeouts, defaultTimeouts, type AllTimeouts } from './operations/check-timeouts.ts'
import { checkKeys, checkNumber, isObject, refuse } from './operations/checks.ts'
import { checkPrices } from './operations/check-prices.ts'
import type { PriceTable } from './operations/prices.ts'
import { checkBudgets } from './resilience/check-budgets.ts'
import { checkLimits } from './resilience/check-limits.ts'
import { createDeniedError } from './policy/create-denied-error.ts'
import { isAuditLog, type AuditLog } from './policy/audit/audit-log.ts'
import { compiledOf } from './policy/define-policy.ts'
import { createGuard, isPolicy, type Policy } from './policy/guard.ts'
import { domesticOnly } from './policy/presets/domestic-only.ts'
import type { ReasonCode } from './policy/reason-codes.ts'
import type { Provider } from './provider.ts'
import { checkLogger, type Logger } from './telemetry/logger.ts'
import { isTestNetwork, type TestNetwork } from './testing/test-network.ts'

interface CheckedClientOptions {
  readonly providers: ReadonlyMap<string, Provider>
  readonly policy: Policy
  readonly timeouts: AllTimeouts
  readonly retries: number
  readonly network: TestNetwork | undefined
  readonly audit: AuditLog | undefined
  readonly logger: Logger | undefined
  readonly prices: PriceTable
}

const optionNames = [
  'providers',
  'policy',
  'timeout',
  'retries',
  'tokenStore',
  'network',
  'audit',
  'logger',
  'limits',
  'budgets',
  'prepaid',
  'prices',
  'onWarning',
]

/** Options by which other clients let the caller replace the transport: then no address could be checked. */
const transportNames = ['fetch', 'dispatcher', 'agent', 'httpAgent', 'httpsAgent', 'transport', 'connect']

/** @throws ConfigurationError, or PolicyDeniedError for a transport of the caller's own */
export function checkClientOptions(options: ClientOptions<readonly Provider[]>): CheckedClientOptions {
  if (!isObject(options))
    refuse('createClient takes an object of options', 'Пишите createClient({ providers: [провайдер()] }).')
  const policy = checkPolicy(options.policy)
  refuseTransport(options, policy)
  // The policy's own proxy may be named once more; another one was refused above.
  checkKeys('createClient', options, 'proxy' in options ? [...optionNames, 'proxy'] : optionNames)
  checkNumber('retries', options.retries, 0, 10, true)
  checkTokenStore(options.tokenStore)
  if (options.onWarning !== undefined && typeof options.onWarning !== 'function') {
    refuse('onWarning must be a function', 'onWarning: передайте функцию (warning) => void.')
  }
  const providers = checkProviders(options.providers)
  checkLimits(options.limits, options.providers)
  checkBudgets(options.budgets, options.providers)
  checkPrepaid(options.prepaid, providers)
  return {
    providers,
    policy,
    timeouts: checkTimeouts(options.timeout, defaultTimeouts),
    retries: options.retries ?? 2,
    network: checkNetwork(options.network, policy),
    prices: checkPrices(options.prices, [...providers.keys()]),
    audit: checkAudit(options.audit, policy),
    logger: checkLogger(options.logger),
  }
}

function checkPolicy(policy: unknown): Policy {
  if (policy === undefined) return domesticOnly()
  if (isPolicy(policy)) return policy
  return refuse(
    'policy must come from definePolicy or a preset',
    'policy: передайте domesticOnly() или definePolicy({ … }).',
  )
}

function refuseTransport(options: object, policy: Policy): void {
  const given = options as Record<string, unknown>
  for (const name of transportNames) {
    if (given[name] === undefined) continue
    const code = name === 'connect' ? codeOfConnect(given[name]) : 'config.custom_transport'
    throw createDeniedError(createGuard([policy]).refuse(code, 'socket', { option: name }))
  }
  const proxy = given['proxy']
  if (proxy === undefined) return
  const allowed = createGuard([policy]).proxy
  const origin = typeof proxy === 'string' ? URL.parse(proxy)?.origin : undefined
  if (allowed && origin === allowed.url.origin) return
  throw createDeniedError(createGuard([policy]).refuse('proxy.not_allowed', 'socket', { option: 'proxy' }))
}

function codeOfConnect(connect: unknown): ReasonCode {
  const given = isObject(connect) ? connect : {}
  if (given['socketPath'] !== undefined) return 'socket.unix_path'
  if (given['servername'] !== undefined) return 'tls.servername_mismatch'
  if (given['rejectUnauthorized'] === false) return 'tls.verification_off'
  return 'config.custom_transport'
}

function checkTokenStore(store: unknown): void {
  if (store === undefined) return
  const names = ['get', 'set', 'delete']
  if (isObject(store) && names.every((name) => typeof store[name] === 'function')) return
  refuse('tokenStore must have get, set and delete', 'tokenStore: объект с методами get, set и delete.')
}

function checkPrepaid(prepaid: unknown, providers: ReadonlyMap<string, Provider>): void {
  if (prepaid === undefined) return
  if (!isObject(prepaid)) refuse('prepaid must be an object', "prepaid: { providers: ['<имя>'] }.")
  checkKeys('prepaid', prepaid, ['providers', 'refreshMs'])
  checkNumber('prepaid.refreshMs', prepaid['refreshMs'], 0, 2 ** 31 - 1)
  const names: unknown = prepaid['providers']
  const able = [...providers.values()].filter(({ packages }) => packages).map(({ name }) => name)
  if (Array.isArray(names) && names.length > 0 && names.every((name) => able.includes(name as string))) return
  refuse(
    'prepaid.providers must name providers that have packages of tokens',
    `prepaid.providers: из ${able.join(', ') || 'пустого списка: ни у одного провайдера нет пакетов'}.`,
  )
}

function checkAudit(audit: unknown, policy: Policy): AuditLog | undefined {
  if (audit !== undefined && !isAuditLog(audit)) {
    return refuse('audit must be made by auditLog or auditSink', "audit: auditLog({ file: 'audit.jsonl' }).")
  }
  // What every call would be refused for is said at once.
  const wanted = compiledOf(policy).find(
    (one) => one.audit !== undefined && !(one.audit === 'strict' ? audit?.strict : audit),
  )
  if (!wanted) return audit
  throw new ConfigurationError(
    `the policy ${wanted.name} demands ${wanted.audit === 'strict' ? 'a strict audit log' : 'an audit log'}`,
    {
      code: 'config.audit',
      hint: "Добавьте createClient({ audit: auditLog({ file: 'audit.jsonl' }) }); strict в нём включён по умолчанию.",
    },
  )
}

function checkNetwork(network: unknown, policy: Policy): TestNetwork | undefined {
  if (network === undefined) return undefined
  if (isTestNetwork(network)) return network
  throw createDeniedError(createGuard([policy]).refuse('config.custom_transport', 'socket', { option: 'network' }))
}

function checkProviders(given: unknown): ReadonlyMap<string, Provider> {
  if (!Array.isArray(given) || given.length === 0) {
    return refuse(
      'providers must be a list with at least one provider',
      'Пишите providers: [провайдер()]: хотя бы один адаптер.',
    )
  }
  const providers = new Map<string, Provider>()
  for (const provider of given as Provider[]) {
    if (!isObject(provider) || typeof provider.text !== 'function' || typeof provider.parseModel !== 'function') {
      refuse(
        'providers holds something that is not a provider',
        'Вызовите фабрику адаптера: providers: [провайдер()], а не [провайдер].',
      )
    }
    if (!/^[a-z0-9][a-z0-9._-]*$/i.test(provider.name)) {
      refuse(
        'the name of a provider must be of letters, digits, dots and dashes',
        'name провайдера: латиница, цифры, точка, дефис.',
      )
    }
    if (providers.has(provider.name)) {
      refuse(
        `two providers are named '${provider.name}'`,
        `Дайте второму провайдеру имя: { name: '${provider.name}-2' }.`,
      )
    }
    providers.set(provider.name, provider)
  }
  checkTrust(providers.values())
  return providers
}

/** One origin, one trust: else the authority of one provider would vouch for the other's connections. */
function checkTrust(providers: Iterable<Provider>): void {
  const trustOf = new Map<string, string>()
  for (const { endpoints, name } of providers) {
    for (const { url, ca = '' } of Object.values(endpoints)) {
      const origin = URL.parse(url)?.origin
      if (origin === undefined) continue
      if ((trustOf.get(origin) ?? ca) !== ca) {
        throw new ConfigurationError(
          `providers claim ${origin} with different certificate authorities (one is '${name}')`,
          {
            code: 'config.trust_conflict',
            hint: `Задайте для ${origin} одинаковую настройку ca у всех провайдеров.`,
          },
        )
      }
      trustOf.set(origin, ca)
    }
  }
}
