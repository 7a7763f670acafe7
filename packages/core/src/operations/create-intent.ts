import type { ContentFacts, Intent, ModelIdentity } from '../policy/intent.ts'
import type { OperationKind, Provider, ProviderLogging } from '../provider.ts'
import type { CallPart, MediaPart, PartMessage } from '../vocabulary/messages.ts'

const none: readonly string[] = Object.freeze([])

const noContent: ContentFacts = Object.freeze({
  messages: 0,
  characters: 0,
  images: 0,
  files: 0,
  remoteUrls: 0,
  remoteTools: none,
  personal: Object.freeze({}),
})

const noLabels: Readonly<Record<string, string>> = Object.freeze({})

interface IntentFacts {
  readonly operation: OperationKind
  readonly model?: ModelIdentity
  readonly stream?: boolean
  readonly content?: ContentFacts
  readonly labels?: Readonly<Record<string, string>>
  readonly dataClasses?: readonly string[]
}

/** States a call's wish for the policy: plain, frozen, without content. */
export function createIntent(provider: Provider, facts: IntentFacts): Intent {
  const intent: { -readonly [Fact in keyof Intent]: Intent[Fact] } = {
    operation: facts.operation,
    provider: provider.kind,
    origins: originsOf(provider),
    stream: facts.stream ?? false,
    content: facts.content ? freezeContent(facts.content) : noContent,
    providerLogging: loggingOf(provider, facts.operation),
    labels: facts.labels ?? noLabels,
    dataClasses: facts.dataClasses ?? none,
  }
  if (facts.model) intent.model = facts.model
  return Object.freeze(intent)
}

/** One rule must not change what the next one judges. */
function freezeContent(content: ContentFacts): ContentFacts {
  if (Object.isFrozen(content) && Object.isFrozen(content.remoteTools)) return content
  return Object.freeze({ ...content, remoteTools: Object.freeze([...content.remoteTools]) })
}

/** Whether the service stores what such an operation sends; images are stated apart. */
export function loggingOf(provider: Provider, operation: OperationKind): ProviderLogging {
  return (operation === 'image' ? provider.imageLogging : undefined) ?? provider.providerLogging
}

const known = new WeakMap<Provider, readonly string[]>()

/** The origins a provider lists, as far as its addresses can be parsed; spelling is judged at depth 2. */
export function originsOf(provider: Provider): readonly string[] {
  let origins = known.get(provider)
  if (!origins) {
    const urls = Object.values(provider.endpoints).map(({ url }) => URL.parse(url)?.origin)
    origins = Object.freeze([...new Set(urls.filter((origin) => origin !== undefined))])
    known.set(provider, origins)
  }
  return origins
}

/** Lengths of what tools were given and gave back: a conversation is judged at each of its steps. */
const lengths = new WeakMap<CallPart, number>()

function countCharacters(part: Exclude<CallPart, MediaPart>): number {
  if (part.type === 'text' || part.type === 'reasoning') return part.text.length
  let length = lengths.get(part)
  if (length === undefined) {
    const value = part.type === 'tool-call' ? (part.invalidInput ?? part.input) : part.output
    length = typeof value === 'string' ? value.length : (JSON.stringify(value) ?? '').length
    lengths.set(part, length)
  }
  return length
}

/** Counts what is in the messages; the text itself goes nowhere. */
export function countContent(messages: readonly PartMessage[], remoteTools: readonly string[] = none): ContentFacts {
  let characters = 0
  let images = 0
  let files = 0
  let remoteUrls = 0
  // By index here and wherever each call walks through its messages: V8 makes an object for each step over a frozen list.
  for (let index = 0; index < messages.length; index++) {
    const { content } = messages[index] as PartMessage
    for (let at = 0; at < content.length; at++) {
      const part = content[at] as CallPart
      if (part.type !== 'media') {
        characters += countCharacters(part)
        continue
      }
      if (part.modality === 'image') images++
      else files++
      if (part.source instanceof URL) remoteUrls++
    }
  }
  return Object.freeze({ messages: messages.length, characters, images, files, remoteUrls, remoteTools })
}
