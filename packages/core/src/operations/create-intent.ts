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
  return Object.freeze(new StatedIntent(provider, facts))
}

/** A class, as is the count of the content: see `Leg`. */
class StatedIntent implements Intent {
  readonly operation: OperationKind
  readonly provider: string
  declare readonly model?: ModelIdentity
  readonly origins: readonly string[]
  readonly stream: boolean
  readonly content: ContentFacts
  readonly providerLogging: ProviderLogging
  readonly labels: Readonly<Record<string, string>>
  readonly dataClasses: readonly string[]

  constructor(provider: Provider, { operation, model, stream, content, labels, dataClasses }: IntentFacts) {
    this.operation = operation
    this.provider = provider.kind
    this.origins = originsOf(provider)
    this.stream = stream ?? false
    this.content = content ? freezeContent(content) : noContent
    this.providerLogging = loggingOf(provider, operation)
    this.labels = labels ?? noLabels
    this.dataClasses = dataClasses ?? none
    if (model) this.model = model
  }
}

/** One rule must not change what the next one judges. */
function freezeContent(content: ContentFacts): ContentFacts {
  // Frozen when it was counted, with its list.
  if (content instanceof CountedContent) return content
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
  const counted = new CountedContent(messages.length, remoteTools)
  // By index here and wherever each call walks through its messages: V8 makes an object for each step over a frozen list.
  for (let index = 0; index < messages.length; index++) {
    const { content } = messages[index] as PartMessage
    for (let at = 0; at < content.length; at++) {
      const part = content[at] as CallPart
      if (part.type !== 'media') {
        counted.characters += countCharacters(part)
        continue
      }
      if (part.modality === 'image') counted.images++
      else counted.files++
      if (part.source instanceof URL) counted.remoteUrls++
    }
  }
  return Object.freeze(counted)
}

class CountedContent implements ContentFacts {
  readonly messages: number
  characters = 0
  images = 0
  files = 0
  remoteUrls = 0
  readonly remoteTools: readonly string[]

  constructor(messages: number, remoteTools: readonly string[]) {
    this.messages = messages
    this.remoteTools = remoteTools === none ? none : Object.freeze([...remoteTools])
  }
}
