import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  ConfigurationError,
  domesticOnly,
  observe,
  onPremisesOnly,
  reasonCodes,
  stateSystem,
  type ContentFacts,
  type Decision,
  type Policy,
  type PolicyDocument,
} from '@shlyuz/core'
import { personalData, russianMasker } from '@shlyuz/personal-data'
import { describe, expect, test } from 'vitest'
import { createGuard, type Guard } from '../../packages/core/src/policy/guard.ts'
import type { Intent, ModelIdentity } from '../../packages/core/src/policy/intent.ts'
import { reasonTexts } from '../../packages/core/src/policy/reason-texts.ts'
import { endpoints } from '../../packages/core/src/sovereignty/endpoints.ts'
import { readCaseFile } from './case-file.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8').replaceAll('\r\n', '\n')

const languages = ['ru', 'en'] as const
type Words = Readonly<Record<(typeof languages)[number], string>>

const pages: Words = { ru: read('docs/security-officer.ru.md'), en: read('docs/security-officer.md') }

/** The rows of the one table whose first heading is this. */
function tableOf(page: string, heading: string): readonly (readonly string[])[] {
  const tables = page.split('\n\n').filter((block) => block.startsWith(`| ${heading} `))
  expect(tables, `tables with the heading ${heading}`).toHaveLength(1)
  const [titles, , ...rows] = tables.join('').trim().split('\n').map(cellsOf)
  for (const row of rows) expect(row, row.join(' ')).toHaveLength(titles?.length ?? 0)
  return [titles ?? [], ...rows]
}

function cellsOf(line: string): readonly string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}

const own = 'https://llm.corp.example:8443'
const proxy = { origin: 'http://egress.corp.example:3128', addresses: ['10.1.0.0/24'] }

/** A preset with an option beside what it needs; one that does not know it throws. */
type Preset = (option?: object) => Policy

const premises = { origins: [own], cidrs: ['10.20.0.0/16'] }
const presets: Readonly<Record<string, Preset>> = {
  '`domesticOnly()`': (option) => domesticOnly(option),
  "`domesticOnly({ weights: ['own'] })`": (option) => domesticOnly({ weights: ['own'], ...option }),
  '`onPremisesOnly({ … })`': (option) => onPremisesOnly({ ...premises, ...option }),
  '`stateSystem({ … })`': (option) => stateSystem({ ...premises, masker: russianMasker(), ...option }),
  '`personalData()`': (option) => personalData(option),
  '`observe(domesticOnly())`': (option) => observe(domesticOnly(option)),
}

/** What a guard said, in a word. */
function wordOf(decision: Decision | undefined): 'yes' | 'no' | 'recorded' {
  if (decision?.would) return 'recorded'
  return decision?.verdict === 'deny' ? 'no' : 'yes'
}

const post = { credentialOnly: false, method: 'POST', hasBody: true }
const services = endpoints.filter(({ credentialOnly }) => !credentialOnly).map(({ origin }) => origin)

const model: ModelIdentity = { id: 'm', developer: 'ru', weights: 'own', source: 'x', asOf: '2026-11-24' }
const intent: Intent = {
  operation: 'chat',
  provider: 'gigachat',
  model,
  origins: [services[0] ?? ''],
  stream: false,
  content: { messages: 1, characters: 1, images: 0, files: 0, remoteUrls: 0, remoteTools: [], personal: {} },
  providerLogging: 'off',
  labels: {},
  dataClasses: [],
}

async function judge(policy: Policy, change: Partial<Intent>, audit: 'none' | 'lenient' | 'strict' = 'strict') {
  return createGuard([policy], { audit }).judgeIntent({ ...intent, ...change })
}

async function content(policy: Policy, facts: Partial<ContentFacts>): Promise<Decision> {
  return judge(policy, { content: { ...intent.content, ...facts } })
}

const makers = ['own', 'adapted-foreign', 'undisclosed', 'foreign', 'unknown'] as const

function madeBy(maker: (typeof makers)[number]): Partial<Intent> {
  if (maker === 'foreign' || maker === 'unknown') return { model: { ...model, developer: maker, weights: 'unknown' } }
  return { model: { ...model, weights: maker } }
}

/** What a preset makes of an option: `undefined` where it does not take it. */
function withOption(preset: Preset, option: object): Policy | undefined {
  try {
    return preset(option)
  } catch (error) {
    if (ConfigurationError.isInstance(error)) return undefined
    throw error
  }
}

/** A property of the table: how to find it out, and how the pages put what was found. */
interface Property {
  readonly title: Words
  readonly ask: (policy: Policy, guard: Guard, preset: Preset) => Promise<unknown>
  readonly words: Readonly<Record<string, Words>>
}

const silent: Words = { ru: '—', en: '—' }
const recorded: Words = { ru: 'запись', en: 'recorded' }
const enforced: Words = { ru: 'держатся', en: 'enforced' }
const refused: Words = { ru: 'отказ', en: 'refused' }

