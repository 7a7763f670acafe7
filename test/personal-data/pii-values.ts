/**
 * Invented values with right check digits, made by arithmetic of its own: it shares nothing with the recognisers, so
 * that they cannot agree on a mistake.
 */
export function createValues(random: () => number): Record<string, () => string> {
  const below = (limit: number): number => Math.floor(random() * limit)
  const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T
  const digits = (count: number): string => Array.from({ length: count }, () => below(10)).join('')
  const two = (from: number, to: number): string => String(from + below(to - from + 1)).padStart(2, '0')
  const weigh = (body: string, weights: string): number =>
    [...body].reduce((sum, digit, index) => sum + Number(digit) * parseInt(weights[index] as string, 36), 0)

  const region = (): string => two(1, 79)

  function inn10(): string {
    const body = region() + two(1, 60) + digits(5)
    return body + ((weigh(body, '24a359468') % 11) % 10)
  }

  function inn12(): string {
    const body = region() + two(1, 60) + digits(6)
    const eleven = body + ((weigh(body, '724a359468') % 11) % 10)
    return eleven + ((weigh(eleven, '3724a359468') % 11) % 10)
  }

  function snils(): string {
    const body = `${1 + below(9)}${digits(8)}`
    return body + String((weigh(body, '987654321') % 101) % 100).padStart(2, '0')
  }

  function luhn(body: string): string {
    const doubled = [...body].toReversed().map((digit, index) => (index % 2 === 0 ? Number(digit) * 2 : Number(digit)))
    const sum = doubled.reduce((total, value) => total + (value > 9 ? value - 9 : value), 0)
    return body + ((10 - (sum % 10)) % 10)
  }

  const remainder = (body: string, divisor: bigint): string => String((BigInt(body) % divisor) % 10n)

  function ogrn(): string {
    const body = pick(['1', '5']) + two(2, 25) + region() + digits(7)
    return body + remainder(body, 11n)
  }

  function ogrnip(): string {
    const body = `3${two(4, 25)}${region()}${digits(9)}`
    return body + remainder(body, 13n)
  }

  const bik = (): string => `04${region()}${pick(['25', '30', '45', '60', '02'])}${two(50, 99)}${below(10)}`

  function keyed(prefix: string, front: string, back: string): string {
    for (let key = 0; key < 10; key++) {
      const account = `${front}${key}${back}`
      const sum = [...(prefix + account)].reduce(
        (total, digit, index) => total + ((Number(digit) * ([7, 1, 3][index % 3] as number)) % 10),
        0,
      )
      if (sum % 10 === 0) return account
    }
    throw new Error('no key fits')
  }

  const account = (code: string): string =>
    keyed(
      code.slice(-3),
      pick(['40817', '40802', '40702', '40703', '42301']) + pick(['810', '810', '840', '978']),
      digits(11),
    )
  const corr = (code: string): string => keyed(`0${code.slice(4, 6)}`, '30101810', `${digits(8)}${code.slice(-3)}`)

  const four = (value: string, by: string): string => (value.match(/.{4}/g) as string[]).join(by)
  const snilsParts = (value: string, by: string, last: string): string =>
    value.replace(/^(...)(...)(...)(..)$/, `$1${by}$2${by}$3${last}$4`)

  const mark = (type: string, value: string): string => `[${value}|${type}]`
  const card = (): string => luhn(pick(['220', '220', '4', '51', '55', '2202', '62']).padEnd(6, digits(4)) + digits(9))
  const oms = (): string => luhn(region() + digits(13))
  const mobile = (): [string, string, string, string] => [`9${two(2, 99)}`, digits(3), digits(2), digits(2)]
  const city = (): [string, string, string, string] => [
    pick(['495', '499', '812', '343', '383', '846']),
    `${2 + below(8)}${digits(2)}`,
    digits(2),
    digits(2),
  ]

  const phoneForms: readonly (() => string)[] = [
    () => mobile().reduce((all, part, index) => all + ([' (', ') ', '-', '-'][index] as string) + part, '+7'),
    () => mobile().reduce((all, part, index) => all + ([' ', ' ', ' ', ' '][index] as string) + part, '+7'),
    () => mobile().reduce((all, part, index) => all + (['-', '-', '-', '-'][index] as string) + part, '+7'),
    () => mobile().reduce((all, part, index) => all + (['(', ')', '', ''][index] as string) + part, '8'),
    () => mobile().reduce((all, part, index) => all + (['(', ')', '-', '-'][index] as string) + part, '8'),
    () => mobile().reduce((all, part, index) => all + ([' ', ' ', ' ', ' '][index] as string) + part, '8'),
    () => mobile().reduce((all, part, index) => all + (['.', '.', '.', '.'][index] as string) + part, '+7'),
    () => mobile().reduce((all, part, index) => all + (['\u00A0', '\u00A0', '‑', '‑'][index] as string) + part, '+7'),
    () => `+7${mobile().join('')}`,
    () => `8${mobile().join('')}`,
    () => city().reduce((all, part, index) => all + ([' (', ') ', '-', '-'][index] as string) + part, '+7'),
    () => city().reduce((all, part, index) => all + ([' (', ') ', '-', '-'][index] as string) + part, '8'),
  ]

  const months = 'января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря'.split('|')
  const letters = [...'АВЕКМНОРСТУХ']
  const plate = (by = ''): string =>
    [
      pick(letters),
      `${1 + below(9)}${digits(2)}`,
      pick(letters) + pick(letters),
      pick(['77', '178', '750', '02', '63']),
    ].join(by)
  const latin = (text: string): string =>
    [...text].map((letter) => 'ABEKMHOPCTYX'['АВЕКМНОРСТУХ'.indexOf(letter)] ?? letter).join('')
  const series = (): string => region() + two(1, 24)

  const names = ['anna.k', 'ivan_petrov', 'o.sidorova', 'info-buh', 'A.Test', 'user1985', 'k+zakaz', 'd']
  const domains = ['mail.example', 'pochta.example', 'post.firma.example', 'kompania-7.example', 'primer.ru']

  return {
    inn12: () => mark('INN_PERSON', inn12()),
    inn10: () => mark('INN_ORG', inn10()),
    kpp: () => mark('KPP', `${region()}${two(1, 60)}${pick(['01', '43', '45', '50'])}001`),
    snils: () => mark('SNILS', snilsParts(snils(), '-', ' ')),
    snilsPlain: () => mark('SNILS', snils()),
    snilsSpaces: () => mark('SNILS', snilsParts(snils(), ' ', ' ')),
    snilsDashes: () => mark('SNILS', snilsParts(snils(), '-', '-')),
    oms: () => mark('OMS', oms()),
    omsGroups: () => mark('OMS', four(oms(), ' ')),
    card: () => mark('CARD', card()),
    cardGroups: () => mark('CARD', four(card(), ' ')),
    cardDashes: () => mark('CARD', four(card(), '-')),
    cardNbsp: () => mark('CARD', four(card(), '\u00A0')),
    ogrn: () => mark('OGRN', ogrn()),
    ogrnip: () => mark('OGRNIP', ogrnip()),
    bik: () => mark('BIK', bik()),
    account: () => mark('ACCOUNT', account(bik())),
    accountBik: () => {
      const code = bik()
      return `${mark('ACCOUNT', account(code))}, БИК ${mark('BIK', code)}`
    },
    accountGroupsBik: () => {
      const code = bik()
      const grouped = account(code).replace(/^(.{5})(.{3})(.)(.{4})(.{7})$/, '$1 $2 $3 $4 $5')
      return `${mark('ACCOUNT', grouped)} (БИК ${mark('BIK', code)})`
    },
    bikCorrAccount: () => {
      const code = bik()
      return `БИК ${mark('BIK', code)}, к/с ${mark('CORR_ACCOUNT', corr(code))}, р/с ${mark('ACCOUNT', account(code))}`
    },
    bankLines: () => {
      const code = bik()
      return `Расчётный счёт: ${mark('ACCOUNT', account(code))}\nКорр. счёт: ${mark('CORR_ACCOUNT', corr(code))}\nБИК: ${mark('BIK', code)}`
    },
    phone: () => mark('PHONE', pick(phoneForms)()),
    phonePlain: () => mark('PHONE', `7${mobile().join('')}`),
    phone10: () => mark('PHONE', mobile().join(' ')),
    email: () => mark('EMAIL', `${pick(names)}@${pick(domains)}`),
    passport: () => mark('PASSPORT_RF', `${series()} ${digits(6)}`),
    passportSplit: () => mark('PASSPORT_RF', `${region()} ${two(1, 24)} ${digits(6)}`),
    passportSign: () => mark('PASSPORT_RF', `${region()} ${two(1, 24)} № ${digits(6)}`),
    passportPlain: () => mark('PASSPORT_RF', `${series()}${digits(6)}`),
    passportWords: () => mark('PASSPORT_RF', `${series()} номер ${digits(6)}`),
    licence: () => mark('DRIVER_LICENSE', `${region()} ${two(1, 24)} ${digits(6)}`),
    licencePlain: () => mark('DRIVER_LICENSE', `${series()}${digits(6)}`),
    licenceSeries: () => mark('DRIVER_LICENSE', `${series()} ${digits(6)}`),
    certificate: () =>
      mark(
        'BIRTH_CERT',
        `${pick(['I', 'II', 'III', 'IV', 'V'])}-${pick([...'АВМЖТ'])}${pick([...'ЮКБЯ'])} № ${digits(6)}`,
      ),
    plate: () => mark('CAR_PLATE', plate()),
    plateSpaces: () => mark('CAR_PLATE', plate(' ')),
    plateLower: () => mark('CAR_PLATE', plate().toLowerCase()),
    plateLatin: () => mark('CAR_PLATE', latin(plate())),
    birth: () => mark('BIRTH_DATE', `${two(1, 28)}.${two(1, 12)}.${1950 + below(60)}`),
    birthIso: () => mark('BIRTH_DATE', `${1950 + below(60)}-${two(1, 12)}-${two(1, 28)}`),
    birthWords: () => mark('BIRTH_DATE', `${1 + below(28)} ${pick(months)} ${1950 + below(60)} года`),
    date: () => `${two(1, 28)}.${two(1, 12)}.${2015 + below(11)}`,
    dateWords: () => `${1 + below(28)} ${pick(months)} ${2015 + below(11)} года`,
    wrongInn12: () => {
      const right = inn12()
      return right.slice(0, 11) + ((Number(right[11]) + 1 + below(9)) % 10)
    },
    wrongInn10: () => {
      const right = inn10()
      return right.slice(0, 9) + ((Number(right[9]) + 1 + below(9)) % 10)
    },
    wrongSnils: () => {
      const right = snils()
      return snilsParts(
        right.slice(0, 9) + String((Number(right.slice(9)) + 1 + below(50)) % 100).padStart(2, '0'),
        '-',
        ' ',
      )
    },
    wrongCard: () => {
      const right = card()
      return right.slice(0, 15) + ((Number(right[15]) + 1 + below(9)) % 10)
    },
    wrongOgrn: () => {
      const right = ogrn()
      return right.slice(0, 12) + ((Number(right[12]) + 1 + below(9)) % 10)
    },
  }
}
