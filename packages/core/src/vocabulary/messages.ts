import type { LocalFile } from './local-file.ts'

/** Plain text. */
export interface TextPart {
  readonly type: 'text'
  readonly text: string
}

/** A file that a provider already holds, by the id it gave. */
export interface FileReference {
  readonly fileId: string
  /** Name of the provider that holds it. Given, the part is refused by every other provider. */
  readonly provider?: string
}

/**
 * Where a file's content comes from: bytes, a `Blob` or `File`, a file of this machine (`localFile(path)`), the id of
 * a file the provider holds. A `URL` is never fetched by us: whether a provider may fetch it is a policy question
 * (`content.remote_url`).
 */
export type FileSource = Uint8Array | Blob | LocalFile | FileReference | URL

/** An image. Its media type is read from its first bytes when it is not given. */
export interface ImagePart {
  readonly type: 'image'
  readonly image: FileSource
  readonly mediaType?: string
}

/** A document or a recording. `mediaType` may be left out where a `Blob` or the path's extension tells it. */
export interface FilePart {
  readonly type: 'file'
  readonly data: FileSource
  readonly mediaType?: string
  readonly filename?: string
}

/** The model asks for a tool. `input` is parsed JSON, not yet checked against the tool's schema. */
export interface ToolCallPart {
  readonly type: 'tool-call'
  /** Unique within a conversation: made by core where the service gives none, or gives one twice. */
  readonly toolCallId: string
  readonly toolName: string
  readonly input: unknown
  /** The arguments as they came, when they are no JSON; `input` is `undefined` then. */
  readonly invalidInput?: string
  readonly providerMetadata?: ProviderMetadata
}

/** What a tool gave back. */
export interface ToolResultPart {
  readonly type: 'tool-result'
  readonly toolCallId: string
  readonly toolName: string
  /** Plain JSON, or `undefined` for none. */
  readonly output: unknown
  /** True when the tool failed or was refused: `output` says why. */
  readonly isError?: boolean
}

/** A decision on a call that waits for approval (`toolApprovals` of a result). */
export interface ToolApprovalPart {
  readonly type: 'tool-approval'
  readonly toolCallId: string
  readonly approved: boolean
  /** Told to the model when the call is refused. */
  readonly reason?: string
}

/** What the model thought before its answer, where the service gives it out. No part of the answer. */
export interface ReasoningPart {
  readonly type: 'reasoning'
  readonly text: string
  readonly providerMetadata?: ProviderMetadata
}

/** Where the service says it found something (web search of the provider). */
export interface SourcePart {
  readonly type: 'source'
  /** As the service spelled it; not fetched, not checked. */
  readonly url: string
  readonly title?: string
  /** The mark by which the text refers to it. */
  readonly id?: string
}

/** What a service wants back in the next turn, by vendor kind. Plain JSON; other vendors do not get it. */
export type ProviderMetadata = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** What a user's message may hold. */
export type UserPart = TextPart | ImagePart | FilePart
/** What an assistant's message may hold: take it from `responseMessages`. */
export type AssistantPart = TextPart | ReasoningPart | ToolCallPart | FilePart | SourcePart
/** What a tool's message may hold. */
export type ToolPart = ToolResultPart | ToolApprovalPart

/** A piece of an answer. Generated files come as `file` parts with the id under which the provider holds them. */
export type ContentPart = TextPart | ReasoningPart | ToolCallPart | FilePart | SourcePart

/** What the model is to keep to; before every other message. `instructions` says the same. */
export interface SystemMessage {
  readonly role: 'system'
  readonly content: string
}

/** What a person says or shows. */
export interface UserMessage {
  readonly role: 'user'
  readonly content: string | readonly UserPart[]
}

/** What a model answered. */
export interface AssistantMessage {
  readonly role: 'assistant'
  readonly content: string | readonly AssistantPart[]
}

/** What came of the tools that the message before asked for. */
export interface ToolMessage {
  readonly role: 'tool'
  readonly content: readonly ToolPart[]
}

/** One turn of a conversation. */
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage

/** What kind of content a file holds, by its media type. */
export type Modality = 'image' | 'audio' | 'video' | 'document'

/** A file read into memory. */
export interface LoadedFile {
  readonly bytes: Uint8Array
  /** Digest of the bytes, hexadecimal: the same content is uploaded once. */
  readonly sha256: string
  readonly mediaType: string
  /** Never empty; made from the media type when the caller gave none. */
  readonly filename: string
}

/** An image, a document or a recording, as an adapter sees it. */
export interface MediaPart {
  readonly type: 'media'
  readonly modality: Modality
  readonly source: LoadedFile | FileReference | URL
}

/** A part as an adapter sees it: sources and approvals are kept from it. */
export type CallPart = TextPart | ReasoningPart | MediaPart | ToolCallPart | ToolResultPart

/** A message whose content is always a list of parts: what an adapter sees. */
export interface PartMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly content: readonly CallPart[]
}
