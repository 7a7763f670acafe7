import { readFileSync } from 'node:fs'
import { definePolicy, type Policy } from '@shlyuz/core'
import { russianMasker } from '@shlyuz/personal-data'
import type { ScriptedAnswer } from './loopback.ts'

/** What an own rule of a case does when it is asked. */
export type CaseRule =
  | string
  | {
      readonly throws?: boolean
      readonly rejects?: boolean
      readonly hangs?: boolean
      readonly async?: boolean
      /** Also called `effect`. */
      readonly returns?: unknown
      readonly effect?: unknown
      /** Before it does anything else: without giving up the process, or holding on to it. */
      readonly delayMs?: number
      readonly blocksMs?: number
      readonly timeLimitMs?: number
    }

/** Something beside the text: a link, or bytes where there is no `url`. */
export interface CaseAttachment {
  /** `image…` is an image; anything else is a file. */
  readonly type: string
  readonly url?: string
  /** base64 */
  readonly data?: string
}

export interface CaseTarget {
  readonly provider: string
  readonly model: string
  readonly url: string
}

export interface CaseRequest {
  readonly url: string
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly provider?: string
  readonly model?: string
  readonly fallback?: readonly CaseTarget[]
  readonly attachments?: readonly CaseAttachment[]
  readonly labels?: Readonly<Record<string, string>>
  readonly dataClass?: string | readonly string[]
  /** Name of a policy of the file that goes with the request. */
  readonly policy?: string
  readonly text?: string
  readonly rule?: CaseRule
  readonly rules?: readonly CaseRule[]
  readonly connect?: unknown
  /** A connection that is open already, approved under another policy of the file. */
  readonly reusedConnection?: { readonly approvedUnder: string; readonly address?: string }
  readonly proxy?: unknown
  readonly options?: Readonly<Record<string, unknown>>
}

/** What the outside does. */
export interface CaseWorld {
  readonly dns?: readonly (readonly string[])[]
  readonly peer?: string
  readonly env?: Readonly<Record<string, string>>
  readonly responses?: readonly ScriptedAnswer[]
}

export interface PolicyCase {
  readonly id: string
  /** A policy of the file by its name, or one that stands in the case itself. */
  readonly policy: string | CasePolicy
  readonly request: CaseRequest
  readonly world?: CaseWorld
  readonly expect: 'allow' | 'deny'
  readonly reason: string
  readonly note?: string
}

/** A policy of the file: a document without name, that may extend another one. */
export type CasePolicy = Readonly<Record<string, unknown>>

export interface CaseFile {
  readonly policies: Readonly<Record<string, CasePolicy>>
  readonly cases: readonly PolicyCase[]
}

/** @throws when the file is not there or no list of cases */
export function readCaseFile(path: string): CaseFile {
  const file = JSON.parse(readFileSync(path, 'utf8')) as Partial<CaseFile>
  if (!file.policies || !Array.isArray(file.cases)) throw new Error(`${path} holds no policies and cases`)
  return { policies: file.policies, cases: file.cases }
}

/** The document of a policy with what it extends, section by section. */
export function resolvePolicy(
  policies: CaseFile['policies'],
  given: string | CasePolicy,
  seen: readonly unknown[] = [],
): CasePolicy {
  const own = typeof given !== 'string' ? given : Object.hasOwn(policies, given) ? policies[given] : undefined
  if (!own || seen.includes(given))
    throw new Error(
      `the file has no policy '${typeof given === 'string' ? given : 'of its own'}', or it extends itself`,
    )
  const { extends: base, ...sections } = own
  return typeof base === 'string' ? { ...resolvePolicy(policies, base, [...seen, given]), ...sections } : sections
}

/** A policy that looks for personal data needs a masker, which no file can hold. */
export function createCasePolicy(name: string, sections: CasePolicy): Policy {
  const { data } = sections
  const isPlain = typeof data === 'object' && data !== null && !('masker' in data)
  return definePolicy({ name, ...sections, ...(isPlain && { data: { ...data, masker: russianMasker() } }) })
}
