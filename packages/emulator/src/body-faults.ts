import { bodyBytes, isStreamed, type Answer, type StreamedAnswer } from './answer.ts'
import type { BodyStep } from './body.ts'
import type { Dialect } from './dialect.ts'
import type { BigBodyFault, Fault } from './faults.ts'

const fillerSize = 65_536

/** The answer with what goes wrong inside its body. */
export function applyBodyFaults(answer: Answer, faults: readonly Fault[], dialect: Dialect): Answer {
  return faults.reduce((changed, fault) => applyBodyFault(changed, fault, dialect), answer)
}

function applyBodyFault(answer: Answer, fault: Fault, dialect: Dialect): Answer {
  switch (fault.kind) {
    case 'stall':
      return fault.after === 'request' ? answer : cutBody(answer, pieceCount(fault), { do: 'stall' })
    case 'reset':
    case 'close':
      return cutBody(answer, pieceCount(fault), { do: 'break', how: fault.kind })
    case 'truncate':
      return withoutLength(cutBody(answer, fault.pieces ?? 1))
    case 'garbage':
      return garble(answer, fault.pieces ?? 1, dialect)
    case 'error-event':
      return cutBody(answer, fault.pieces ?? 1, {
        do: 'write',
        data: dialect.errorPiece(fault.status ?? 503, fault.message),
      })
    case 'big-body':
      return makeBig(answer, fault, dialect)
    case 'split':
      return splitBody(answer, fault.bytes ?? 1)
    default:
      return answer
  }
}

function pieceCount(fault: { readonly after: string; readonly pieces?: number }): number {
  return fault.after === 'headers' ? 0 : (fault.pieces ?? 1)
}

/** Keeps the beginning of the body up to so many pieces of content, then takes one last step. */
function cutBody(answer: Answer, pieces: number, last?: BodyStep): StreamedAnswer {
  const whole = inSteps(answer)
  return { ...whole, body: [...firstPieces(whole.body, pieces), ...(last === undefined ? [] : [last])] }
}

function firstPieces(steps: readonly BodyStep[], pieces: number): BodyStep[] {
  let seen = 0
  const kept: BodyStep[] = []
  for (const step of steps) {
    if (seen >= pieces) break
    if (step.do === 'run') continue
    kept.push(step)
    if (step.do === 'write' && step.content === true) seen += 1
  }
  return kept
}

function garble(answer: Answer, pieces: number, dialect: Dialect): Answer {
  if (!isStreamed(answer)) return cutBody(withoutLength(answer), 1, { do: 'write', data: '\u0000}{' })
  const steps = answer.body
  const kept = firstPieces(steps, pieces)
  const lastKept = kept.at(-1)
  const rest = lastKept === undefined ? steps : steps.slice(steps.indexOf(lastKept) + 1)
  return { ...answer, body: [...kept, { do: 'write', data: dialect.brokenPiece }, ...rest] }
}

function makeBig(answer: Answer, fault: BigBodyFault, dialect: Dialect): Answer {
  const filler = new Uint8Array(fillerSize).fill(0x61)
  const body: BodyStep[] = [{ do: 'write', data: dialect.endlessPiece(isStreamed(answer)) }]
  for (let left = fault.bytes; left > 0; left -= fillerSize) {
    body.push({ do: 'write', data: left < fillerSize ? filler.subarray(0, left) : filler })
  }
  return { ...answer, status: fault.status ?? answer.status, body }
}

function splitBody(answer: Answer, bytes: number): Answer {
  const whole = inSteps(answer)
  return { ...whole, body: whole.body.flatMap((step) => splitStep(step, bytes)) }
}

function splitStep(step: BodyStep, bytes: number): BodyStep[] {
  if (step.do !== 'write') return [step]
  const data = typeof step.data === 'string' ? Buffer.from(step.data) : step.data
  const steps: BodyStep[] = []
  for (let start = 0; start < data.length; start += bytes) {
    steps.push({ do: 'write', data: data.subarray(start, start + bytes) }, { do: 'wait', ms: 0 })
  }
  return steps
}

/** The answer as steps; a whole body becomes two pieces of content and keeps its `content-length`. */
function inSteps(answer: Answer): StreamedAnswer {
  if (isStreamed(answer)) return answer
  const bytes = bodyBytes(answer)
  const middle = Math.ceil(bytes.length / 2)
  return {
    ...answer,
    headers: { 'content-length': String(bytes.length), ...answer.headers },
    body: [
      { do: 'write', data: bytes.subarray(0, middle), content: true },
      { do: 'write', data: bytes.subarray(middle), content: true },
    ],
  }
}

/** Makes the length of the body unknown, so that it ends in order wherever it ends. */
function withoutLength(answer: Answer): StreamedAnswer {
  const whole = inSteps(answer)
  const { 'content-length': _, ...headers } = whole.headers ?? {}
  return { ...whole, headers }
}
