// Patterns of postal addresses. Those for `lower` run over lower case with `е` for `ё`; all are linear.

const space = '[ \\u00A0]'
/** No letter before, no letter behind. Patterns run over lower case with `е` for `ё` where letters are small. */
const free = '(?<![а-яё])'
const ends = '(?![а-яё])'
const capitalised = '[А-ЯЁ][а-яё]+(?:-[А-ЯЁа-яё]+){0,3}'

/** What streets are called, in all cases, long and short. */
export const street = new RegExp(
  `${free}(?:улиц(?:а|ы|е|у|ей)|ул|проспект(?:а|у|е|ом)?|просп|пр-кт|пр-т|прт|пр|переул(?:ок|ка|ку|ке|ком)|пер|шоссе|ш|бульвар(?:а|у|е|ом)?|б-р|бул|б(?=\\.)|набережн(?:ая|ой|ую)|наб|площад(?:ь|и|ью)|пл|проезд(?:а|у|е|ом)?|пр-д|тупик(?:а|у|е|ом)?|туп|алле(?:я|и|ю|ей)|лини(?:я|и|ю)|тракт(?:а|у|е)?|микрорайон(?:а|у|е)?|мкрн|мкр|м-н|квартал(?:а|е)?|кв-л|спуск|г|гор|город(?:а|у|е)?|с|сел(?:о|а|е)|д|дер|деревн(?:я|и|е|ю)|пос|п|поселок|поселк(?:а|е)|пгт|рп|станиц(?:а|ы|е)|ст-ца|хутор|аул|снт|жк)${ends}\\.?${space}{0,2}`,
  'g',
)
/** Of those, the ones that are places with streets and have houses of their own only in the country. */
export const settlementKind =
  /^(?:г|с|д|п|гор|пос|рп|пгт|дер|аул|снт|жк|город|сел|деревн|поселок|поселк|станиц|ст-ца|хутор)/
export const streetKind = /^(?:гор(?!од)|площ|пл|пер|пр|проез|просп|спуск)/

const lowWord =
  '(?:лет|года|летия|имени|им\\.|академика|маршала|генерала|адмирала|полковника|капитана|лейтенанта|героя|героев|братьев|сест[её]р|профессора|космонавта|л[её]тчика|партизана|реки|канала|января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря|и|на)'
const notHouse = '(?!(?:Дом|Корпус|Квартира|Строение)[ №\\d])'

/** `Мира`, `8 Марта`, `50 лет Октября`, `Академика Королёва`, `А. С. Пушкина`, `1905 года`, `3-я`. */
export const nameBehind = new RegExp(
  `«?(?:(?:\\d{1,4}(?:-?(?:я|й|го|ая|ый|ой|ти|летия))?${space}|${lowWord}${space}|[А-ЯЁ]\\.${space}?){0,4}${notHouse}${capitalised}(?:${space}(?:${lowWord}${space})?${notHouse}${capitalised}){0,2}|\\d{1,4}${space}(?:года|января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря))»?`,
  'y',
)
/** Blocks have numbers and letters for names. */
export const blockKind = /^(?:м|кв)/
export const blockName = /\d{1,3}[а-яА-Я]?(?![а-яё\d])|[А-ЯЁ](?![а-яё])/y

/** A name in small letters, which only a house called so makes a street. */
export const smallNameBehind = new RegExp(
  `[а-яё-]{3,30}(?:${space}[а-яё-]{3,30})?(?=,?${space}?(?:д|дом)\\.?${space}?\\d)`,
  'y',
)

const adjective =
  '[А-ЯЁ][а-яё-]*(?:ая|яя|ой|ей|ую|юю|ий|ый|ого|его|ому|ему|ом|ем|ое|ее|им|ым)(?:-[А-ЯЁ][а-яё]+(?:ая|ой|ую|ий|ый|ого|ом))?'
/** `Невский `, `2-я Тверская-Ямская `, `Малая Бронная `. */
export const nameBefore = new RegExp(
  `(?<![А-Яа-яЁё-])(?:\\d{1,2}-?(?:я|й|ая|ый|ой|го|м)${space})?(?:${adjective}${space}){1,2}(?:${capitalised}${space})?$|(?<![А-Яа-яЁё.-])${capitalised}${space}$|(?<![\\d])\\d{1,2}-?(?:я|й|ая|ый|ой)${space}$`,
)

