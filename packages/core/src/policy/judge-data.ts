import type { OperationKind } from '../provider.ts'
import type { CompiledData } from './compile-policy.ts'
import type { Facts, Obligation } from './decision.ts'
import type { Intent } from './intent.ts'
import type { ReasonCode } from './reason-codes.ts'

interface DataVerdict {
  readonly code: ReasonCode
  readonly facts: Facts
  readonly obligations: readonly Obligation[] | undefined
}

/** Operations whose requests hold no content of the caller's. */
export const withoutContent: ReadonlySet<OperationKind> = new Set(['token', 'models'])

/**
 * Words for content that is no special category. Special are race, nationality, political, religious and philosophical
 * views, health and intimate life, convictions (152-FZ, articles 10) and biometrics (article 11); another word is taken
 * for one of them, since a typo must not open the door.
 */
const ordinary = new Set([
  'none', 'ordinary', 'common', 'general', 'public', 'internal', 'confidential', 'personal', 'contact', 'business',
  'commercial', 'financial', 'technical', 'other', 'normal', 'regular', 'standard', 'open', 'test',
  // As the requirements for the protection of personal data name them (Government decree 1119 of 2012, point 5).
  'общедоступные', 'иные',
]) // oxfmt-ignore

const mask: readonly Obligation[] = Object.freeze([Object.freeze({ kind: 'mask' })])

/** What the data section of a policy says of an intent. */
export function judgeData({ personal, special }: CompiledData, intent: Intent): DataVerdict {
  const { content, operation } = intent
  if (special === 'deny') {
    const met = classesOf(intent).find((word) => !ordinary.has(word))
    if (met !== undefined) return say('data.special', { category: met.slice(0, 60) })
  }
  if (personal === 'mask' && !withoutContent.has(operation)) return say('ok', {}, mask)
  if (personal === 'deny' && !withoutContent.has(operation)) {
    // Nobody looked: what is in the content is unknown.
    if (!Object.hasOwn(content, 'personal') || !content.personal) return say('data.personal', { inspected: false })
    const types = Object.keys(content.personal).toSorted()
    if (types.length > 0) return say('data.personal', { types: types.join(', ') })
    // What nobody can look into may hold anything.
    const { images, files } = content
    if (images + files > 0) return say('data.personal', { images, files })
  }
  return say('ok', {})
}

/** With obligations of its own in any case: a polluted prototype must not add some. */
function say(code: ReasonCode, facts: Facts, obligations?: readonly Obligation[]): DataVerdict {
  return { code, facts, obligations }
}

function classesOf({ dataClasses, labels }: Intent): readonly string[] {
  const category = Object.hasOwn(labels, 'category') ? labels['category'] : undefined
  return category === undefined ? dataClasses : [...dataClasses, category.trim().toLowerCase()]
}
