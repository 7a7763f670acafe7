// Measures Shlyuz beside the bare socket and beside what users would pick instead. See README.md.
// Usage: pnpm bench [--quick | --smoke] [--only scenario,…] [--contenders name,…] [--repeats n] [--no-peers] [--results folder] [--before working tree]
import { createRequire } from 'node:module'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { installClients, versionOf } from '../compare/install.mjs'
import { contenders, peers } from './contenders/index.mjs'
import { ask, isPinned, start } from './processes.mjs'
import { printScenario, summarise, writeResults } from './report.mjs'
import { scenarios } from './scenarios.mjs'
import { ownUrls, sizeOfOwn, sizeOfPeer, undiciUrl } from './sizes.mjs'

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    only: { type: 'string' },
    contenders: { type: 'string' },
    repeats: { type: 'string' },
    'no-peers': { type: 'boolean', default: false },
    before: { type: 'string' },
    results: { type: 'string' },
  },
})
const hasPeers = !flags['no-peers'] && !flags.quick && !flags.smoke
const only = flags.only?.split(',')
const wanted = flags.contenders?.split(',')
const repeats = { main: 15, others: 5, peers: 5 }

/** Without the contender that others are compared with there is nothing to tell. */
const chosen = scenarios
  .filter(({ id }) => !only || only.includes(id))
  .map(adjust)
  .filter(({ main }) => main.length > 0)

/** `--quick` shows the order of things, `--smoke` only that all of it runs. */
function adjust(scenario) {
  const { others, counts, mainRepeats = repeats.main } = scenario
  const main = flags.before && scenario.main.includes('shlyuz') ? [...scenario.main, 'before'] : scenario.main
  const isShort = flags.quick || flags.smoke
  const given = flags.repeats === undefined ? undefined : Number(flags.repeats)
  return {
    ...scenario,
    main: wanted ? main.filter((key) => wanted.includes(key)) : isShort ? main.filter((key) => key !== 'same') : main,
    // A smoke run asks them for one kind of measurement.
    others: wanted
      ? others.filter((key) => wanted.includes(key))
      : flags.smoke && scenario.id === 'many'
        ? others
        : isShort
          ? []
          : others,
    peers: scenario.peers && hasPeers ? peers.filter((key) => !wanted || wanted.includes(key)) : [],
    repeats: given ?? (isShort ? 1 : mainRepeats),
    fewRepeats: given ?? (isShort ? 1 : repeats.others),
    counts: flags.smoke ? tiny(counts) : flags.quick ? short(counts) : counts,
  }
}

function short(counts) {
  const names = ['warm', 'count', 'runs', 'rounds']
  return mapCounts(counts, (name, count) => (names.includes(name) ? Math.max(1, Math.ceil(count / 3)) : count))
}

/** Numbers of events and tokens stay: they are what the server sends. */
function tiny(counts) {
  return mapCounts(counts, (name, count) => (name === 'events' || name === 'tokens' ? count : Math.min(count, 2)))
}

function mapCounts(counts, map) {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, map(name, count)]))
}

/** Each repetition asks every contender once, each time in another order. */
async function measure(scenario, keys, count, setup) {
  const samples = Object.fromEntries(keys.map((key) => [key, []]))
  for (let repeat = 0; repeat < count; repeat++) {
    for (let index = 0; index < keys.length; index++) {
      const key = keys[(index + repeat) % keys.length]
      if (samples[key].failure) continue
      try {
        samples[key].push(await ask('measure.mjs', { ...setup, contender: key, scenario: shorten(scenario, key) }))
      } catch (error) {
        // Some clients of others do not survive a scenario: that is a result, too.
        if (!peers.includes(key)) throw error
        samples[key].failure = String(error.message).split('\n')[0].slice(0, 200)
      }
    }
  }
  return samples
}

/** Clients that take ten times as long are asked for less: their figures are far from any limit. */
function shorten(scenario, key) {
  if (!peers.includes(key)) return scenario
  const less = { count: 5, runs: 5, warm: 12, rounds: 3 }
  const counts = mapCounts(scenario.counts, (name, count) => Math.max(1, Math.ceil(count / (less[name] ?? 1))))
  return { ...scenario, counts }
}

