import { readFileSync } from 'node:fs'
import { definePolicy, type Policy } from '@shlyuz/core'
import type { ScriptedAnswer } from './loopback.ts'

/** What an own rule of a case does when it is asked. */
export type CaseRule =
  | string
  | {
      readonly throws?: boolean
      readonly rejects?: boolean
      readonly hangs?: boolean
      readonly async?: boolean
      readonly returns?: unknown
      readonly timeLimitMs?: number
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
  readonly attachments?: readonly { readonly type: string; readonly url: string }[]
  readonly labels?: Readonly<Record<string, string>>
  readonly text?: string
  readonly rule?: CaseRule
  readonly rules?: readonly CaseRule[]
  readonly connect?: unknown
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
  readonly policy: string
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
export function resolvePolicy(policies: CaseFile['policies'], name: string, seen: readonly string[] = []): CasePolicy {
  const own = Object.hasOwn(policies, name) ? policies[name] : undefined
  if (!own || seen.includes(name)) throw new Error(`the file has no policy '${name}', or it extends itself`)
  const { extends: base, ...sections } = own
  return typeof base === 'string' ? { ...resolvePolicy(policies, base, [...seen, name]), ...sections } : sections
}

export function createCasePolicy(name: string, sections: CasePolicy): Policy {
  return definePolicy({ name, ...sections })
}