const properties: readonly Property[] = [
  {
    title: { ru: 'Адреса сервисов', en: 'Origins' },
    ask: async (_policy, guard) => {
      const ask = (url: string): Decision => guard.judgeUrl(`${url}/v1`, post).decision
      if (ask(own).code === 'policy.no_permit') return 'silent'
      return [
        services.every((url) => wordOf(ask(url)) === 'yes'),
        wordOf(ask(own)),
        wordOf(ask('https://evil.example')),
      ]
    },
    words: {
      silent,
      'true no no': { ru: 'из списка', en: 'listed' },
      'false yes no': { ru: 'названные', en: 'named' },
      'true recorded recorded': recorded,
    },
  },
  {
    title: { ru: 'Куда ведут имена', en: 'Addresses of names' },
    ask: async (_policy, guard) =>
      ['84.201.181.26', '10.20.0.1', '127.0.0.1'].map((address) =>
        wordOf(guard.judgeAddresses('llm.api.cloud.yandex.net', [address], 'target')),
      ),
    words: {
      'yes yes yes': silent,
      'yes no no': { ru: 'публичные', en: 'public' },
      'no yes no': { ru: 'названные', en: 'named' },
      'yes recorded recorded': recorded,
    },
  },
  {
    title: { ru: 'Модели', en: 'Models' },
    ask: async (policy) => {
      const decisions = await Promise.all(makers.map(async (maker) => judge(policy, madeBy(maker))))
      const isSilent = decisions.every(({ because }) => because.every(({ rule }) => rule !== 'models'))
      return isSilent ? 'silent' : decisions.map(wordOf)
    },
    words: {
      silent,
      'yes yes yes no no': { ru: 'российские', en: 'Russian' },
      'yes no no no no': { ru: 'российские, веса свои', en: 'Russian, own weights' },
      'yes yes yes yes yes': { ru: 'любые', en: 'any' },
      'yes yes yes recorded recorded': recorded,
    },
  },
  {
    title: { ru: 'Перенаправления', en: 'Redirects' },
    ask: async (_policy, guard) => wordOf(guard.redirected(307)),
    words: { no: refused },
  },
  {
    title: { ru: 'TLS и заголовки', en: 'TLS and headers' },
    ask: async (_policy, guard) => [
      wordOf(guard.judgeEnvironment({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })),
      wordOf(guard.judgeHeaders({ host: 'evil.example' })),
    ],
    words: { 'no no': enforced },
  },
  {
    title: { ru: 'Прокси', en: 'Proxy' },
    ask: async (_policy, guard, preset) => {
      const named = withOption(preset, { proxy })
      return [
        wordOf(guard.judgeAddresses('p.example', ['10.1.0.7'], 'proxy')),
        named && createGuard([named]).proxy?.url.host,
      ]
    },
    words: {
      'yes ': silent,
      'no egress.corp.example:3128': { ru: 'нет или один названный', en: 'none, or one named' },
      'recorded egress.corp.example:3128': { ru: 'нет или один названный', en: 'none, or one named' },
    },
  },
  {
    title: { ru: 'Ссылки и инструменты сервиса', en: 'Links, remote tools' },
    ask: async (policy, _guard, preset) => {
      const reach = { remoteUrls: 1, remoteTools: ['web_search'] }
      const listing = withOption(preset, { remote: ['links', 'web_search'] })
      return [wordOf(await content(policy, reach)), listing && wordOf(await content(listing, reach))]
    },
    words: {
      'yes ': silent,
      'no ': refused,
      'no yes': { ru: 'отказ, пока не названы', en: 'refused until listed' },
      'recorded yes': recorded,
    },
  },
  {
    title: { ru: 'Персональные данные', en: 'Personal data' },
    ask: async (policy) => {
      const { obligations } = await content(policy, { personal: { PHONE: 1 } })
      return [obligations.some(({ kind }) => kind === 'mask'), wordOf(await judge(policy, { dataClasses: ['health'] }))]
    },
    words: {
      'false yes': { ru: 'как есть', en: 'as is' },
      'true no': { ru: 'маски; особые — отказ', en: 'masked; special refused' },
    },
  },
  {
    title: { ru: 'Журнал', en: 'Audit log' },
    ask: async (policy) =>
      Promise.all(
        (['none', 'lenient', 'strict'] as const).map(async (audit) => wordOf(await judge(policy, {}, audit))),
      ),
    words: {
      'yes yes yes': { ru: 'по желанию', en: 'optional' },
      'no no yes': { ru: 'обязателен, строгий', en: 'required, strict' },
    },
  },
  {
    title: { ru: 'Хранение у сервиса', en: 'Storing by the service' },
    ask: async (policy) => {
      const states = ['off', 'on', 'cannot be switched off', 'not stated'] as const
      return Promise.all(states.map(async (providerLogging) => wordOf(await judge(policy, { providerLogging }))))
    },
    words: { 'yes yes yes yes': { ru: 'любое', en: 'any' } },
  },
]

