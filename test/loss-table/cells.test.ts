import { features, UnsupportedFeatureError, type Client, type Feature, type FeatureCell, type Loss } from '@shlyuz/core'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { askings, prompt, type Asking, type TextAsking, type TextOutcome, type VerbOutcome } from './askings.ts'
import { startColumns, type Column, type Sent } from './columns.ts'
import { surfaces } from './surfaces.ts'
import { overlay, type Body, type Wire, type WireChoice, type WireExpectation } from './wire.ts'
import { gigachatV1Wire } from './gigachat-v1-wire.ts'
import { gigachatV2Wire } from './gigachat-v2-wire.ts'
import { openaiCompatibleWire } from './openai-compatible-wire.ts'
import { yandexgptNativeWire } from './yandexgpt-native-wire.ts'
import { yandexgptOpenAiWire } from './yandexgpt-openai-wire.ts'

const wires: Readonly<Record<string, Wire>> = {
  'gigachat-v1': gigachatV1Wire,
  'gigachat-v2': gigachatV2Wire,
  'yandexgpt-native': yandexgptNativeWire,
  'yandexgpt-openai': yandexgptOpenAiWire,
  'openai-compatible': openaiCompatibleWire,
}

/** Cells that no call can reach, each with its reason. */
const unreachable: Readonly<Record<string, string>> = {
  'yandexgpt-openai / tools, without the ability': 'every model of the catalogue takes tools',
  'yandexgpt-openai / deferred-cancel': 'no job can be submitted there: `deferred` is refused',
  'openai-compatible / deferred-cancel': 'no job can be submitted there: `deferred` is refused',
}

/** One cell, or one half of it where the model decides. */
interface Case {
  readonly title: string
  readonly column: Column
  readonly feature: Feature
  readonly asking: Asking
  readonly cell: FeatureCell
  readonly half?: keyof WireChoice
  readonly model: string
}

const started = await startColumns()
afterAll(() => started[Symbol.asyncDispose]())

function casesOf(column: Column): readonly Case[] {
  return features.flatMap(({ id: feature }) => {
    const { surface } = column
    const rule = surface.features[feature]
    const asking: Asking | undefined = askings[feature]
    if (asking === undefined) throw new Error(`nothing asks for the feature '${feature}': add it to askings.ts`)
    const title = `${surface.id} / ${feature}`
    const shared = { column, feature, asking }
    if (!('needs' in rule)) {
      return [{ ...shared, title, cell: rule, model: column.models['kind' in asking ? asking.kind : 'chat'] }]
    }
    const { needs } = rule
    return [
      { ...shared, title, half: 'able', cell: rule.cell, model: column.able[needs] ?? '' },
      {
        ...shared,
        title: `${title}, without the ability`,
        half: 'unable',
        cell: rule.otherwise,
        model: column.unable[needs] ?? '',
      },
    ]
  })
}

const cases = started.columns.flatMap(casesOf)
const proven = new Set<string>()

it('every surface has a column to probe, and the words of its wire', () => {
  expect(started.columns.map(({ surface }) => surface)).toEqual(surfaces)
  expect(Object.keys(wires)).toEqual(surfaces.map(({ id }) => id))
})

it('a plain call sends a question and nothing that a probe could hide behind', async () => {
  const bodies: Record<string, unknown> = {}
  for (const column of started.columns) {
    column.reset()
    await using client = column.createClient()
    bodies[column.surface.id] = await sendPlain(column, client, column.models.chat)
  }
  const messages = [{ role: 'user', content: prompt }]
  expect(bodies).toEqual({
    'gigachat-v1': { model: 'GigaChat-2-Max', messages },
    'gigachat-v2': { model: 'GigaChat-2-Max', messages: [{ role: 'user', content: [{ text: prompt }] }] },
    'yandexgpt-native': {
      modelUri: 'gpt://b1gemulator000000000/yandexgpt-5.1',
      completionOptions: { stream: false },
      messages: [{ role: 'user', text: prompt }],
    },
    'yandexgpt-openai': { model: 'gpt://b1gemulator000000000/yandexgpt-5.1', messages, stream: false },
    'openai-compatible': { model: 'able', messages, stream: false },
  })
})

