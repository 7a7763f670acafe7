import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test, vi } from 'vitest'
import type * as guards from '../../packages/core/src/policy/guard.ts'
import { readCaseFile, type CaseFile } from './case-file.ts'
import { depths, switchOff, type Check } from './switch-off.ts'

// What would pass if a check were missing: each case is held by that check alone.

const ownCases: Readonly<Record<Check, readonly string[]>> = {
  judgeIntent: ['o60', 'o64', 'o67', 'o70', 'o73', 'o78', 'o121', 'o129', 'o152', 'o174'],
  judgeUrl: ['o02', 'o12', 'o15', 'o17', 'o21', 'o68', 'o101', 'o102', 'o106', 'o159'],
  judgeHeaders: ['o43', 'o48', 'o49', 'o53', 'o110'],
  judgeEnvironment: ['o80', 'o81', 'o113'],
  judgeAddresses: ['o26', 'o29', 'o37', 'o38', 'o39', 'o98', 'o122', 'o124'],
  judgePeer: ['o41', 'o109'],
  judgeReuse: ['o169', 'o170', 'o171', 'o172', 'o173'],
  redirected: ['o55', 'o58', 'o119'],
  judgeAnsweredModel: ['o59', 'o96'],
}

const publicCases: typeof ownCases = {
  judgeIntent: ['p51', 'p56', 'p61', 'p62'],
  judgeUrl: ['p05', 'p09', 'p11', 'p17', 'p24', 'p45', 'p58'],
  judgeHeaders: ['p47'],
  judgeEnvironment: ['p43', 'p50'],
  judgeAddresses: ['p30', 'p32', 'p35', 'p36', 'p37'],
  judgePeer: ['p38'],
  judgeReuse: ['p59'],
  redirected: ['p40', 'p41'],
  judgeAnsweredModel: [],
}

/** Allowed whatever is switched off, and held by no check of the guard: a runner that fails always would show. */
const controls = ['o01', 'o54', 'o83', 'p01', 'p44', 'p57']

const files = {
  own: fileURLToPath(new URL('own-cases.json', import.meta.url)),
  public: fileURLToPath(new URL('../../../shared/fixtures/policy/bypass-cases.json', import.meta.url)),
}

afterAll(() => {
  vi.doUnmock('../../packages/core/src/policy/guard.ts')
  vi.resetModules()
})

/** Ids of the cases that fail, of all that are named here, when these checks find nothing. */
async function failuresWithout(checks: readonly Check[], path: string, named: typeof ownCases): Promise<string[]> {
  vi.resetModules()
  vi.doMock('../../packages/core/src/policy/guard.ts', async (importOriginal) => {
    const real = await importOriginal<typeof guards>()
    const createGuard: typeof real.createGuard = (...given) => switchOff(real.createGuard(...given), checks)
    return { ...real, createGuard }
  })
  const { runCases } = await import('./case-runner.ts')
  const file: CaseFile = readCaseFile(path)
  const wanted = new Set([...Object.values(named).flat(), ...controls])
  const outcomes = await runCases({ ...file, cases: file.cases.filter(({ id }) => wanted.has(id)) }, undefined, false)
  const missing = Object.values(named)
    .flat()
    .filter((id) => !outcomes.some((one) => one.id === id))
  expect(missing).toEqual([])
  return outcomes.filter(({ result }) => result !== 'passed').map(({ id }) => id)
}

function namedFor(checks: readonly Check[], named: typeof ownCases): string[] {
  const ids = checks.flatMap((check) => named[check])
  return ids.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1)))
}

const mutations = [
  ['nothing', []],
  ...Object.entries(depths).map(([depth, checks]) => [`the depth ${depth}`, checks] as const),
] as const satisfies readonly (readonly [string, readonly Check[]])[]

const single = Object.values(depths)
  .filter((checks) => checks.length > 1)
  .flat()

describe('each depth holds cases that no other one holds', () => {
  test.each<readonly [string, readonly Check[]]>(mutations)(
    'without %s its own cases fail, and no other',
    async (_what, checks) => {
      expect(await failuresWithout(checks, files.own, ownCases)).toEqual(namedFor(checks, ownCases))
    },
    60_000,
  )

  const missing = !existsSync(files.public)
  test.skipIf(missing).each<readonly [string, readonly Check[]]>(mutations.slice(1))(
    `without %s, among the public cases${missing ? ' (skipped: the file is not there)' : ''}`,
    async (_what, checks) => {
      expect(await failuresWithout(checks, files.public, publicCases)).toEqual(namedFor(checks, publicCases))
    },
    60_000,
  )
})

describe('each check of a depth holds cases', () => {
  test.each(single)(
    'without %s its own cases fail, and no other of the depth',
    async (check) => {
      const [, checks] = Object.entries(depths).find(([, all]) => (all as readonly Check[]).includes(check)) ?? []
      const named = Object.fromEntries(
        Object.entries(ownCases).filter(([name]) => (checks as readonly string[]).includes(name)),
      ) as typeof ownCases
      expect(await failuresWithout([check], files.own, named)).toEqual(namedFor([check], ownCases))
    },
    60_000,
  )
})
