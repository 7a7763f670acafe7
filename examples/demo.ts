// The main job in one run: a document summarised by both services, the provider switched by one string, a model
// refused, a failure survived. Against the emulator on this machine, or with `--live` against the real services.
// Usage: pnpm demo [FILE | -] [--live]
import { existsSync, readFileSync } from 'node:fs'
import {
  createClient,
  PolicyDeniedError,
  ShlyuzError,
  StreamInterruptedError,
  type Client,
  type GenerateTextResult,
} from '@shlyuz/core'
import { startEmulator, type Emulator } from '@shlyuz/emulator'
import { gigachat } from '@shlyuz/gigachat'
import { yandexgpt } from '@shlyuz/yandexgpt'
import { bold, dim, green, heading, red, table } from './terminal.ts'

const models = { gigachat: 'gigachat/GigaChat-2-Max', yandexgpt: 'yandexgpt/yandexgpt-5.1' } as const
const instructions = 'Кратко изложи суть документа в трёх предложениях: кто, что случилось, чего требует.'

interface Row {
  readonly what: string
  readonly result: GenerateTextResult
  readonly firstContentMs: number
}

const rows: Row[] = []

/** Streams one summary to the terminal and keeps its figures for the table. */
async function summarise(
  client: Client,
  model: Parameters<Client['streamText']>[0]['model'],
  what: string,
): Promise<void> {
  const started = performance.now()
  let firstContentMs = 0
  const stream = client.streamText({ model, instructions, prompt: document })
  for await (const part of stream) {
    if (part.type !== 'text-delta') continue
    firstContentMs ||= performance.now() - started
    process.stdout.write(part.text)
  }
  process.stdout.write('\n')
  rows.push({ what, result: await stream.result, firstContentMs })
}

async function showRefusal(client: Client, emulator: Emulator): Promise<void> {
  heading('3. Зарубежная модель на российском адресе: отказ до отправки')
  const before = emulator.requests.length
  try {
    await client.generateText({ model: 'yandexgpt/qwen3-235b-a22b-fp8', prompt: document })
  } catch (error) {
    if (!PolicyDeniedError.isInstance(error)) throw error
    console.log(`${red('отказано')} ${bold(error.code)}: ${error.message}`)
    console.log(`${dim('что делать:')} ${error.hint ?? ''}`)
  }
  console.log(dim(`запросов отправлено: ${emulator.requests.length - before}`))
}

async function showFailover(client: Client, emulator: Emulator): Promise<void> {
  heading('4. Обрыв связи')
  console.log(dim('до первого слова: GigaChat рвёт соединение, отвечает YandexGPT'))
  const untilYandex = emulator.fail({
    service: 'gigachat',
    operation: 'chat',
    kind: 'reset',
    after: 'headers',
    times: 10,
  })
  await summarise(client, client.fallback([models.gigachat, models.yandexgpt]), 'после обрыва')
  untilYandex()

  console.log(`\n${dim('после первых слов: честная ошибка с полученной частью, без переключения')}`)
  emulator.fail({ service: 'gigachat', operation: 'chat', kind: 'reset', after: 'content', pieces: 2 })
  const requests = emulator.requests.filter(({ service }) => service === 'yandexgpt').length
  try {
    await summarise(client, client.fallback([models.gigachat, models.yandexgpt]), 'оборванный')
  } catch (error) {
    if (!StreamInterruptedError.isInstance(error)) throw error
    console.log(`\n${red(error.name)}: ${error.message}`)
    console.log(`получено до обрыва: ${bold(`${error.partial.text.length} знаков`)}`)
  }
  const asked = emulator.requests.filter(({ service }) => service === 'yandexgpt').length - requests
  console.log(dim(`запросов к YandexGPT после обрыва: ${asked}`))
}

function showTable(): void {
  heading('Итог')
  const lines = rows.map(({ what, result, firstContentMs }) => [
    what,
    result.model.provider,
    result.model.answeredBy ?? result.model.id,
    `${result.usage.inputTokens ?? '?'} + ${result.usage.outputTokens ?? '?'}`,
    result.cost ? `${result.cost.amount} ₽` : '—',
    `${Math.round(firstContentMs)} мс`,
    result.policy.verdict === 'allow' ? green(`да, ${result.policy.policy.name}`) : red(result.policy.code),
  ])
  table(['запрос', 'провайдер', 'модель', 'токены', 'цена', 'до первого слова', 'политика'], lines)
}

async function runOffline(): Promise<void> {
  const started = performance.now()
  await using emulator = await startEmulator()
  await using client = createClient({
    providers: [gigachat(emulator.gigachat), yandexgpt(emulator.yandexgpt)],
    network: emulator.network,
  })
  console.log(dim('Оба сервиса — эмулятор на этой машине: настоящие HTTPS, OAuth и политика, ничего не уходит в сеть.'))
  await showSummaries(client)
  await showRefusal(client, emulator)
  await showFailover(client, emulator)
  showTable()
  console.log(dim(`\n${((performance.now() - started) / 1000).toFixed(1)} с. Дальше: README.md, «Первый запрос».`))
}

async function showSummaries(client: Client): Promise<void> {
  heading(`1. ${source} → GigaChat`)
  await summarise(client, models.gigachat, 'GigaChat')
  heading(`2. Тот же запрос, другая строка: model: '${models.yandexgpt}'`)
  await summarise(client, models.yandexgpt, 'YandexGPT')
}

async function runLive(): Promise<void> {
  const needed = ['GIGACHAT_CREDENTIALS', 'YC_API_KEY', 'YC_FOLDER_ID']
  const missing = needed.filter((name) => !process.env[name])
  if (missing.length > 0) {
    console.error(`Для --live задайте переменные: ${missing.join(', ')}.`)
    process.exitCode = 1
    return
  }
  await using client = createClient({ providers: [gigachat(), yandexgpt()] })
  await showSummaries(client)
  showTable()
}

const args = process.argv.slice(2)
const live = args.includes('--live')
const [path = new URL('pretenziya.txt', import.meta.url).pathname] = args.filter(
  (arg) => arg !== '--live' && arg !== '--',
)
if (path !== '-' && !existsSync(path)) {
  console.error(`Нет файла ${path}. Укажите файл, «-» для стандартного ввода или ничего.`)
  process.exit(1)
}
const document = readFileSync(path === '-' ? 0 : path, 'utf8').trim()
const source = path === '-' ? 'стандартный ввод' : (path.split('/').at(-1) ?? path)
if (document === '') {
  console.error('Документ пуст.')
  process.exit(1)
}

try {
  await (live ? runLive() : runOffline())
} catch (error) {
  console.error(ShlyuzError.isInstance(error) ? `${error.name}: ${error.message}\n${error.hint ?? ''}` : error)
  process.exitCode = 1
}
