// Writes docs/loss-table.md from the data of the adapters: what is kept of every feature on every surface.
import { writeFileSync } from 'node:fs'
import { pagePath, renderPage } from '../test/loss-table/render-page.ts'

const page = new URL(`../${pagePath}`, import.meta.url)
writeFileSync(page, await renderPage())
console.log(`${pagePath} is up to date.`)
