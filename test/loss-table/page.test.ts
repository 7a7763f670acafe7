import { readFileSync } from 'node:fs'
import { features } from '@shlyuz/core'
import { gigachatNotOffered } from '../../packages/gigachat/src/gigachat-not-offered.ts'
import { yandexgptNotOffered } from '../../packages/yandexgpt/src/yandexgpt-not-offered.ts'
import { expect, it } from 'vitest'
import { pageCommand, pagePath, renderPage } from './render-page.ts'
import { surfaces } from './surfaces.ts'

const page = readFileSync(new URL(`../../${pagePath}`, import.meta.url), 'utf8').replaceAll('\r\n', '\n')
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((row) => row.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/g, '').trim()))

it('the page is what the data says', async () => {
  expect(page === (await renderPage()), `${pagePath} is out of date: run \`${pageCommand}\``).toBe(true)
})

it('has a row for every feature, a column for every surface, and in every cell a word', () => {
  expect(rows[0]).toEqual(['Feature', ...surfaces.map(({ title }) => title)])
  expect(rows.slice(2).map(([title]) => title)).toEqual(features.map(({ title }) => title))
  for (const [title, ...words] of rows.slice(2)) {
    expect(words, title).toHaveLength(surfaces.length)
    for (const word of words) expect(word, title).toMatch(/^(?:kept|translated|warned|refused)/)
  }
})

it('every number in a column has its note, and every note its number', () => {
  const body = rows.slice(2)
  for (const [column, { title }] of surfaces.entries()) {
    const marks = new Set(body.flatMap((cells) => cells[column + 1]?.match(/[⁰¹²³⁴-⁹]+/g) ?? []))
    const [, notes = ''] = page.split(`\n### ${title}\n`)
    const numbers = (notes.split('\n#')[0] ?? '').split('\n').flatMap((line) => /^(\d+)\. \S/.exec(line)?.[1] ?? [])
    const spelled = numbers.map((number) => [...number].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join(''))
    expect([...marks].toSorted(), title).toEqual(spelled.toSorted())
    expect(numbers.length, title).toBeGreaterThan(5)
  }
})

it('says of every operation that is left out why', () => {
  const [, lists = ''] = page.split('\n## Not offered\n')
  const lines = lists.split('\n').filter((line) => line.startsWith('- '))
  expect(lines.filter((line) => !/^- \*\*.+\*\*: not offered, because .+\.$/.test(line))).toEqual([])
  expect(lines.length).toBeGreaterThanOrEqual(gigachatNotOffered.length + yandexgptNotOffered.length)
})
