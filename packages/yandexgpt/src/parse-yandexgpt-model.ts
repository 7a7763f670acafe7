import type { ModelRef } from '@shlyuz/core'
import { refuse } from './yandexgpt-settings.ts'

/** One part of a model address: a folder, a name, a branch or a suffix. */
const part = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i

const schemes = new Set(['gpt', 'emb', 'cls', 'art'])

/** What a branch makes of a moving name. Source: release notes; fixed names need no branch. */
const branches: Readonly<Record<string, string>> = { 'yandexgpt/rc': 'yandexgpt-5.1' }

/**
 * Parses `name[/branch][@suffix]` or `scheme://folder/name[/branch][@suffix]`. Strict: an address with percent
 * signs, dot segments, spaces or other parts than these is refused, because it may be read otherwise elsewhere.
 * @throws ConfigurationError
 */
export function parseYandexgptModel(id: string): ModelRef {
  const address = /^([a-z]+):\/\/([^/]+)\/(.+)$/.exec(id)
  if (id.includes('://') && !(address && schemes.has(address[1] ?? ''))) refuseModel()
  const [, scheme = 'gpt', folder, rest = id] = address ?? []
  const [path = '', suffix, ...more] = rest.split('@')
  const [name = '', branch, ...others] = path.split('/')
  const parts = [folder, name, branch, suffix].filter((text) => text !== undefined)
  if (more.length > 0 || others.length > 0 || parts.some((text) => !part.test(text) || text.includes('..')))
    refuseModel()
  const known = name.toLowerCase()
  return Object.freeze({
    id,
    catalogueId: branches[`${known}/${branch?.toLowerCase()}`] ?? known,
    ...(suffix !== undefined && { tuned: suffix }),
    wire: Object.freeze({
      scheme,
      name,
      ...(folder !== undefined && { folder }),
      ...(branch !== undefined && { branch }),
      ...(suffix !== undefined && { suffix }),
    }),
  })
}

/** The model URI of the wire. */
export function formatModelUri({ wire = {} }: ModelRef, folder: string): string {
  const { scheme = 'gpt', name = '', branch, suffix } = wire
  // The service reads a name without a branch as its latest one; a tuned model needs it spelled.
  const path = branch === undefined ? (suffix === undefined ? name : `${name}/latest`) : `${name}/${branch}`
  return `${scheme}://${folder}/${path}${suffix === undefined ? '' : `@${suffix}`}`
}

function refuseModel(): never {
  return refuse(
    'the model is not of the form name[/branch][@suffix] or gpt://folder/name[/branch][@suffix]',
    'Пишите имя модели (yandexgpt-5.1, yandexgpt/rc) или полный адрес gpt://<каталог>/<имя>/<ветка>.',
  )
}
