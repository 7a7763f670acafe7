// The CPU time of importing, in this fresh process.
const { urls, peer } = JSON.parse(process.env.SHLYUZ_BENCH)
const importPeer = peer && (await import('../compare/bench/import.mjs')).importPeer
const before = process.cpuUsage()
if (importPeer) await importPeer(peer)
else for (const url of urls) await import(url)
const { user, system } = process.cpuUsage(before)
process.send({ value: (user + system) / 1000 })
process.exit()
