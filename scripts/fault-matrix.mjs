// Writes docs/fault-matrix.md from the rows of the fault matrix and the tests that prove them.
import { writeFileSync } from 'node:fs'
import { pagePath, renderPage } from '../test/faults/render-page.ts'

writeFileSync(new URL(`../${pagePath}`, import.meta.url), renderPage())
console.log(`${pagePath} is up to date.`)
