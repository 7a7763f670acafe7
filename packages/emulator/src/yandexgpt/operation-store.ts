import { cloudId } from '../credentials.ts'

/** How an operation ends: in the JSON text of a message, `@type` included, or in an error. */
export type OperationOutcome = { readonly response: string } | { readonly error: OperationError }

/** A google.rpc.Status without details. */
export interface OperationError {
  readonly code: number
  readonly message: string
}

/** What is known of an operation when it begins. */
export interface NewOperation {
  /** First letters of the id: `d7q` text, `fbv` images (recorded). */
  readonly prefix: 'd7q' | 'fbv'
  readonly description: string
  /** Who began it, and the clock runs; absent for images, whose operations have no times (documented). */
  readonly createdBy?: string
  /** How often it is looked at and not done yet. */
  readonly polls: number
  readonly outcome: OperationOutcome
}

interface Operation extends Omit<NewOperation, 'outcome'> {
  readonly id: string
  readonly createdAt: string
  outcome: OperationOutcome
  modifiedAt: string
  pollsLeft: number
  done: boolean
}

/** gRPC's code for what was cancelled. */
const cancelled: OperationError = { code: 1, message: 'Operation was cancelled' }

/** The operations of a folder. They work only while somebody looks: each is done after so many looks. */
export class OperationStore {
  readonly #operations = new Map<string, Operation>()

  /** Begins an operation. @returns its JSON text, not done */
  begin(operation: NewOperation): string {
    const id = cloudId(operation.prefix)
    const createdAt = now()
    const begun = { ...operation, id, createdAt, modifiedAt: createdAt, pollsLeft: operation.polls, done: false }
    this.#operations.set(id, begun)
    return encode(begun)
  }

  /** Looks at an operation. @returns its JSON text; `undefined` when there is none of the id */
  look(id: string): string | undefined {
    const operation = this.#operations.get(id)
    if (operation === undefined) return undefined
    if (operation.pollsLeft <= 0) finish(operation)
    operation.pollsLeft -= 1
    return encode(operation)
  }

  /** Cancels an operation that is not done yet. @returns as {@link look} */
  cancel(id: string): string | undefined {
    const operation = this.#operations.get(id)
    if (operation === undefined) return undefined
    if (!operation.done) {
      operation.outcome = { error: cancelled }
      finish(operation)
    }
    return encode(operation)
  }

  clear(): void {
    this.#operations.clear()
  }
}

function finish(operation: Operation): void {
  if (operation.done) return
  operation.done = true
  operation.modifiedAt = now()
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z')
}

/** The response stands inline, without `result` around it. */
function encode({ id, description, createdBy, createdAt, modifiedAt, done, outcome }: Operation): string {
  const hasTimes = createdBy !== undefined
  const head = JSON.stringify({
    id,
    description,
    createdAt: hasTimes ? createdAt : null,
    createdBy: createdBy ?? '',
    modifiedAt: hasTimes ? modifiedAt : null,
    done,
    metadata: null,
  })
  if (!done) return head
  const [name, value] =
    'error' in outcome ? ['error', JSON.stringify({ ...outcome.error, details: [] })] : ['response', outcome.response]
  return `${head.slice(0, -1)},"${name}":${value}}`
}