it('models that are said to have an ability have it by their cards, and the others have not', () => {
  for (const { surface, provider, able, unable } of started.columns) {
    for (const [models, has] of [
      [able, true],
      [unable, false],
    ] as const) {
      for (const [ability, model] of Object.entries(models)) {
        const [name, id] = model.split('/') as [string, string]
        // The card of the provider `unable…` is changed.
        if (name.startsWith('unable')) continue
        const abilities: readonly string[] | undefined = provider.models.find((card) => card.id === id)?.abilities
        expect(abilities?.includes(ability), `${surface.id}: ${model} ${ability}`).toBe(has)
      }
    }
  }
})

it('nothing is expected of the wire that no cell asks for', () => {
  for (const { id } of surfaces) {
    const spoken = cases.filter(({ column, cell }) => column.surface.id === id && cell.keep !== 'refused')
    const asked = new Set<string>(spoken.map(({ feature }) => feature))
    expect(Object.keys(wires[id] ?? {}).filter((feature) => !asked.has(feature))).toEqual([])
  }
})

describe.each(started.columns.map((column) => ({ id: column.surface.id, column })))('$id', ({ id, column }) => {
  beforeEach(() => column.reset())

  for (const one of cases.filter((each) => each.column === column && !(each.title in unreachable))) {
    it(`${one.feature}${one.half === 'unable' ? ', without the ability' : ''}: ${one.cell.keep}`, async () => {
      await using client = column.createClient({ links: one.feature === 'remote-file' })
      if (one.cell.keep === 'refused') await proveRefused(one, client)
      else await proveSent(one, client, expectationOf(one))
      proven.add(one.title)
    })
  }

  it('all cells are proven', () => {
    const own = cases.map(({ title }) => title).filter((title) => title.startsWith(`${id} / `))
    const rest = own.filter((title) => !proven.has(title))
    expect(rest).toEqual(Object.keys(unreachable).filter((title) => title.startsWith(`${id} / `)))
    expect(own.length).toBeGreaterThanOrEqual(features.length)
  })
})

it('a file by URL is refused by a policy that does not list links, also where the table keeps it', async () => {
  for (const column of started.columns) {
    column.reset()
    await using client = column.createClient()
    const options = await optionsOf((askings['remote-file'] as { text: TextAsking }).text, column, client)
    const error = await caught(client.generateText({ ...options, model: column.able.image ?? column.models.chat }))
    expect(error, column.surface.id).toMatchObject({ name: 'PolicyDeniedError', code: 'content.remote_url' })
    expect(column.sent()).toEqual([])
  }
})

it('the number of cells is that of the table', () => {
  const rules = surfaces.flatMap((surface) => features.map(({ id }) => surface.features[id]))
  const halves = rules.filter((rule) => 'needs' in rule).length
  expect(rules).toHaveLength(surfaces.length * features.length)
  expect(proven.size).toBe(rules.length + halves - Object.keys(unreachable).length)
})

function expectationOf({ title, column, feature, half }: Case): WireExpectation {
  const spoken = wires[column.surface.id]?.[feature]
  const expectation = half === undefined || !spoken || isExpectation(spoken) ? spoken : spoken[half]
  if (!expectation || !isExpectation(expectation)) {
    throw new Error(`nothing is expected of the wire for '${title}': add it to ${column.surface.id}-wire.ts`)
  }
  return expectation
}

function isExpectation(spoken: WireExpectation | WireChoice): spoken is WireExpectation {
  return 'carries' in spoken || 'leaves' in spoken
}

/** What the wire is expected to show must be what the cell says: the one is written apart from the other. */
function expectAgreement({ keep }: FeatureCell, expected: WireExpectation): void {
  const isCarried = 'carries' in expected
  if (keep === 'kept') expect(isCarried, 'what is kept is on the wire').toBe(true)
  const isToldAllTheSame = isCarried && expected.despite === 'warned'
  const isWarned = keep === 'warned'
  expect(isToldAllTheSame, 'a warning about what is on the wire').toBe(isWarned && isCarried)
}

