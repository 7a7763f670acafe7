import { STATUS_CODES } from 'node:http'
import { randomUUID } from 'node:crypto'
import { Refusal, type WholeAnswer } from '../answer.ts'

/** gRPC codes by HTTP status, as the error table of the service has them. */
const grpcCodes: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  429: 8,
  499: 1,
  500: 13,
  501: 12,
  503: 14,
  504: 4,
}

const usualWords: Readonly<Record<number, string>> = {
  400: 'Invalid argument',
  401: 'Token is invalid or has expired.',
  403: 'Permission denied',
  404: 'Not found',
  429: 'ai.textGenerationCompletionSessionsCount.count gauge quota limit exceed: allowed 10 requests',
  500: 'Internal error',
  501: 'Not implemented',
  503: 'service is temporarily unavailable',
  504: 'Deadline exceeded',
}

/** The envelope of the model methods: `{"error": {grpcCode, httpCode, message, httpStatus, details}}`. */
export function modelError(status: number, message?: string): WholeAnswer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(errorEnvelope(status, message))}\n` }
}

/** The same as an object, also for a line in the middle of a stream. */
export function errorEnvelope(status: number, message: string = usualWords[status] ?? 'Error'): object {
  return {
    error: {
      grpcCode: grpcCodes[status] ?? 2,
      httpCode: status,
      message,
      httpStatus: STATUS_CODES[status] ?? '',
      details: [],
    },
  }
}

/** google.rpc.Status, the general form of the cloud: IAM and operations. */
export function cloudError(status: number, message: string = usualWords[status] ?? 'Error'): WholeAnswer {
  const body = {
    code: grpcCodes[status] ?? 2,
    message,
    details: [{ '@type': 'type.googleapis.com/google.rpc.RequestInfo', requestId: randomUUID() }],
  }
  return { status, contentType: 'application/json', body: JSON.stringify(body) }
}

/** How a method says no: {@link refuse} of the models, {@link refuseAsCloud} of everything else. */
export type Refuse = (status: number, message: string, reason?: string) => Refusal

/** A method of the cloud says no, in its general form. */
export function refuseAsCloud(status: number, message: string, reason: string = message): Refusal {
  return new Refusal(cloudError(status, message), reason)
}

/** A model method says no. `reason` is for the record of the request when the message does not tell. */
export function refuse(status: number, message: string, reason: string = message): Refusal {
  return new Refusal(modelError(status, message), reason)
}