const houseWord = '(?:корпус|корп|дом(?:а|е|у)?|д|домовладение|зд|здание|влд|вл|владение|участок|уч)'
const houseNumber = `\\d{1,4}(?:[а-я]${ends}|${space}[абвгд](?=[,;.]|$))?(?:[/-](?:\\d{1,4}[а-я]?|[а-я])${ends}){0,2}(?:${space}?(?:корп|стр|лит|к|с)\\.?${space}?\\d{1,3}){0,3}`
/** `, д. 5`, ` 12-34`, `, 10к2` */
export const house = new RegExp(
  `(?:${space}?,${space}?|${space})(?:в${space})?(?:${houseWord}\\.?${space}?(?:№${space}?)?|№${space}?)?${houseNumber}(?![а-яё\\d])`,
  'y',
)
/** The same with a word for it. */
export const calledHouse = new RegExp(
  `(?:[, \\u00A0]{1,3})${houseWord}\\.?${space}?(?:№${space}?)?${houseNumber}(?![а-яё\\d])`,
  'y',
)
/** A number behind a street without a comma may count something else. */
export const countedBehind = new RegExp(
  `${space}(?:лет|год|раз|человек|дом|час|минут|дн|мес|руб|км|метр|тыс|млн|квартир|январ|феврал|март|апрел|ма[яй]|июн|июл|август|сентябр|октябр|ноябр|декабр|вход|выход|светофор|станц|останов|магазин|школ|полос|участ|дорог|улиц|сем[ье]|жил|мест|балл|шт)|[.,]\\d|%|:\\d`,
  'y',
)

const roomWord =
  '(?:корпус|корп|кор|к|строение|стр|с|сооружение|соор|литера|литер|лит|квартир(?:а|е|у|ы)|кв|офис(?:а|е)?|оф|комнат(?:а|е|у|ы)|комн|ком|помещени(?:е|и|я)|помещ|пом|подъезд(?:а|е)?|под|п|этаж(?:а|е)?|эт|блок|секция|бокс|гараж|каб|кабинет|ап|апартаменты|вход|домофон|код)'
/** The name of a street without a word for it. */
export const bareStreet = new RegExp(`(?<=, ?|,\\u00A0|[Нн]а )${capitalised}(?:${space}${capitalised})?$`)

/** What follows the house: building, flat, office, entrance, floor. */
export const room = new RegExp(
  `(?:${space}?[,;]${space}?|${space}|(?<=\\.))(?:в${space})?(?:${roomWord}\\.?${space}?(?:№${space}?)?(?:\\d{1,5}[а-я]{0,2}(?:[/-]\\d{1,4}[а-я]?)?|(?<=(?:лит|литера|литер|корп|корпус|стр|блок|секция)\\.?${space})[а-я])${ends}|\\d{1,3}(?:-?й|-?м|-?ом)?${space}(?:подъезд|этаж|корпус)(?:е)?${ends})`,
  'y',
)

const settlement = `(?:г|гор|город(?:а|е|у)?|с|сел(?:о|а|е)|д|дер|деревн(?:я|и|е)|пос|п|пос[её]лок|пос[её]лк(?:а|е)|пгт|рп|р\\.п|ст|станиц(?:а|ы|е)|ст-ца|хутор(?:а|е)?|х|аул|мкр|микрорайон|снт|днп|жк|тер|о)`
const capital = (pattern: string): string =>
  pattern.replaceAll(/(?<=[(|:])[а-яё](?=[а-яё(|)-])/g, (letter) => `[${letter}${letter.toUpperCase()}]`)
/** `г. Казань`, `пос. Новый` */
const town = `(?:${capital(settlement)})(?:\\.${space}?|${space})«?${capitalised}(?:${space}[А-ЯЁ][а-яё]+(?:-[А-ЯЁ][а-яё]+)?)?»?`
/** `Омская обл.`, `Республика Коми`, `Мценский р-н` */
const region = `(?:[А-ЯЁ][а-яё]+(?:-[А-ЯЁ][а-яё]+)?${space}(?:обл\\.|обл|област(?:ь|и)|кра(?:й|я|е)|р-он|р-н|район(?:а|е)?|г\\.о\\.|городской округ|автономный округ|АО|[Рр]есп(?:ублика)?\\.?)|[Рр]есп(?:ублика|ублики|ублике)?(?:\\.${space}?|${space})${capitalised}(?:${space}[А-ЯЁ][а-яё]+)?(?:${space}\\([А-ЯЁ][а-яё]+\\))?|ХМАО(?:${space}?-${space}?Югра)?|ЯНАО|(?:р-н|район|г\\.о\\.|городской округ)${space}${capitalised}|(?:обл\\.|область)${space}${capitalised}|${capitalised}${space}остров|[ВП]\\.${space}?[ОС]\\.)`
const country = '(?:Россия|РФ|Российская Федерация)'
/** A part of an address that is known by its form. */
export const addressPart = new RegExp(`^(?:\\d{6}|${country}|${region}|${town})$`)
/** What stands between two parts of an address. */
export const joint = new RegExp(`(?:${space}?[,;]${space}?|${space}|,\\n)(?:(?:на|в|по)${space})?$`)
/** One word, and no other with a capital letter before it. */
export const unknownTown = /(?<![А-ЯЁа-яё-]|[А-ЯЁ][а-яё]{1,20}[ \u00A0])[А-ЯЁ][а-яё]+(?:-[А-ЯЁа-яё]+){0,2}$/
/** A town, a country or an index behind the house. */
export const tail = new RegExp(
  `${space}?,${space}?(\\d{6}|${country}|${region}|${town}|${capitalised}(?:${space}${capitalised})?)(?![А-Яа-яЁё\\d])`,
  'y',
)