async function runAll(setup) {
  const results = []
  const run = async (scenario, keys, count) => {
    const samples = await measure(scenario, keys, count, setup)
    const known = results.find(({ id }) => id === scenario.id)
    const rows = summarise(scenario, samples)
    const fresh = known ? rows.filter(({ key }) => known.rows.every((row) => row.key !== key)) : rows
    if (known) known.rows.push(...fresh)
    else results.push({ id: scenario.id, title: scenario.title, unit: scenario.unit, rows })
    printScenario(scenario.title, scenario.unit, fresh)
  }
  // What decides comes first: bare, the floor and Shlyuz; then audit, masking; then the clients of others.
  for (const scenario of chosen) await run(scenario, scenario.main, scenario.repeats)
  for (const scenario of chosen.filter(({ others }) => others.length > 0)) {
    await run(scenario, [scenario.main[0], ...scenario.others], scenario.fewRepeats)
  }
  for (const scenario of chosen.filter((one) => one.peers.length > 0)) {
    await run(scenario, [scenario.main[0], ...scenario.peers], scenario.fewRepeats)
  }
  return results
}

async function measureImports() {
  const modules = { undici: { urls: [undiciUrl] }, shlyuz: { urls: ownUrls } }
  if (hasPeers) for (const key of peers) modules[key] = { peer: contenders[key].package }
  const keys = Object.keys(modules)
  const samples = Object.fromEntries(keys.map((key) => [key, []]))
  const count = flags.smoke ? 1 : flags.quick ? 3 : repeats.main
  for (let repeat = 0; repeat < count; repeat++) {
    for (const key of keys) {
      if (peers.includes(key) && repeat >= repeats.peers) continue
      samples[key].push(await ask('import-time.mjs', modules[key]))
    }
  }
  const scenario = {
    id: 'import',
    title: 'Importing, in a fresh process',
    unit: 'ms of CPU',
    targets: { shlyuz: { by: 'ratio', most: 1.3 } },
  }
  const rows = summarise(scenario, samples)
  printScenario(scenario.title, scenario.unit, rows)
  return { id: scenario.id, title: scenario.title, unit: scenario.unit, rows }
}

async function createCertificate() {
  const require = createRequire(new URL('../test/package.json', import.meta.url))
  const { generate } = await import(require.resolve('selfsigned'))
  const extensions = [
    { name: 'basicConstraints', cA: true },
    {
      name: 'subjectAltName',
      altNames: [
        { type: 2, value: 'localhost' },
        { type: 2, value: 'llm.bench.example' },
      ],
    },
  ]
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions,
  })
  return { cert, key }
}

const started = Date.now()
if (hasPeers) installClients()
const certificate = await createCertificate()
const { child: server, message } = start('server.mjs', 'server', { certificate })
try {
  const ports = await message
  const machine = {
    node: process.version,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    isPinned,
    load: loadavg()[0].toFixed(1),
    date: new Date().toISOString().slice(0, 10),
    ...(hasPeers && { peers: peers.map((key) => `${contenders[key].package} ${versionOf(contenders[key].package)}`) }),
  }
  console.log(
    `node ${machine.node}, ${machine.processor}, ${machine.cores} cores, load ${machine.load}, ` +
      (isPinned ? 'client on core 0, server on core 1' : 'nothing is pinned: no taskset here, or one core'),
  )
  const results = await runAll({ ...ports, ca: certificate.cert, beforeTree: flags.before })
  if (!only || only.includes('import')) results.push(await measureImports())
  const sizes = []
  if ((!only || only.includes('sizes')) && !flags.smoke) {
    sizes.push(await sizeOfOwn())
    if (hasPeers) for (const key of peers) sizes.push(await sizeOfPeer(contenders[key]))
  }
  const folder =
    flags.results ?? (only || wanted || flags.quick || flags.smoke ? undefined : join(import.meta.dirname, 'results'))
  await writeResults(folder, { machine, results, sizes, minutes: Math.round((Date.now() - started) / 6_000) / 10 })
} finally {
  server.kill()
}
