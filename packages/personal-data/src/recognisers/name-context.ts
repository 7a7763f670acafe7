/** Words before a name. All are in lower case with `е` for `ё`, without their endings where they have many. */

/** Any word with a capital letter behind one of these is a name. */
const callsByName =
  /^(?:некто|некоего|некоему|некий|некая|некой|граждан(?:ин|к|е$)|гр$|гр-н|гр-к|господин|госпож|г-н|г-ж|товарищ|тов|мистер|мисс|миссис|сэр$|зовут|звать|фамили|фамилией|имя$|именем$|отчество|фио|ф\.и\.о|surname|lastname|last_name|firstname|first_name|name|fullname|full_name|fio|family|patronymic|пан$|пани$|сударын|сударь|тетя|тете|тетю|тетей|дядя|дяде|дядю|дядей|баба$|деда$|бабушк|дедушк|обращайтесь)/

/** Persons: what stands behind in the nominative without an ending, or looks like a surname, is a name. */
const isPersonNoun =
  /^(?:клиент|пациент|заявител|сотрудни|работни|менеджер|директор|гендиректор|замдиректор|заместител|зам$|бухгалтер|главбух|доктор|врач|фельдшер|психолог|акушер|терапевт|хирург|стоматолог|медсестр|инженер|водител|шофер|абонент|покупател|продавец|продавц|заказчик|исполнител|исп$|истец|истц|истиц|ответчи|свидетел|подозреваем|обвиняем|потерпевш|осужден|судь|адвокат|нотариус|следовател|прокурор|майор|капитан|лейтенант|полковник|сержант|рядов|генерал|прапорщик|профессор|доцент|академик|студент|учени|школьни|преподавател|учител|воспитател|ребен|сын$|сына$|сыну$|сыном$|доч|муж$|мужа$|мужу$|мужем$|жен[аыеуо]й?$|супруг|брат$|брата$|брату$|братом$|сестр|мам[аыеу]$|пап[аыеу]$|мать$|матери$|отец$|отц[ау]$|внук|внучк|племянни|друг$|друга$|другу$|другом$|подруг|коллег|начальни|руководител|ответственн|получател|отправител|плательщи|арендатор|арендодател|наймодател|нанимател|вкладчик|заемщи|поручител|кредитор|должни|страхователь|застрахованн|владел|собственни|жилец|жильц|жительниц|житель$|сосед|пассажир|курьер|оператор|специалист|эксперт|консультант|секретар|ассистент|помощни|администратор|тренер|автор|редактор|журналист|депутат|мэр$|губернатор|министр|президент|председател|участни|кандидат|соискател|стажер|подписант|представител|опекун|наследни|завещател|дарител|контактн|ип$|завуч|декан|ректор|староста|вахтер|охранни|повар|кассир|слесарь|мастер|бригадир|прораб|механик|электрик|сантехник|программист|аналитик|юрист|риелтор|риэлтор|брокер|гость|гостья|мальчик|девочк|парень|парня|девушк|женщин|мужчин|юнош|няня|тренер|user|client|customer|patient|owner|author|employee|manager)/

/** Greetings, deeds and papers: what looks like a name behind one of these is one. */
const speaksOfPerson =
  /^(?:уважаем|дорог(?:ой|ая|ие|ому)|мил(?:ый|ая|ые)|привет|здравствуй|здравствуйте|спасибо|благодар|это$|уважением|звонил|позвонил|подписал|обратил|просит|просил|попросил|сообщил|заявил|ответил|передал|приехал|пришел|пришла|явил|получил|отправил|подтвердил|передайте|передай|позвоните|напишите|спросите|выдать|выдан|вручить|уволить|принять|назначить|наградить|поздрав|подпись|согласова|утвержд|утвердил|принял|сдал|проверил|составил|выполнил|разработал|кому$|от$|коллеги|оплатил|исполнил|присутств|фамили)/

