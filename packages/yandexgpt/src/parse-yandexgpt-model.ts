import type { ModelCard, ModelRef } from '@shlyuz/core'
import { findYandexgptModel } from './yandexgpt-models.ts'
import { refuse } from './yandexgpt-settings.ts'

/** A folder, name, branch or suffix: no percent signs, spaces or control characters, and no dot segments. */
const partForm = /^[a-z0-9](?:[a-z0-9_-]|\.(?!\.)){0,126}$/i

const branchNames = new Set(['latest', 'rc', 'deprecated'])

/** What stands behind a branch today. Source: release notes. */
const branches: Readonly<Record<string, string>> = { 'yandexgpt/rc': 'yandexgpt-5.1' }

/** Text, embeddings, classification, images. Source: documentation, "Models", form of the URI. */
const schemes = ['gpt', 'emb', 'cls', 'art'] as const

/** The scheme of a model URI. */
export type YandexgptScheme = (typeof schemes)[number]

/** Schemes that go with a kind of model. Tuned embeddings are met under both. */
const schemesOfKind: Readonly<Record<ModelCard['kind'], readonly string[]>> = {
  chat: ['gpt', 'cls'],
  embedding: ['emb', 'gpt'],
  image: ['art'],
  classifier: ['cls'],
  other: schemes,
}

/**
 * Parses `name[/branch][@suffix]` or `scheme://folder/name[/branch][@suffix]`, with the scheme `gpt`, `emb`, `cls` or
 * `art`, and none that contradicts what is known of the model. Strict: an address with percent signs, dot segments,
 * spaces, another scheme or other parts than these is refused, because it may be read otherwise elsewhere.
 *
 * The catalogue id is the name in lower case; `yandexgpt/rc` is `yandexgpt-5.1`. A branch other than `latest` may hide
 * any model, so elsewhere it stays in the id (`yandexgpt-lite/rc`), which makes the model unknown until it is
 * declared. A suffix is a tuned model of the folder.
 * Source: documentation, "Models", form of the URI.
 *
 * @throws ConfigurationError
 */
export function parseYandexgptModel(id: string): ModelRef {
  if (branchNames.has(id)) {
    refuse('the model is a branch without a name', `Перед веткой нужно имя модели: yandexgpt/yandexgpt/${id}.`)
  }
  const [, scheme, folder, short = id] = /^(gpt|emb|cls|art):\/\/([^/]*)\/(.*)$/.exec(id) ?? []
  const [path = '', suffix, ...moreSuffixes] = short.split('@')
  const [name = '', branch, ...moreParts] = path.split('/')
  const parts = [folder, name, branch, suffix].filter((part) => part !== undefined)
  if (moreSuffixes.length > 0 || moreParts.length > 0 || !parts.every(isPart)) {
    refuse(
      'the model is not of the form name[/branch][@suffix] or gpt://folder/name[/branch][@suffix]',
      'Пишите имя модели (yandexgpt-5.1, yandexgpt/rc) или полный адрес gpt://<каталог>/<имя>/<ветка>.',
    )
  }
  const card = findYandexgptModel(name)
  if (scheme !== undefined && card && !schemesOfKind[card.kind].includes(scheme)) {
    const [right = 'gpt'] = schemesOfKind[card.kind]
    refuse(
      `the model ${card.id} has no address of the scheme ${scheme}://`,
      `Адрес этой модели начинается с ${right}://: ${right}://<каталог>/${card.id}.`,
    )
  }
  const known = card?.id ?? name
  return Object.freeze({
    id,
    catalogueId: toCatalogueId(known, branch?.toLowerCase()),
    ...(suffix !== undefined && { tuned: suffix }),
    wire: Object.freeze({
      name: known,
      ...(scheme !== undefined && { scheme }),
      ...(folder !== undefined && { folder }),
      ...(branch !== undefined && { branch }),
      ...(suffix !== undefined && { suffix }),
    }),
  })
}

/** The model URI of the wire. `scheme`: for a model that was given by its name alone. */
export function formatModelUri({ wire = {} }: ModelRef, folder: string, scheme: YandexgptScheme = 'gpt'): string {
  const { name = '', branch, suffix } = wire
  // A name without a branch is its latest one; the address of a tuned model needs that spelled, and that of an
  // embedding model is nowhere documented without.
  const needsBranch = suffix !== undefined || (scheme === 'emb' && wire['scheme'] === undefined)
  const spelled = branch ?? (needsBranch ? 'latest' : undefined)
  return `${wire['scheme'] ?? scheme}://${folder}/${name}${spelled === undefined ? '' : `/${spelled}`}${suffix === undefined ? '' : `@${suffix}`}`
}

function isPart(part: string): boolean {
  return partForm.test(part) && !part.endsWith('.')
}

function toCatalogueId(name: string, branch: string | undefined): string {
  const lower = name.toLowerCase()
  if (branch === undefined || branch === 'latest') return lower
  return branches[`${lower}/${branch}`] ?? `${lower}/${branch}`
}
