import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { findTests, pageCommand, pagePath, renderPage } from './render-page.ts'
import { rows } from './rows.ts'

it('the page is what the rows say', () => {
  const page = readFileSync(new URL(`../../${pagePath}`, import.meta.url), 'utf8').replaceAll('\r\n', '\n')
  expect(page === renderPage(), `${pagePath} is out of date: run \`${pageCommand}\``).toBe(true)
})

it('the rows are F01 to F68, and each has tests in one file', () => {
  const numbers = Array.from({ length: 68 }, (_, at) => `F${String(at + 1).padStart(2, '0')}`)
  expect(rows.map(({ number }) => number)).toEqual(numbers)
  const tests = findTests()
  for (const number of numbers) expect(tests.get(number as never), number).toHaveLength(1)
  expect([...tests.keys()].toSorted()).toEqual(numbers)
})

it('every row says what happens', () => {
  for (const { number, behaviour, staged } of rows) {
    expect(behaviour, number).not.toBe('')
    expect(staged, number).not.toBe('')
  }
})