/** Streets, towns, works, ships and laws are called after people. */
const isCalledAfter =
  /^(?:(?:имени|им|г|ул|пр|пл|пер|ш|пос|наб)$|(?:улиц|проспект|пр-т|просп|площад|переул|бульвар|б-р|набережн|шоссе|проезд|станци|метро|памятни|монумент|преми|сквер|город|рек|озер|остров|поселок|поселк|сел|деревн|станиц|орден|теорем|закон|метод|алгоритм|формул|таблиц|шкал|эффект|роман|повест|рассказ|стих|поэм|пьес|опер|балет|картин|песн|сказк|творчеств|крейсер|теплоход|ураган|тайфун|собор|храм|церк|икон|фильм|сериал|мультфильм|микрорайон|площадк|династи|эпох|княз|цар|император|штат|принцип|правил|постоянн|уравнени|критери|распределени|болезн|синдром|бином|кубик|ряд|эликсир|площадк|свят|кот|кошк|собак|пес|попуга|кон[ья])[а-я]{0,3}$)/

/** Houses that have people, and are called after people too: `директор школы Иванова`. */
const isInstitution =
  /^(?:театр|музе|парк|фонд|завод|фабрик|кафе|ресторан|магазин|университет|институт|больниц|библиотек|аэропорт|дворец|дворц|стадион|школ|лице|гимнази|академи|училищ|детск|клуб|центр)/

/** Works and firms, whose names stand in quotation marks. */
const isTitled =
  /^(?:роман|повест|рассказ|поэм|пьес|опер|балет|картин|песн|сказк|книг|фильм|сериал|мультфильм|спектакл|стих|читал|прочитал|смотрел|посмотрел|ооо|оао|зао|пао|ао|кафе|бар|ресторан|магазин|салон|студи|компани|фирм|бренд|марк|групп|гк|тд|отел|гостиниц|кинотеатр|ураган|тайфун|шоколад|конфет|теплоход|крейсер|яхт|поезд|жк|снт|завод|фабрик|фонд|премия|проект|операци|журнал|газет|альбом|игр|комплекс|клуб|хор|аптек|клиник|центр|театр|станци)/

export type NameContext = 'calls by name' | 'person' | 'spoken of' | 'called after' | undefined

