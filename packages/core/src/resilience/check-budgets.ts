import { checkKeys, checkNumber, isObject, refuse } from '../operations/checks.ts'
import type { Provider } from '../provider.ts'

const names = ['name', 'amount', 'period', 'per', 'providers', 'warnAt', 'unpriced', 'whenStoreFails']
const periods = ['hour', 'day', 'month', 'total']

/** @throws ConfigurationError */
export function checkBudgets(budgets: unknown, providers: readonly Provider[]): void {
  if (budgets === undefined) return
  if (!Array.isArray(budgets)) {
    return refuse('budgets must be a list', "budgets: [{ name: 'crm', amount: '5000', period: 'month' }].")
  }
  const seen = new Set<unknown>()
  for (const budget of budgets as unknown[]) {
    if (!isObject(budget))
      refuse('a budget must be an object', "Бюджет: { name: 'crm', amount: '5000', period: 'month' }.")
    checkBudget(
      budget,
      providers.map(({ name }) => name),
    )
    if (seen.has(budget['name'])) {
      refuse(
        `two budgets are named '${String(budget['name'])}'`,
        'Дайте бюджетам разные name: одно имя — один кошелёк.',
      )
    }
    seen.add(budget['name'])
  }
}

function checkBudget(budget: Record<string, unknown>, known: readonly string[]): void {
  checkKeys('a budget', budget, names)
  const { name, amount, period, per, providers, warnAt, unpriced, whenStoreFails } = budget
  if (typeof name !== 'string' || !/^[\w.-]{1,64}$/.test(name)) {
    refuse('a budget needs a name of letters, digits, dots and dashes', 'name бюджета: латиница, цифры, точка, дефис.')
  }
  if (typeof amount !== 'string' || !/^\d{1,9}(\.\d{1,6})?$/.test(amount) || !/[1-9]/.test(amount)) {
    refuse(
      `budget '${name}': amount must be rubles as a decimal string`,
      "amount: рубли строкой, например '5000' или '99.50'.",
    )
  }
  if (!periods.includes(period as string)) {
    refuse(`budget '${name}': period must be one of ${periods.join(', ')}`, `period: одно из ${periods.join(', ')}.`)
  }
  if (per !== undefined && (typeof per !== 'string' || per === '')) {
    refuse(`budget '${name}': per must be the name of a label`, "per: имя метки (labels), например 'system'.")
  }
  if (
    providers !== undefined &&
    !(Array.isArray(providers) && providers.every((one) => known.includes(one as string)))
  ) {
    refuse(`budget '${name}': providers must be names of configured providers`, `providers: из ${known.join(', ')}.`)
  }
  checkNumber(`budget '${name}': warnAt`, warnAt, 0, 1)
  checkWordOf(name, 'unpriced', unpriced, ['refuse', 'allow'])
  checkWordOf(name, 'whenStoreFails', whenStoreFails, ['refuse', 'local'])
}

function checkWordOf(name: string, key: string, value: unknown, words: readonly string[]): void {
  if (value === undefined || words.includes(value as string)) return
  refuse(`budget '${name}': ${key} must be one of ${words.join(', ')}`, `${key}: ${words.join(' или ')}.`)
}
