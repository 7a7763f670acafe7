/** What a word says about the number next to it. */
export type Topic =
  | 'account'
  | 'bik'
  | 'birth'
  | 'card'
  | 'certificate'
  | 'event'
  | 'inn'
  | 'kpp'
  | 'licence'
  | 'none'
  | 'ogrn'
  | 'oms'
  | 'other'
  | 'passport'
  | 'phone'
  | 'plate'
  | 'series'
  | 'snils'

/** A word with a topic. `end` is exclusive. */
export interface TopicWord {
  readonly start: number
  readonly end: number
  readonly topic: Topic
}

/** Beginnings of words, in lower case; `$` stands for the end of a word, `_` for a space. */
const words: Readonly<Record<Topic, string>> = {
  account: 'р/с р/сч р/счет к/с к/сч корсч корр$ кор$ счет$ счета$ счету$ счетом$ счете$ расчетн лицев account л/с',
  bik: 'бик$ bik$ bic$',
  birth: 'рожден появился_на_свет появилась_на_свет рожд. рожд$ родил д.р. д/р$ др$ г.р. birth dob$ bdate именинн',
  card: 'карт$ карта$ карты$ карте$ карту$ картой$ картою$ картах$ карточк банковск card pan$ visa mastercard виза$ мир$ мастеркард',
  certificate: 'свидетельств свид. свид-во$ св-во$ certificate',
  event:
    'выдан приказ договор умер смерт регистрац зарегистр принят принял заключ женил замуж брак уволен уволил начал оконч истек внесен получен постав опубликов основан создан подписа вступил действ компани фирм организаци',
  inn: 'инн$ inn$ налогоплат налоговый$ идентификационн taxid tin$',
  kpp: 'кпп$ kpp$ постановк',
  licence:
    'удостоверение_водителя удостоверения_водителя водительск в/у$ ву$ прав$ права$ правами$ правах$ driver licence license',
  /** Words that begin like one of the others and mean something else. */
  none: 'заказчик получател отправител картин картон полиц телефонн',
  ogrn: 'огрнип огрн ogrnip ogrn госрегистр регистрационный регистрационного',
  oms: 'омс$ oms$ енп$ enp$ полис медполис страхов медицинск policy',
  other:
    'заказ артикул транзакц трек отправлен накладн товар партия партии штрихкод штрих-код баркод заявк обращени билет рейс тираж осаго каско кбк$ уин$ оквэд окпо октмо окато серийн imei сертификат лицензи квитанц чек$ чека$ накопительн версия сборк order sku article invoice гост$ документооборот парковк скидочн дисконт бонусн инвентарн табельн платежк платежн операци птс$ стс$ диплом аттестат',
  passport: 'паспорт пасп. пасп$ passport удостоверяющ',
  phone:
    'телефон тел.  тел$ моб. моб$ мобильн сот. сотов сот$ раб. дом. звон позвон перезвон набер факс смс$ sms$ whatsapp ватсап вотсап вацап telegram телеграм viber вайбер phone tel$ mobile контакт абонент',
  plate:
    'госномер гос.номер гос. госзнак г/н$ грз$ автомоб авто$ машин такси$ номерн plate легков грузов мотоцикл прицеп',
  series: 'сери$ серия$ серии$ серией$ серию$ сер. series',
  snils: 'снилс snils страховое страхового страховой пфр$ пенсионн',
}

interface KnownWord {
  readonly literal: string
  readonly isWhole: boolean
  readonly topic: Topic
}

let known: ReadonlyMap<number, readonly KnownWord[]> | undefined

/** By their first two letters, longer words first. Built at the first use: importing the package costs nothing. */
function indexWords(): ReadonlyMap<number, readonly KnownWord[]> {
  const all = Object.entries(words).flatMap(([topic, list]) =>
    list.split(/\s+/).map((word) => ({
      literal: word.replace('$', '').replaceAll('_', ' '),
      isWhole: word.endsWith('$'),
      topic: topic as Topic,
    })),
  )
  all.sort((one, other) => other.literal.length - one.literal.length)
  return Map.groupBy(all, ({ literal }) => firstTwo(literal, 0))
}

/** The words with a topic, in order. `lower` is the text in lower case with `е` for `ё`. */
export function findTopicWords(text: string, lower: string): readonly TopicWord[] {
  known ??= indexWords()
  const found: TopicWord[] = []
  let wasLetter = false
  for (let start = 0; start < lower.length; start++) {
    const code = lower.charCodeAt(start)
    const isLetter = isWordLetter(code)
    if (isLetter && (!wasLetter || (code <= 0x7a && isCamelHump(text, start)))) {
      const word = wordAt(lower, start, known)
      if (word) found.push({ start, end: start + word.literal.length, topic: word.topic })
    }
    wasLetter = isLetter
  }
  return found
}

/** A loop, not `find`: it runs for each word of the text. */
function wordAt(
  lower: string,
  start: number,
  byFirstTwo: ReadonlyMap<number, readonly KnownWord[]>,
): KnownWord | undefined {
  for (const word of byFirstTwo.get(firstTwo(lower, start)) ?? none) {
    const { literal, isWhole } = word
    if (lower.startsWith(literal, start) && !(isWhole && isWordLetter(lower.charCodeAt(start + literal.length))))
      return word
  }
  return undefined
}

const none: readonly KnownWord[] = []

const firstTwo = (text: string, at: number): number => text.charCodeAt(at) * 0x10000 + text.charCodeAt(at + 1)

/** `userInn`, `dateOfBirth` */
function isCamelHump(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 0x41 && code <= 0x5a && text.charCodeAt(at - 1) >= 0x61
}

/** Cyrillic and Latin small letters; not a number, which is beyond the text. */
function isWordLetter(code: number): boolean {
  return (code >= 0x430 && code <= 0x44f) || (code >= 0x61 && code <= 0x7a)
}