/** The call succeeds, says what the cell says, and the wire carries what is expected and nothing else. */
async function proveSent(
  { column, asking, cell, model }: Case,
  client: Client,
  expected: WireExpectation,
): Promise<void> {
  expectAgreement(cell, expected)
  const plain = await sendPlain(column, client, model)
  if ('kind' in asking) {
    const prepared = await asking.prepare?.(client, model)
    const before = column.sent().length
    const outcome = await asking.run(client, model, prepared)
    expectWarnings(outcome, cell)
    expect(outcome.done).toBe(true)
    expectWire(column.sent().slice(before), plain, expected)
    return
  }
  const options = await optionsOf(asking.text, column, client)
  const losses = await checkedLosses(client, model, options)
  if (asking.answer !== undefined) column.script(asking.answer)
  const before = column.sent().length
  const outcome: TextOutcome =
    asking.stream === true
      ? await client.streamText({ ...options, model }).result
      : await client.generateText({ ...options, model })
  const sent = column.sent().slice(before)
  expectWarnings(outcome, cell)
  expect(outcome.warnings).toEqual(losses.map(({ effect: _effect, hint: _hint, ...warning }) => warning))
  expect(asking.shows?.(outcome) ?? true).toBe(true)
  expectWire(sent, plain, expected)
}

/** The call ends with the words of the cell, and nothing is sent. */
async function proveRefused({ column, asking, cell, feature, model }: Case, client: Client): Promise<void> {
  if (cell.keep !== 'refused') throw new Error('not a refusal')
  if ('kind' in asking) {
    const prepared = await asking.prepare?.(client, model)
    const before = column.sent().length
    const error = await caught(asking.run(client, model, prepared))
    expectRefusal(error, cell)
    expect(column.sent().slice(before)).toEqual([])
    return
  }
  const options = await optionsOf(asking.text, column, client)
  const losses = await checkedLosses(client, model, options)
  const code = cell.code ?? `${feature}-unsupported`
  const said = { effect: 'refuse', code, message: cell.message, hint: cell.hint }
  expect(losses).toContainEqual(expect.objectContaining(said))
  const before = column.sent().length
  const error = await caught(client.generateText({ ...options, model }))
  // Of several refusals the first one is thrown.
  const first = losses.find(({ effect }) => effect === 'refuse') as Loss
  expectRefusal(error, { message: first.message, hint: first.hint ?? '' })
  expect(column.sent().slice(before)).toEqual([])
}

async function optionsOf(
  text: Extract<Asking, { text: unknown }>['text'],
  column: Column,
  client: Client,
): Promise<TextAsking> {
  return typeof text === 'function' ? text(column, client) : text
}

async function checkedLosses(client: Client, model: string, options: TextAsking): Promise<readonly Loss[]> {
  const before = await client.check({ ...options, model })
  expect(before).toHaveLength(1)
  return before[0]?.losses ?? []
}

/** The body of a call that asks for nothing; `{}` for models that do not converse. */
async function sendPlain(column: Column, client: Client, model: string): Promise<Body> {
  if (model === column.models.embedding || (model === column.models.image && model !== column.models.chat)) return {}
  await client.generateText({ model, prompt })
  return column.sent().at(-1)?.body as Body
}

function expectWarnings({ warnings }: TextOutcome | VerbOutcome, cell: FeatureCell): void {
  const own = warnings
    // Said of every image: no loss of a feature.
    .filter(({ code }) => code !== 'provider-logging')
    .map(({ code, message }) => ({ code, message }))
  expect(own).toEqual(cell.keep === 'warned' ? [{ code: cell.code, message: cell.message }] : [])
}

function expectWire(sent: readonly Sent[], plain: Body, expected: WireExpectation): void {
  expect(sent.length).toBeGreaterThan(0)
  const found = 'carries' in expected ? expected.carries : expected.leaves
  if (typeof found === 'function') {
    found(sent, plain)
    return
  }
  expect(sent).toHaveLength(1)
  expect(sent[0]?.body).toEqual(overlay(plain, found))
  // What is carried can be seen.
  if ('carries' in expected) expect(sent[0]?.body).not.toEqual(plain)
}

function expectRefusal(error: unknown, { message, hint }: { readonly message: string; readonly hint: string }): void {
  expect(error).toBeInstanceOf(UnsupportedFeatureError)
  expect((error as Error).message).toContain(message)
  expect((error as UnsupportedFeatureError).hint).toContain(hint)
  expect(hint).toMatch(/[а-яё]/)
}

async function caught(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return error
  }
  throw new Error('the call was not refused')
}
