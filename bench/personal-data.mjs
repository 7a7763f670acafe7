// What masking costs, in CPU time of the whole process, so that the collector and the compiler are counted too: a prompt
// of 4 KB (find and mask), and putting values back into a stream, by event. Medians of many rounds, warm.
// Usage: node --conditions=@shlyuz/source bench/personal-data.mjs [--quick]
import { russianMasker } from '../packages/personal-data/src/index.ts'

const isQuick = process.argv.includes('--quick')
const rounds = isQuick ? 3 : 101
const promptsPerRound = isQuick ? 2 : 50
const streamsPerRound = isQuick ? 2 : 200

const letter = `Уважаемая Ольга Сергеевна! Пишет вам Примеров Пётр Иванович, телефон +7 (916) 000-12-34, почта
primerov@example.ru. В договоре № 17-П от 12 марта 2026 года с АО «Ель» (ИНН 7707083893, КПП 773601001) указан расчётный
счёт 40702810900000000001 в банке с БИК 044525225. Просим вернуть оплату 5 400 рублей за товар, который не доставили в
Тверь на улицу Советскую, дом 12, квартира 5. Обращались дважды: 3 апреля по телефону и 10 апреля письмом, ответа не
получили. Паспорт 4509 123456 выдан 01.02.2010, СНИЛС 112-233-445 95. Складом отвечает Тестова Анна, с ней говорил наш
водитель на машине А123ВС77. Ниже текст прежнего письма, где мы подробно описали, что именно было заказано, когда была
назначена доставка и почему она сорвалась; прошу учесть, что срок ответа на претензию истекает в понедельник. `
const long = letter.repeat(Math.ceil(4096 / letter.length)).slice(0, 4096)
// A Russian letter has two bytes in UTF-8.
const prompt = Buffer.from(long)
  .subarray(0, 4096)
  .toString('utf8')
  .replace(/\ufffd$/, '')

const masker = russianMasker()
const session = masker.open()
session.mask(long)
const placeholders = Object.keys(session.values())
const answer = 'Спасибо за обращение, мы проверим доставку и ответим вам в течение трёх рабочих дней. '.repeat(40)
const plain = cut(answer)
// One word in twelve is a placeholder, cut by the chunks like everything else.
const withPlaceholders = cut(
  answer
    .split(' ')
    .map((word, index) => (index % 12 === 0 ? (placeholders[index % placeholders.length] ?? '⟦PERSON_1⟧') : word))
    .join(' '),
)

const results = [
  measure(`mask a prompt of 4 KB (${prompt.length} characters)`, promptsPerRound, promptsPerRound, 1000, () =>
    masker.open().mask(prompt),
  ),
  measure('the same of 4096 characters', promptsPerRound, promptsPerRound, null, () => masker.open().mask(long)),
  measure('restore an event, no placeholders', streamsPerRound, streamsPerRound * plain.length, 0.3, () =>
    restore(plain, 'text'),
  ),
  measure('the same in JSON', streamsPerRound, streamsPerRound * plain.length, 0.3, () => restore(plain, 'json')),
  measure('restore an event, with placeholders', streamsPerRound, streamsPerRound * withPlaceholders.length, null, () =>
    restore(withPlaceholders, 'text'),
  ),
]

process.stdout.write(`node ${process.version}, ${placeholders.length} values in the prompt\n\n`)
process.stdout.write(row('', 'median, µs', 'p90, µs', 'target, µs'))
for (const { name, median, p90, target } of results) {
  process.stdout.write(row(name, median.toFixed(3), p90.toFixed(3), target === null ? '' : `< ${target}`))
}
const over = results.filter(({ median, target }) => target !== null && median >= target)
if (over.length > 0 && !isQuick) {
  process.stdout.write(`\nover the target: ${over.map(({ name }) => name).join(', ')}\n`)
  process.exitCode = 1
}

/** As services send it: about a token an event. */
function cut(text) {
  return text.match(/[\s\S]{1,5}/g) ?? []
}

function restore(pieces, form) {
  const restorer = session.createRestorer(form)
  let length = 0
  for (const piece of pieces) length += restorer.push(piece).length
  return length + restorer.end().length
}

/** CPU time of one thing, where a round does `count` of them in `runs` runs. */
function measure(name, runs, count, target, run) {
  const times = []
  for (let round = -Math.ceil(rounds / 4); round < rounds; round++) {
    const before = process.cpuUsage()
    for (let index = 0; index < runs; index++) run()
    const { user, system } = process.cpuUsage(before)
    if (round >= 0) times.push((user + system) / count)
  }
  times.sort((a, b) => a - b)
  return { name, target, median: times[Math.floor(rounds / 2)], p90: times[Math.floor(rounds * 0.9)] }
}

function row(name, ...cells) {
  return `${name.padEnd(38)}${cells.map((cell) => cell.padStart(12)).join('')}\n`
}
