import { describe, expect, it } from 'vitest'
import { countTokens, takeTokens, tokenize } from '../tokens.ts'
import { composeAnswer } from './compose-answer.ts'
import { readInstruction } from './instruction.ts'
import { splitSentences } from './split-sentences.ts'
import { summarise } from './summarise.ts'

const letter = `Уважаемый Сергей Николаевич!

Компания ООО «Полярная пекарня» работает с вашим складом с 2021 года. Мы всегда были довольны скоростью отгрузки.
10 октября 2026 г. мы получили партию муки на сумму 1 250 000 руб. с опозданием на 12 дней. Из-за этого простаивала
вторая линия. Часть мешков, по данным технолога И. И. Ковалёвой, оказалась отсыревшей. Погода в те дни стояла ясная.
Мы просим вернуть 186 400 руб. за испорченный товар и выплатить неустойку до 1 декабря 2026 г. Кроме того, просим
назначить ответственного за наши заказы. Если ответа не будет, мы передадим жалобу в суд. Надеемся на решение.

С уважением, А. Б. Смирнова`

describe('splitSentences', () => {
  it('does not stop at abbreviations and initials', () => {
    expect(splitSentences('Договор от 3 марта 2026 г. подписал И. И. Петров. Сумма 5 тыс. руб. без НДС. Всё.')).toEqual(
      ['Договор от 3 марта 2026 г. подписал И. И. Петров.', 'Сумма 5 тыс. руб. без НДС.', 'Всё.'],
    )
  })

  it('takes a line as the end of a sentence', () => {
    expect(splitSentences('Заголовок\nТекст.')).toEqual(['Заголовок', 'Текст.'])
  })
})

describe('readInstruction', () => {
  it.each([
    ['Перескажи кратко', { isBrief: true, asPoints: false }],
    ['Изложи в трёх предложениях', { isBrief: false, asPoints: false, count: 3 }],
    ['Выдели 4 главных тезиса', { isBrief: false, asPoints: true, count: 4 }],
    ['Summarise in two sentences', { isBrief: false, asPoints: false, count: 2 }],
    ['Что здесь написано?', { isBrief: false, asPoints: false }],
  ])('%s', (text, expected) => {
    expect(readInstruction(text)).toEqual(expected)
  })
})

describe('summarise', () => {
  const plain = readInstruction('')

  it('takes sentences of the text, in their order, without courtesies', () => {
    const summary = summarise(letter, plain, 'gigachat')
    expect(summary).toContain('186 400 руб.')
    expect(summary).not.toMatch(/Уважаем|С уважением|Погода/)
    expect(summary.length).toBeLessThan(letter.length / 2)
  })

  it('differs between the two services, and not between two calls', () => {
    expect(summarise(letter, plain, 'gigachat')).not.toBe(summarise(letter, plain, 'yandexgpt'))
    expect(summarise(letter, plain, 'yandexgpt')).toBe(summarise(letter, plain, 'yandexgpt'))
  })

  it.each(['gigachat', 'yandexgpt'] as const)('%s keeps to the number of sentences', (flavour) => {
    expect(splitSentences(summarise(letter, readInstruction('в двух предложениях'), flavour))).toHaveLength(2)
  })

  it('makes points when asked for', () => {
    const points = summarise(letter, readInstruction('Выдели 3 тезиса'), 'yandexgpt').split('\n')
    expect(points).toHaveLength(3)
    for (const point of points) expect(point).toMatch(/^• [\p{Lu}\d]/u)
  })
})

describe('composeAnswer', () => {
  const answer = (text: string, flavour: 'gigachat' | 'yandexgpt' = 'gigachat'): string =>
    composeAnswer({ flavour, messages: [{ role: 'user', text }] }).pieces.join('')

  it('summarises a document and follows the instruction around it', () => {
    const before = answer(`Изложи в одном предложении:\n\n${letter}`)
    expect(splitSentences(before)).toHaveLength(1)
    expect(before).not.toContain('Изложи')
    const system = composeAnswer({
      flavour: 'gigachat',
      messages: [
        { role: 'system', text: 'Отвечай двумя тезисами: 2 тезиса' },
        { role: 'user', text: letter },
      ],
    })
    expect(system.pieces.join('').split('\n')).toHaveLength(2)
  })

  it('summarises also a short text for who asks for a summary', () => {
    const text = 'Иванов должен 500 рублей до 5 мая. Он не заплатил. Мы ждём ответа. Погода хорошая.'
    const messages = [
      { role: 'system', text: 'Изложи суть' },
      { role: 'user', text },
    ]
    const { pieces } = composeAnswer({ flavour: 'yandexgpt', messages })
    expect(pieces.join('')).toContain('Иванов должен 500 рублей до 5 мая.')
    expect(pieces.join('')).not.toContain('Запрос')
  })

  it('says something about a short question', () => {
    expect(answer('Назови три реки Сибири.')).toContain('«Назови три реки Сибири»')
    expect(answer('Name three rivers')).toContain('“Name three rivers”')
    expect(answer('Назови реки')).not.toBe(answer('Назови реки', 'yandexgpt'))
  })

  it('cuts at the token limit', () => {
    const reply = composeAnswer({ flavour: 'gigachat', messages: [{ role: 'user', text: letter }], maxTokens: 10 })
    expect(reply.end).toBe('cut')
    expect(countTokens(reply.pieces.join(''))).toBe(10)
  })

  it('gives pieces that join to the answer, also for empty prompts', () => {
    expect(composeAnswer({ flavour: 'yandexgpt', messages: [] }).pieces.length).toBeGreaterThan(0)
  })
})

describe('tokenize', () => {
  it('is stable, and has some 3.5 characters a token', () => {
    expect(tokenize(letter)).toEqual(tokenize(letter))
    const ratio = letter.length / countTokens(letter)
    expect(ratio).toBeGreaterThan(2.8)
    expect(ratio).toBeLessThan(4)
  })

  it('loses nothing', () => {
    expect(takeTokens(letter, 10_000)).toBe(letter)
    expect(takeTokens('эмодзи 🦭🦭 и \t всё', 100)).toBe('эмодзи 🦭🦭 и \t всё')
  })
})
