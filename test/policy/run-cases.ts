import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readCaseFile } from './case-file.ts'
import { runCases, type CaseOutcome } from './case-runner.ts'

const root = new URL('../../', import.meta.url)
const given = process.env['SHLYUZ_POLICY_CASES']
const path = given ?? fileURLToPath(new URL('../shared/fixtures/policy/bypass-cases.json', root))

if (existsSync(path)) {
  const outcomes = await runCases(readCaseFile(path), (outcome) => {
    if (outcome.result !== 'passed') console.log(`${outcome.id} ${outcome.result}: ${outcome.reason}`)
  })
  const count = (result: CaseOutcome['result']): number => outcomes.filter((one) => one.result === result).length
  console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`)
  process.exitCode = count('failed') > 0 ? 1 : 0
} else {
  console.log(
    `skipped: there is no ${given ?? '../shared/fixtures/policy/bypass-cases.json'} (set SHLYUZ_POLICY_CASES)`,
  )
  console.log('0 passed, 0 failed, 0 skipped')
}
