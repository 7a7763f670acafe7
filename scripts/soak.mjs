// Nothing lost: calls of all kinds against the emulator, of which a share meets an injected fault. Every call has to end
// as a complete answer, which is compared with what the emulator sent, or as a typed error.
// Usage: pnpm soak [--requests 20000] [--faults 0.5] [--concurrency 100] [--seed 1]
import { parseArgs } from 'node:util'
import { runSoak } from '../test/soak/run-soak.ts'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    faults: { type: 'string', default: '0.5' },
    concurrency: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
  },
})
const read = (name, least, most) => {
  const value = Number(values[name])
  if (value >= least && value <= most) return value
  throw new Error(`--${name} is a number from ${least} to ${most}, not ${values[name]}`)
}
const options = {
  requests: read('requests', 1, 999_999),
  faults: read('faults', 0, 1),
  concurrency: read('concurrency', 1, 10_000),
  seed: read('seed', 0, 1_000_000),
}

const step = Math.max(100, Math.ceil(options.requests / 10))
const { seconds, outcomes, faults, report, checks } = await runSoak(options, (done) => {
  if (done % step === 0) process.stderr.write(`soak: ${done} of ${options.requests}\n`)
})

console.log('calls  outcome')
for (const [name, count] of [...outcomes].toSorted((a, b) => b[1] - a[1])) console.log(`${column(count)}  ${name}`)
console.log('calls  complete  requests hit  fault')
for (const [name, { calls, complete }] of faults) {
  console.log(`${column(calls)}  ${column(complete, 8)}  ${column(report.hits[name] ?? 0, 12)}  ${name}`)
}
for (const { title, passed, detail } of checks) {
  console.log(`${passed ? 'passed' : 'FAILED'}  ${title}${detail ? ` (${detail})` : ''}`)
}
const failed = checks.filter(({ passed }) => !passed).length
console.log(
  `soak: ${checks.length - failed} passed, ${failed} failed ` +
    `(${options.requests} calls, ${report.requests} requests, seed ${options.seed}, ${Math.round(seconds)} s)`,
)
process.exitCode = failed > 0 ? 1 : 0

function column(value, width = 5) {
  return String(value).padStart(width)
}
