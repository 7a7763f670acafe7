import type { Fault, FaultPoint } from './faults.ts'
import type { Operation, Service } from './service.ts'

/** Faults that wait for their request. */
export class FaultQueue {
  #waiting: { readonly fault: Fault; skip: number; left: number }[] = []

  /** Queues a fault. @returns a function that takes it back */
  add(fault: Fault): () => void {
    const entry = { fault, skip: fault.skip ?? 0, left: fault.times ?? 1 }
    this.#waiting.push(entry)
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry)
    }
  }

  /**
   * The faults of a request, oldest first: at most one of a kind, and besides `delay` and `split` at most one.
   */
  takeForRequest(service: Service, operation: Operation): Fault[] {
    const taken: Fault[] = []
    this.#take((fault) => {
      if (fault.service !== service || isAtConnect(fault)) return false
      if (fault.operation !== undefined && fault.operation !== operation) return false
      return !taken.some((other) => other.kind === fault.kind || (isWhole(other) && isWhole(fault)))
    }, taken)
    return taken
  }

  /** The fault of a new connection to an origin that serves these operations. */
  takeForConnection(
    service: Service,
    operations: readonly Operation[],
  ): (Fault & { kind: 'stall' | 'reset' | 'close' }) | undefined {
    const taken: Fault[] = []
    this.#take((fault) => {
      if (taken.length > 0 || fault.service !== service || !isAtConnect(fault)) return false
      return fault.operation === undefined || operations.includes(fault.operation)
    }, taken)
    return taken.find(isAtConnect)
  }

  clear(): void {
    this.#waiting = []
  }

  #take(matches: (fault: Fault) => boolean, taken: Fault[]): void {
    for (const entry of this.#waiting) {
      if (!matches(entry.fault)) continue
      if (entry.skip > 0) {
        entry.skip -= 1
      } else {
        entry.left -= 1
        taken.push(entry.fault)
      }
    }
    this.#waiting = this.#waiting.filter((entry) => entry.left > 0)
  }
}

/** Faults that may be joined with any other. */
function isWhole(fault: Fault): boolean {
  return fault.kind !== 'delay' && fault.kind !== 'split'
}

function isAtConnect(fault: Fault): fault is Fault & { kind: 'stall' | 'reset' | 'close'; after: FaultPoint } {
  return (fault.kind === 'stall' || fault.kind === 'reset' || fault.kind === 'close') && fault.after === 'connect'
}