/** What the word right before a name says of it. */
export function readNameContext(lower: string, start: number): NameContext {
  const found = wordBefore(lower, start)
  if (found === undefined) return undefined
  const { word, gap } = found
  if (word === 'имени' && lower.endsWith('от имени', start - gap.length)) return 'spoken of'
  if (isCalledAfter.test(word)) return /^[ \u00A0.«"]*$/.test(gap) ? 'called after' : undefined
  if (callsByName.test(word)) return 'calls by name'
  if (isPersonNoun.test(word)) return 'person'
  return speaksOfPerson.test(word) ? 'spoken of' : undefined
}

/** True when a person was named by office a few words before, in the same part of the sentence: `начальник смены`. */
export function isBehindOffice(lower: string, start: number, surname: string): boolean {
  const before = /[^.,;:!?\n()]*$/.exec(lower.slice(Math.max(0, start - 60), start))?.[0] ?? ''
  // `директор театра Вахтангова`, `гость из Дублина`
  const nearest = before.trimEnd().split(' ').at(-1) ?? ''
  if (isInstitution.test(nearest) && surname.endsWith('а')) return false
  if (/(?:^|[^а-я])(?:из|в|во|на|до|под|близ|около|у|по|при|для|о|об|про) $/.test(before)) return false
  return before
    .split(/[ \u00A0]/)
    .slice(-6)
    .some((word) => isPersonNoun.test(word))
}

const gapCharacters = new Set(' \u00A0\n\t.:,—–-"\'«=>_*|/([{;!')

/** The word that ends at most a few signs before the offset. */
function wordBefore(lower: string, start: number): { readonly word: string; readonly gap: string } | undefined {
  let end = start
  while (end > 0 && start - end < 6 && gapCharacters.has(lower[end - 1] as string)) end--
  let from = end
  while (from > 0 && end - from < 20 && isContextLetter(lower.charCodeAt(from - 1))) from--
  return from === end ? undefined : { word: lower.slice(from, end), gap: lower.slice(end, start) }
}

/** `а` to `я`, `a` to `z`, `_`, `-`. */
function isContextLetter(code: number): boolean {
  return (code >= 0x430 && code <= 0x44f) || (code >= 0x61 && code <= 0x7a) || code === 0x5f || code === 0x2d
}

const opening = '«“„"\''
const closing = '»”“"'

/** True of a name that is all or a part of the title of a work or the name of a firm, and of nobody. */
export function isTitle(
  source: { readonly text: string; readonly lower: string },
  start: number,
  end: number,
): boolean {
  const { text, lower } = source
  let quote = start - 1
  while (
    quote >= 0 &&
    start - quote < 60 &&
    !opening.includes(text[quote] as string) &&
    !'»\n'.includes(text[quote] as string)
  )
    quote--
  if (quote < 0 || !opening.includes(text[quote] as string)) return false
  // `"name":"…"` is no title: a word stands before a title, with a space between.
  if (!/[а-яa-z][ \u00A0]$/.test(lower.slice(Math.max(0, quote - 2), quote))) return false
  const word = wordBefore(lower, quote)?.word ?? ''
  if (isTitled.test(word)) return true
  const isWhole = quote === start - 1 && closing.includes(text[end] ?? ' ')
  return isWhole && !callsByName.test(word) && !isPersonNoun.test(word)
}

/** People of books and schoolbooks, by first name and surname: nobody's data. */
const famous =
  /^(?:александр\S* (?:сергеевич\S* )?пушкин|(?:лев|льв)\S* (?:николаевич\S* )?толст|федор\S* (?:михайлович\S* )?достоевск|антон\S* (?:павлович\S* )?чехов|никола\S* (?:васильевич\S* )?гогол|михаил\S* (?:юрьевич\S* )?лермонтов|иван\S* (?:сергеевич\S* )?тургенев|владимир\S* (?:ильич\S* )?ленин|владимир\S* (?:владимирович\S* )?(?:путин|маяковск)|владимир\S* высоцк|иосиф\S* (?:виссарионович\S* )?сталин|юри\S* (?:алексеевич\S* )?гагарин|дмитри\S* (?:иванович\S* )?менделеев|петр\S* (?:ильич\S* )?чайковск|михаил\S* (?:васильевич\S* )?ломоносов|михаил\S* (?:афанасьевич\S* )?булгаков|серге\S* (?:александрович\S* )?есенин|анн\S* (?:андреевн\S* )?(?:ахматов|каренин)|марин\S* цветаев|борис\S* пастернак|евгени\S* онегин|родион\S* раскольников|альберт\S* эйнштейн|исаак\S* ньютон|уильям\S* шекспир|вольфганг\S* моцарт|тарас\S* бульб|анн\S* каренин|мари\S* кюри|а\. ?с\. ?(?:пушкин|грибоедов)|л\. ?н\. ?толст|ф\. ?м\. ?достоевск|а\. ?п\. ?чехов|н\. ?в\. ?гогол|м\. ?ю\. ?лермонтов|м\. ?а\. ?булгаков|д\. ?и\. ?менделеев|владимир\S* мономах|иван\S* (?:грозн|сусанин|дурак|царевич)|петр\S* (?:перв|велик)|екатерин\S* (?:втор|велик)|юри\S* долгорук|александр\S* невск|остап\S* бендер|шерлок\S* холмс|соня мармеладов|сони мармеладов|илья муромец|ильи муромц|алеша попович|добрыня никитич|гарри\S* поттер|дед\S* мороз)/

export function isFamous(lowerName: string): boolean {
  return famous.test(lowerName)
}

/** True of the first word of a sentence or a line. */
export function isSentenceStart({ text }: { readonly text: string }, start: number): boolean {
  let at = start - 1
  while (at >= 0 && ' \u00A0"«“„(*_>-–—•#\t'.includes(text[at] as string)) at--
  return at < 0 || '.!?…\n'.includes(text[at] as string)
}
