// What is measured, how often, who takes part, and what Shlyuz has to reach.

const main = ['bare', 'same', 'floor', 'shlyuz']
const rows = ['audit', 'masking', 'shlyuz-gigachat']

const ratio = (most) => ({ by: 'ratio', most })

/** Short answers are held against parsing each line, long ones against reading the bytes alone. */
const linesTargets = { 1_000: { 'shlyuz-yandexgpt': ratio(1) }, 30_000: { 'shlyuz-yandexgpt': ratio(1.5) } }

/**
 * `mode` of the server; `kind` of the measurement (see measure.mjs) with its counts; `main` contenders are repeated most,
 * `others` less; the first of `main` is what the rest is compared with. `targets` are for Shlyuz.
 */
export const scenarios = [
  {
    id: 'one',
    title: 'One call at a time',
    unit: 'µs a call',
    mode: 'whole',
    kind: 'calls',
    coldRuns: '1,000 calls',
    counts: { parallel: 1, cold: 1_000, warm: 16_000, count: 3_000 },
    main,
    others: rows,
    peers: true,
    targets: { shlyuz: ratio(0.95) },
  },
  {
    id: 'many',
    title: '64 calls at once',
    unit: 'µs a call',
    mode: 'whole',
    kind: 'calls',
    coldRuns: '1,000 calls',
    counts: { parallel: 64, cold: 1_000, warm: 40_000, count: 8_000 },
    main,
    others: rows,
    peers: true,
    targets: { shlyuz: ratio(0.9) },
  },
  {
    id: 'burst',
    title: 'One stream of 20,000 events in a burst',
    unit: 'µs an event',
    mode: 'burst-20000',
    kind: 'burst',
    coldRuns: 'three runs',
    counts: { events: 20_000, cold: 3, runs: 20 },
    main,
    others: rows,
    peers: true,
    targets: { shlyuz: ratio(1.15), 'shlyuz cold': ratio(1.4) },
  },
  {
    id: 'streams',
    title: '200 streams of 500 events, one write an event',
    unit: 'µs an event',
    mode: 'each-500',
    kind: 'streams',
    counts: { parallel: 200, events: 500, warm: 4, rounds: 3 },
    main: ['bare', 'floor', 'shlyuz'],
    others: [],
    peers: true,
    targets: { shlyuz: ratio(1.1) },
  },
  {
    id: 'paced',
    title: '200 streams, an event each 20 ms',
    unit: 'µs an event',
    mode: 'paced-100',
    kind: 'streams',
    counts: { parallel: 200, events: 100, warm: 1, rounds: 1 },
    main: ['bare', 'floor', 'shlyuz'],
    others: [],
    peers: true,
    targets: { shlyuz: ratio(1.1) },
  },
  {
    id: 'first',
    title: 'Time to the first token',
    unit: 'µs, median',
    mode: 'first-3',
    kind: 'first',
    counts: { warm: 4_000, count: 1_000 },
    main: ['bare', 'floor', 'shlyuz'],
    others: [],
    peers: true,
    targets: { shlyuz: { by: 'difference', most: 20 } },
  },
  {
    id: 'open',
    title: '1,000 open streams',
    unit: 'KiB of heap a stream',
    mode: 'hold-2',
    kind: 'open',
    counts: { parallel: 1_000 },
    main: ['bare', 'floor', 'shlyuz'],
    others: [],
    peers: true,
    mainRepeats: 5,
    targets: { shlyuz: { by: 'value', most: 18 }, 'shlyuz resident': { by: 'value', most: 90 } },
  },
  ...[
    [1_000, 60, 180],
    [4_000, 12, 12],
    [16_000, 3, 2],
    [30_000, 2, 4],
  ].map(([tokens, runs, warm]) => ({
    id: `lines-${tokens / 1000}k`,
    title: `YandexGPT's cumulative stream, ${tokens / 1000}k tokens`,
    unit: 'ms an answer',
    mode: `lines-${tokens}`,
    kind: 'lines',
    counts: { tokens, warm, runs },
    main: tokens === 1_000 ? ['naive', 'reading', 'shlyuz-yandexgpt'] : ['reading', 'naive', 'shlyuz-yandexgpt'],
    others: [],
    mainRepeats: tokens === 1_000 ? 15 : 5,
    targets: linesTargets[tokens] ?? {},
  })),
  {
    id: 'signal',
    title: 'One signal shared by 64 calls',
    unit: 'µs a call',
    mode: 'whole',
    kind: 'calls',
    coldRuns: '1,000 calls',
    counts: { parallel: 64, cold: 1_000, warm: 24_000, count: 24_000 },
    main: ['no-signal', 'shared-signal'],
    others: [],
    targets: { 'shared-signal': { by: 'difference', most: 3 } },
  },
  ...['one', 'many', 'burst'].map((id) => ({ id: `${id}-tls`, over: id })),
]

for (const scenario of scenarios) {
  if (!scenario.over) continue
  const plain = scenarios.find(({ id }) => id === scenario.over)
  // The targets are those of plain HTTP: TLS costs both sides the same.
  Object.assign(scenario, plain, {
    id: scenario.id,
    title: `${plain.title}, over TLS`,
    isTls: true,
    main: ['bare', 'shlyuz'],
    others: [],
    peers: false,
    targets: {},
  })
}
