import type { Price } from '../vocabulary/usage.ts'
import { checkKeys, isObject, refuse } from './checks.ts'
import type { PriceLines, PriceTable } from './prices.ts'

const amounts = ['inputPerMillion', 'outputPerMillion', 'cachedInputPerMillion', 'perImage'] as const

/** Price lines of the caller's own, copied. @throws ConfigurationError */
export function checkPrices(given: unknown, providers: readonly string[]): PriceTable {
  if (given === undefined) return new Map()
  if (!isObject(given))
    return refuse('prices must be an object by model', "prices: { 'провайдер/модель': { prices: […] } }.")
  const stray = Object.keys(given).find((model) => !providers.some((name) => model.startsWith(`${name}/`)))
  if (stray !== undefined) {
    refuse(
      `prices: '${stray.slice(0, 100)}' names no configured provider`,
      `prices: ключ — '<провайдер>/<модель>'; есть провайдеры ${providers.join(', ')}.`,
    )
  }
  return new Map(
    Object.entries(given).map(([model, lines]) => [model.toLowerCase(), checkLines(model.slice(0, 100), lines)]),
  )
}

function checkLines(model: string, given: unknown): PriceLines {
  if (!model.includes('/') || !isObject(given)) {
    return refuse(
      `prices['${model}'] must be { prices } of a '<provider>/<model>'`,
      `prices['${model}']: { prices: [{ … }] }.`,
    )
  }
  checkKeys(`prices['${model}']`, given, ['prices', 'deferredPrices'])
  return Object.freeze(
    Object.fromEntries(
      Object.entries(given).map(([which, lines]) => [which, checkList(`prices['${model}'].${which}`, lines)]),
    ),
  )
}

function checkList(where: string, lines: unknown): readonly Price[] {
  if (Array.isArray(lines) && lines.length > 0) return lines.map((line) => checkLine(where, line))
  return refuse(`${where} must be a list of price lines`, `${where}: список строк цен.`)
}

function checkLine(where: string, line: unknown): Price {
  if (!isObject(line))
    return refuse(`${where} holds what is no price line`, `${where}: { inputPerMillion, outputPerMillion, … }.`)
  checkKeys(where, line, [...amounts, 'vatIncluded', 'source', 'asOf'])
  const wrong = amounts.find((name) => line[name] !== undefined && !isAmount(line[name]))
  const isWhole = isAmount(line['inputPerMillion']) && isAmount(line['outputPerMillion'])
  const isSourced = typeof line['source'] === 'string' && line['source'] !== '' && isDay(line['asOf'])
  if (wrong === undefined && isWhole && isSourced && typeof line['vatIncluded'] === 'boolean') {
    return Object.freeze({ ...line }) as unknown as Price
  }
  return refuse(
    `${where}: a line needs inputPerMillion, outputPerMillion (decimal strings), vatIncluded, source and asOf`,
    `${where}: { inputPerMillion: '65', outputPerMillion: '65', vatIncluded: true, source: 'договор', asOf: '2026-11-01' }.`,
  )
}

function isAmount(value: unknown): boolean {
  return typeof value === 'string' && /^\d{1,9}(\.\d{1,6})?$/.test(value)
}

function isDay(value: unknown): boolean {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value)
}
