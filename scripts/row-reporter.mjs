/** A reporter of vitest: prints each row of the fault matrix as soon as those before it are known. */
export class RowReporter {
  #rows
  #results = new Map()
  #next = 0
  #troubles = []

  constructor(asked) {
    this.#rows = asked
  }

  get isGreen() {
    return this.#troubles.length === 0 && this.#count('failed') === 0
  }

  onTestSuiteResult(suite) {
    if (suite.parent.type !== 'module') return
    const number = suite.name.slice(0, 3)
    this.#results.set(number, resultOf(suite))
    this.#print()
  }

  onTestModuleEnd(module) {
    for (const error of module.errors()) this.#troubles.push(`${module.relativeModuleId}: ${error.message}`)
  }

  onTestRunEnd(_modules, errors) {
    for (const { message } of errors) this.#troubles.push(message)
  }

  finish() {
    for (const { number } of this.#rows) {
      if (!this.#results.has(number)) this.#results.set(number, { state: 'failed', reasons: ['no test ran'] })
    }
    this.#print()
    for (const trouble of this.#troubles) console.log(`     beside the rows: ${firstLine(trouble)}`)
    const skipped = this.#count('skipped')
    const end = skipped > 0 ? `, ${skipped} skipped` : ''
    console.log(`${this.#count('passed')} passed, ${this.#count('failed')} failed${end}`)
  }

  #print() {
    for (; this.#next < this.#rows.length; this.#next++) {
      const { number, fault } = this.#rows[this.#next]
      const result = this.#results.get(number)
      if (!result) return
      console.log(`${number}  ${result.state}  ${fault}`)
      for (const reason of result.reasons) console.log(`     ${reason}`)
    }
  }

  #count(state) {
    return this.#rows.filter(({ number }) => this.#results.get(number)?.state === state).length
  }
}

/** A row passes when all its tests do; it is skipped when none of them ran. */
function resultOf(suite) {
  const tests = [...suite.children.allTests()]
  const failed = tests.filter((test) => test.result().state === 'failed')
  const reasons = failed.map((test) => `${test.name}: ${firstLine(test.result().errors?.[0]?.message ?? 'it failed')}`)
  for (const { message } of suite.errors()) reasons.push(firstLine(message))
  if (reasons.length > 0) return { state: 'failed', reasons }
  const isSkipped = tests.every((test) => test.result().state === 'skipped')
  return { state: isSkipped ? 'skipped' : 'passed', reasons: [] }
}

function firstLine(text) {
  return text.split('\n')[0]
}
