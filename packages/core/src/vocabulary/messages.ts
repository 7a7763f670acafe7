/** Plain text. */
export interface TextPart {
  readonly type: 'text'
  readonly text: string
}

/** A file that the provider already holds, by the id it gave. */
export interface FileReference {
  readonly fileId: string
}

/**
 * An image. A `URL` is never fetched by us: whether a provider may fetch it is a policy question
 * (`content.remote_url`).
 */
export interface ImagePart {
  readonly type: 'image'
  readonly image: Uint8Array | URL | FileReference
  readonly mediaType?: string
}

/** A document or a recording. */
export interface FilePart {
  readonly type: 'file'
  readonly data: Uint8Array | URL | FileReference
  readonly mediaType: string
  readonly filename?: string
}

/** The model asks for a tool. `input` is parsed JSON, not yet checked against the tool's schema. */
export interface ToolCallPart {
  readonly type: 'tool-call'
  readonly toolCallId: string
  readonly toolName: string
  readonly input: unknown
}

/** What a tool gave back. */
export interface ToolResultPart {
  readonly type: 'tool-result'
  readonly toolCallId: string
  readonly toolName: string
  readonly output: unknown
  readonly isError?: boolean
}

export type UserPart = TextPart | ImagePart | FilePart
export type AssistantPart = TextPart | ToolCallPart
export type ContentPart = TextPart | ImagePart | FilePart | ToolCallPart | ToolResultPart

export interface SystemMessage {
  readonly role: 'system'
  readonly content: string
}

export interface UserMessage {
  readonly role: 'user'
  readonly content: string | readonly UserPart[]
}

export interface AssistantMessage {
  readonly role: 'assistant'
  readonly content: string | readonly AssistantPart[]
}

export interface ToolMessage {
  readonly role: 'tool'
  readonly content: readonly ToolResultPart[]
}

/** One turn of a conversation. */
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage

/** A message whose content is always a list of parts: what an adapter sees. */
export interface PartMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly content: readonly ContentPart[]
}
