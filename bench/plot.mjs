// The ratios as bars, on a scale that doubles: one picture, written by hand, no library.

const scenarios = { one: 'one call', many: '64 at once', burst: 'burst', streams: '200 streams', paced: 'paced' }
const colours = ['#c8c8c8', '#0a7d4f', '#4477aa', '#cc6677', '#ddaa33', '#882255', '#88ccee']
const width = 860
const left = 110
const bar = 13
const gap = 26
const most = 32

export function drawPlot({ machine, results }) {
  const shown = results.filter(({ id }) => id in scenarios)
  const names = new Map()
  const groups = shown.map(({ id, rows }) => {
    const bars = rows.filter(
      ({ key, ratio }) =>
        ratio && /^(floor|shlyuz|openai|ai-sdk|langchain-openai|gigachat|langchain-gigachat)$/.test(key),
    )
    for (const { key } of bars) if (!names.has(key)) names.set(key, colours[names.size % colours.length])
    return { title: scenarios[id], bars }
  })
  const parts = []
  let y = 64
  const legend = [...names].map(([key, colour], index) => {
    const { name } = shown.flatMap(({ rows }) => rows).find((row) => row.key === key)
    const x = left + (index % 4) * 180
    const line = 26 + Math.floor(index / 4) * 16
    return `<rect x="${x}" y="${line - 9}" width="10" height="10" fill="${colour}"/><text x="${x + 15}" y="${line}">${escape(name)}</text>`
  })
  for (const { title, bars } of groups) {
    parts.push(`<text x="${left - 8}" y="${y + 11}" text-anchor="end">${title}</text>`)
    for (const { key, ratio } of bars) {
      const end = place(ratio.median)
      parts.push(
        `<rect x="${Math.min(end, place(1))}" y="${y}" width="${Math.max(1, Math.abs(end - place(1)))}" height="${bar - 2}" fill="${names.get(key)}"/>`,
        `<text x="${Math.max(end, place(1)) + 4}" y="${y + 10}">${ratio.median.toFixed(2)}×</text>`,
      )
      y += bar
    }
    y += gap
  }
  const lines = [0.5, 1, 2, 4, 8, 16, 32].map(
    (value) =>
      `<line x1="${place(value)}" y1="56" x2="${place(value)}" y2="${y}" stroke="${value === 1 ? '#333' : '#ddd'}"/>` +
      `<text x="${place(value)}" y="${y + 14}" text-anchor="middle">${value}×</text>`,
  )
  const caption = `Client CPU against undici Pool.request, lower is better. Node ${machine.node}, ${machine.date}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + 40}" font-family="sans-serif" font-size="11">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    ...lines,
    ...legend,
    ...parts,
    `<text x="${left}" y="${y + 32}">${escape(caption)}</text>`,
    '</svg>\n',
  ].join('\n')
}

function place(ratio) {
  const scale = (Math.log2(Math.min(most, Math.max(0.5, ratio))) + 1) / (Math.log2(most) + 1)
  return Math.round(left + scale * (width - left - 60))
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
