import { isObject } from '../exchange.ts'
import { fitMentions } from './fit-schema.ts'
import { Mentions, plainWords } from './mentions.ts'

/** A tool as the chooser sees it. */
export interface ChoosableTool {
  readonly name: string
  readonly description?: string
  /** JSON schema of the arguments; none means that there are no arguments. */
  readonly parameters?: unknown
}

/** A tool with its arguments. */
export interface ChosenTool {
  readonly name: string
  readonly arguments: Record<string, unknown>
}

/** What the chooser is told. */
export interface ChooseToolsOptions {
  /** Most calls. */
  readonly limit: number
  /** Give at least one call of the tools, whether they meet the prompt or not. @default false */
  readonly force?: boolean
}

/** A tool meets a prompt by its name, its description or two of its parameters; a second tool by its name alone. */
const enough = 2

/**
 * The calls that a model would make: of tools whose words meet those of the prompt, in Russian or English, best first.
 * The arguments are valid under the tool's schema and made of the prompt. A tool is called again for a further name
 * that the prompt has («погода в Казани и в Москве»). Deterministic; an empty list when nothing meets.
 */
export function chooseTools(
  prompt: string,
  tools: readonly ChoosableTool[],
  { limit, force = false }: ChooseToolsOptions,
): readonly ChosenTool[] {
  const asked = stemsOf(prompt)
  const scored = tools.map((tool, index) => ({ tool, index, ...weigh(tool, asked, prompt) }))
  const best = Math.max(0, ...scored.map(({ score }) => score))
  const meeting = scored.filter(
    ({ score, isNamed }) => score >= enough && (score === best || (isNamed && score * 3 >= best)),
  )
  const chosen = meeting.length === 0 && force ? scored.filter(({ score }) => score === best).slice(0, 1) : meeting
  const calls: ChosenTool[] = []
  for (const { tool } of chosen.toSorted((a, b) => b.score - a.score || a.index - b.index)) {
    if (calls.length >= limit) break
    calls.push(...callsOf(tool, prompt, limit - calls.length))
  }
  return calls
}

/** One call, and one more for each further name that the arguments can take. */
function callsOf(tool: ChoosableTool, prompt: string, limit: number): ChosenTool[] {
  const mentions = new Mentions(prompt)
  const calls: ChosenTool[] = []
  while (calls.length < limit) {
    const namesLeft = mentions.left('name') + mentions.left('code')
    const { value } = fitMentions(tool.parameters ?? { type: 'object', properties: {} }, mentions)
    const usedName = mentions.left('name') + mentions.left('code') < namesLeft
    if (calls.length > 0 && !usedName) break
    calls.push({ name: tool.name, arguments: isObject(value) ? value : {} })
    if (!usedName) break
  }
  return calls
}

interface Weight {
  readonly score: number
  /** The prompt has a word of the tool's name. */
  readonly isNamed: boolean
}

function weigh(tool: ChoosableTool, asked: ReadonlySet<string>, prompt: string): Weight {
  const quoted = tool.name.length > 2 && prompt.includes(tool.name) ? 10 : 0
  const named = 3 * countShared(stemsOf(tool.name), asked)
  const described = 2 * countShared(stemsOf(tool.description ?? ''), asked)
  return {
    score: quoted + named + described + countShared(stemsOf(parameterWords(tool.parameters)), asked),
    isNamed: quoted + named > 0,
  }
}

function countShared(own: ReadonlySet<string>, asked: ReadonlySet<string>): number {
  return [...own].filter((stem) => asked.has(stem)).length
}

function parameterWords(parameters: unknown): string {
  if (!isObject(parameters) || !isObject(parameters['properties'])) return ''
  return Object.entries(parameters['properties'])
    .flatMap(([name, property]) => {
      if (!isObject(property)) return [name]
      const members: unknown[] = Array.isArray(property['enum']) ? property['enum'] : []
      return [name, typeof property['description'] === 'string' ? property['description'] : '', ...members.map(String)]
    })
    .join(' ')
}

/** Words that say nothing about the subject. */
const empty = new Set(
  (
    'the and for with from into this that please what which about current returns return get gets given user data ' +
    'для или при что как это все его она они над под через нужно можно пожалуйста какая какой какие возвращает ' +
    'получить получает узнать скажи покажи дай данные пользователя заданный заданного указанный указанного например'
  )
    .split(' ')
    .map(stemOf),
)

/** Words of both languages for the same thing: the first stem stands for all. */
const synonyms: readonly (readonly string[])[] = [
  ['weather', 'forecast', 'temperature', 'погода', 'погоде', 'прогноз', 'температура', 'градусов', 'дождь', 'холодно'],
  [
    'calculate',
    'calculator',
    'compute',
    'посчитай',
    'сколько',
    'вычисли',
    'вычисляет',
    'калькулятор',
    'считает',
    'сложи',
    'умножь',
  ],
  ['search', 'find', 'lookup', 'поиск', 'найди', 'найти', 'ищет', 'поищи'],
  ['order', 'orders', 'заказ', 'заказы', 'заказа'],
  ['currency', 'exchange', 'валюта', 'валюты', 'курс', 'доллар', 'евро', 'рубль'],
  ['translate', 'translation', 'переведи', 'перевод', 'переводит'],
  ['price', 'cost', 'цена', 'цены', 'стоимость', 'стоит'],
  ['time', 'clock', 'время', 'времени', 'часов', 'который'],
  ['email', 'mail', 'письмо', 'письма', 'почта', 'почту', 'почте'],
  ['send', 'отправь', 'отправить', 'отправляет', 'пошли'],
  ['image', 'picture', 'draw', 'картинка', 'картинку', 'нарисуй', 'рисунок', 'изображение'],
  ['file', 'files', 'файл', 'файлы', 'документ'],
  ['meeting', 'calendar', 'event', 'встреча', 'встречу', 'календарь', 'событие'],
  ['delivery', 'shipping', 'доставка', 'доставки', 'посылка'],
  ['status', 'статус', 'состояние'],
  ['balance', 'account', 'баланс', 'счёт', 'счета', 'остаток'],
  ['ticket', 'билет', 'билеты', 'заявка', 'обращение'],
  ['news', 'новости', 'новость'],
  ['stock', 'warehouse', 'склад', 'складе', 'наличие'],
  ['customer', 'client', 'клиент', 'клиента', 'покупатель'],
  ['route', 'distance', 'маршрут', 'расстояние', 'доехать', 'добраться'],
]

const sameStem: ReadonlyMap<string, string> = new Map(
  synonyms.flatMap(([first = '', ...others]) =>
    [first, ...others].map((word) => [stemOf(word), stemOf(first)] as const),
  ),
)

/** Crude stems: the first five letters of words of three and more, one for the words of both languages. */
function stemsOf(text: string): Set<string> {
  const words = plainWords(text.replace(/(?<=\p{Ll})(?=\p{Lu})/gu, ' ').replace(/[_.-]+/g, ' ')).match(/\p{L}{3,}/gu)
  const stems = (words ?? []).map(stemOf).filter((stem) => !empty.has(stem))
  return new Set(stems.map((stem) => sameStem.get(stem) ?? stem))
}

/** Short words lose an ending vowel, so that «цена» meets «цены». */
function stemOf(word: string): string {
  const plain = plainWords(word)
  if (plain.length > 5) return plain.slice(0, 5)
  return plain.length > 3 ? plain.replace(/[аеиоуыэюяйь]$|s$/u, '') : plain
}