describe.each(languages)('the page for security officers (%s)', (language) => {
  const page = pages[language]
  const heading = (ru: string, en: string): string => ({ ru, en })[language]

  test('its table of presets says what the presets do', async () => {
    const [titles, ...rows] = tableOf(page, heading('Свойство', 'Property'))
    expect(titles?.slice(1)).toEqual(Object.keys(presets))
    const found = await Promise.all(
      properties.map(async ({ title, ask, words }) => {
        const asked = Object.values(presets).map(async (preset) => {
          const policy = preset()
          const answer = await ask(policy, createGuard([policy], { audit: 'strict' }), preset)
          const key = [answer].flat().join(' ')
          return words[key]?.[language] ?? `no word for '${key}'`
        })
        return [title[language], ...(await Promise.all(asked))]
      }),
    )
    expect(rows).toEqual(found)
  })

  test('its network rule has every endpoint and no other', () => {
    const [, ...rows] = tableOf(page, heading('Узел', 'Host'))
    const listed = endpoints.map(({ origin }) => {
      const { hostname, port, protocol } = new URL(origin)
      return `\`${hostname}\` ${port === '' ? { 'https:': 443, 'http:': 80 }[protocol] : port}`
    })
    expect(rows.map(([host, port]) => `${host} ${port}`).toSorted()).toEqual(listed.toSorted())
  })

  test('its glossary has every reason, in the words of the refusals', () => {
    const [, ...rows] = tableOf(page, heading('Код', 'Code'))
    expect(rows).toEqual(reasonCodes.map((code) => [`\`${code}\``, reasonTexts[code][language]]))
  })

  test('each attack names codes that exist, and cases and tests that show them', () => {
    const [, ...rows] = tableOf(page, heading('Атака', 'Attack'))
    const { cases } = readCaseFile(fileURLToPath(new URL('own-cases.json', import.meta.url)))
    const denied = cases.filter((one) => one.expect === 'deny')
    const reasons = new Map(denied.map(({ id, reason }) => [id, reason]))
    expect(rows.length).toBeGreaterThan(15)
    for (const [attack = '', , codes = '', shown = ''] of rows) {
      const named: readonly string[] = quoted(codes)
      const files = quoted(shown).filter((word) => word.includes('/'))
      const ids = casesIn(shown)
      expect(files.length + ids.length, attack).toBeGreaterThan(0)
      for (const file of files) expect(existsSync(new URL(file, root)), file).toBe(true)
      for (const id of ids) expect(named, `${attack}: ${id}`).toContain(reasons.get(id))
      for (const code of named) expect(isKnown(code), `${attack}: ${code}`).toBe(true)
    }
  })

  test('every command it gives is there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> }
    const commands = [...page.matchAll(/\bpnpm (?:run )?([\w:]+)/g)].map(([, name = '']) => name)
    expect(commands.length).toBeGreaterThan(1)
    for (const name of commands) expect(scripts, name).toHaveProperty([name])
  })

  test('it promises pseudonyms and no more', () => {
    expect(page.match(/псевдонимизац|pseudonymis/i)).not.toBeNull()
    expect(page.match(/обезлич|аноним|anonym/i)).toBeNull()
  })
})

test('both pages show the same attacks by the same means', () => {
  const [russian, english] = languages.map((language) =>
    tableOf(pages[language], { ru: 'Атака', en: 'Attack' }[language])
      .slice(1)
      .map(([, ...rest]) => rest),
  )
  expect(russian).toEqual(english)
})

test('the reference has every section of a policy document', () => {
  const sections: Readonly<Record<keyof PolicyDocument, true>> = {
    name: true, version: true, description: true, origins: true, addresses: true, redirects: true, proxy: true,
    models: true, remote: true, catalogue: true, data: true, audit: true, providerLogging: true, tls: true,
    customTransport: true, mode: true, observeUntil: true, rules: true,
  } // oxfmt-ignore
  const [, ...rows] = tableOf(read('docs/policy.md'), 'Section')
  expect(new Set(rows.map(([section]) => section))).toEqual(new Set(Object.keys(sections).map((key) => `\`${key}\``)))
})

function quoted(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)
}

/** `o02–o10` and `o21`, each id by itself. */
function casesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/\bo(\d+)(?:–o(\d+))?/g)].flatMap(([, first, last = first]) => {
    const length = Number(last) - Number(first) + 1
    return Array.from({ length }, (_, step) => `o${String(Number(first) + step).padStart(2, '0')}`)
  })
}

/** A reason of a policy, or a code of the audit log. */
function isKnown(code: string): boolean {
  if ((reasonCodes as readonly string[]).includes(code)) return true
  return read('packages/core/src/policy/audit/create-audit-error.ts').includes(`'${code}'`)
}
