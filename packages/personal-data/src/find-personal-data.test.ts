import { describe, expect, test } from 'vitest'
import { findPersonalData } from './find-personal-data.ts'

/** What is found, as `TYPE text`. */
const find = (text: string): string[] =>
  findPersonalData(text).map(({ start, end, type }) => `${type} ${text.slice(start, end)}`)

describe('findPersonalData', () => {
  test('finds nothing in nothing', () => {
    expect(findPersonalData('')).toEqual([])
  })

  test('finds in the order of the text, with offsets in UTF-16 code units', () => {
    expect(findPersonalData('🙂 +7 900 123-45-67, Анна')).toEqual([
      { start: 3, end: 19, type: 'PHONE' },
      { start: 21, end: 25, type: 'PERSON' },
    ])
  })

  test('keeps its offsets behind a letter that is longer in lower case', () => {
    expect(find('İİİ Иванов И. И., anna@mail.example')).toEqual(['PERSON Иванов И. И.', 'EMAIL anna@mail.example'])
  })

  test.each([
    ['a number that is called something it cannot be', 'ИНН 500100732258, СНИЛС 112-233-445 96', []],
    ['a number of goods with check digits of a taxpayer', 'Артикул 7728000009', []],
    ['the number of a taxpayer', 'ИНН7728000009', ['INN_ORG 7728000009']],
    ['a policy by the word', 'полис 8451999122899990', ['OMS 8451999122899990']],
    ['a card by the word', 'карта 8451999122899990', ['CARD 8451999122899990']],
    ['a card by its first digits', 'на 4111 1111 1111 1111', ['CARD 4111 1111 1111 1111']],
    ['neither without a word', 'номер 8451999122899990', []],
    ['an account of another bank', 'р/с 40817810500000000001, БИК 044525225', ['BIK 044525225']],
    [
      'an account of the bank',
      'р/с 40817810700000000001, БИК 044525225',
      ['ACCOUNT 40817810700000000001', 'BIK 044525225'],
    ],
    ['a passport', 'паспорт 4509 № 123456', ['PASSPORT_RF 4509 № 123456']],
    ['a licence', 'водительское 4509 № 123456', ['DRIVER_LICENSE 4509 № 123456']],
    ['neither without a word', '4509 № 123456', []],
    ['what the heading of a column says', 'КПП;БИК\n044525225;044525225', ['KPP 044525225', 'BIK 044525225']],
    ['what is said behind', '044525225 (КПП)', ['KPP 044525225']],
    ['a hot line', '8 800 123-45-67', []],
    ['a date of birth and no other', 'родился 01.02.1990, принят 03.04.2020', ['BIRTH_DATE 01.02.1990']],
    ['a year of birth', '1990 г.р.', ['BIRTH_DATE 1990']],
    ['a plate in Latin letters', 'авто A123BC77', ['CAR_PLATE A123BC77']],
    ['numbers with the letters of a plate', 'вырос с 100 на 200', []],
    ['a certificate of marriage', 'свидетельство о браке II-МЮ № 654321', []],
    ['mail at a sentence without a space', 'a@mail.example.Жду', ['EMAIL a@mail.example']],
    ['a street', 'Улица Ленина перекрыта', []],
    ['a house', 'на улице Ленина, 5', ['ADDRESS улице Ленина, 5']],
    ['houses that are counted', 'на улице Ленина 5 домов', []],
    ['the title of a book', 'роман «Анна Каренина»', []],
    ['a name in JSON', '{"name":"Анна Каримова"}', ['PERSON Анна Каримова']],
    ['a name in small letters', 'меня зовут ким анна олеговна', ['PERSON анна олеговна']],
    ['a hope', 'Надежда умирает последней', []],
    ['a woman', 'Звонила Надежда', ['PERSON Надежда']],
    ['a surname behind an office', 'начальник отдела Смирнов', ['PERSON Смирнов']],
    ['an office of a firm', 'клиент Сбербанка, директор Департамента', []],
  ])('tells %s: %s', (_what, text, expected) => {
    expect(find(text)).toEqual(expected)
  })

  test.each([
    '1',
    '1 ',
    '12-',
    '4 4',
    '2202 2603 ',
    '8 916 ',
    '+7',
    '(495) ',
    '@',
    'a@b.',
    'аб@вг.',
    'A',
    'А ',
    'А. ',
    'Иван ',
    'Иванов, ',
    'ИВАНОВ ',
    'иван иванович ',
    'вна',
    'а-',
    '«А',
    'директор и ',
    'д. 5, ',
    'улица Мира, 5, ',
    'г. А, ',
    '101000, ',
    'инн 1',
    '\n',
    '1,\n',
    '1;',
    'родился 1 мая 1990 ',
    'А123ВС77 ',
    'II-МЮ 123456 ',
    ' ',
    'İ',
  ])('reads 100 KB of %j in bounded time', (piece) => {
    const text = piece.repeat(Math.ceil(100_000 / piece.length))
    const started = process.cpuUsage()
    findPersonalData(text)
    const { user, system } = process.cpuUsage(started)
    // Linear takes under half a second of CPU here; a square of it would take minutes.
    expect((user + system) / 1e6).toBeLessThan(5)
  })
})
