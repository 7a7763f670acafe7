import { JobError } from '../errors/job-error.ts'
import { OutputValidationError } from '../errors/output-validation-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import type { ShlyuzError } from '../errors/shlyuz-error.ts'
import { describePlaces } from '../output/describe-places.ts'
import { readOutputText, readOutputValue, type OutputReading } from '../output/read-output.ts'
import type { Receipt } from '../policy/receipt.ts'
import type { TextResult } from '../provider.ts'
import type { ResolvedSchema } from '../schemas/resolve-schema.ts'
import { ToolCallIds } from '../tools/tool-call-ids.ts'
import type { JobAnswer, JobItem, JobResult } from '../vocabulary/jobs.ts'
import type { ContentPart } from '../vocabulary/messages.ts'
import { calculateCost, sumCosts } from './calculate-cost.ts'
import { pricesOf } from './prices.ts'
import { readOutputCall } from './create-text-call.ts'
import type { JobPart, JobTicket } from './job-string.ts'
import { restorePart } from './mask-call.ts'
import type { OpenModelCall } from './run-call.ts'
import type { PlaceholderValues } from './seal-values.ts'
import { sumUsage } from './sum-usage.ts'
import { today } from './today.ts'

type RawItem = { readonly result: TextResult } | { readonly error: ShlyuzError }

/** Reads the answers of a job that is over, in their order; what is wrong with one is the error of that one alone. */
export class JobItemReader {
  readonly #items: JobItem<unknown>[] = []
  readonly #answers: JobAnswer<unknown>[] = []
  readonly #call: OpenModelCall
  readonly #ticket: JobTicket
  readonly #schema: ResolvedSchema | undefined
  readonly #policy: Receipt
  readonly #values: readonly PlaceholderValues[]

  constructor(
    call: OpenModelCall,
    ticket: JobTicket,
    schema: ResolvedSchema | undefined,
    policy: Receipt,
    values: readonly PlaceholderValues[],
  ) {
    this.#call = call
    this.#ticket = ticket
    this.#schema = schema
    this.#policy = policy
    this.#values = values
  }

  async read({ count }: JobPart, items: readonly RawItem[]): Promise<void> {
    for (let at = 0; at < count; at++) {
      const item = items[at] ?? { error: createMissingError() }
      try {
        if ('error' in item) throw item.error
        const answer = await this.#readAnswer(this.#restore(item.result))
        this.#answers.push(answer)
        this.#items.push(Object.freeze({ status: 'done', answer }))
      } catch (error) {
        this.#items.push(Object.freeze({ status: 'failed', error: this.#describe(error as ShlyuzError) }))
      }
    }
  }

  result(): JobResult<unknown> {
    const cost = sumCosts(this.#answers.map((answer) => answer.cost))
    return Object.freeze({
      items: Object.freeze(this.#items),
      usage: sumUsage(this.#answers.map(({ usage }) => usage)),
      ...(cost && { cost }),
      policy: this.#policy,
    })
  }

  /** The answer to the next request, with the values in place of its placeholders. */
  #restore(result: TextResult): TextResult {
    const values = this.#values[this.#items.length]
    if (!values || Object.keys(values).length === 0) return result
    const { masker } = this.#call.context.guard
    if (!masker) {
      throw new JobError('the answers of this job hold placeholders, and the policy names no masker to restore them', {
        code: 'job.key',
        hint: 'Создайте клиента с той же политикой маскирования: personalData() из @shlyuz/personal-data.',
      })
    }
    const session = masker.open(values)
    const isJson = this.#ticket.output === 'native'
    return { ...result, content: result.content.map((part) => restorePart(part, session, isJson)) }
  }

  async #readAnswer(result: TextResult): Promise<JobAnswer<unknown>> {
    const { context, identity, record, ref } = this.#call
    record.judgeAnswer(identity, result.modelId)
    const ids = new ToolCallIds([])
    const given = result.content.map((part) => (part.type === 'tool-call' ? ids.assign(part) : part))
    const { content, output } = await this.#readOutput(given, result)
    const prices = pricesOf(context.services.prices, context.provider, ref, 'deferredPrices')
    const cost = calculateCost(result.usage, prices, today())
    return Object.freeze({
      text: joinText(content),
      content: Object.freeze(content),
      finishReason: content === given || result.finishReason !== 'tool-calls' ? result.finishReason : 'stop',
      usage: result.usage,
      ...(cost && { cost }),
      output,
      warnings: Object.freeze([...(result.warnings ?? [])]),
    })
  }

  /** The output as it was asked for. An answer that asks for a tool of the caller's has none yet. */
  async #readOutput(
    content: readonly ContentPart[],
    { finishReason }: TextResult,
  ): Promise<{ readonly content: readonly ContentPart[]; readonly output: unknown }> {
    const schema = this.#schema
    const calls = content.filter((part) => part.type === 'tool-call')
    const { outputTool } = this.#ticket
    const call = calls.find(({ toolName }) => toolName === outputTool)
    if (!schema || (calls.length > 0 && !call)) return { content, output: undefined }
    let text = joinText(content)
    let reading: OutputReading
    if (call) {
      const value = readOutputCall(call.input, schema)
      text = call.invalidInput ?? JSON.stringify(value) ?? ''
      reading =
        call.invalidInput === undefined
          ? await readOutputValue(value, schema)
          : { valid: false, issues: ['the arguments are not JSON'] }
    } else reading = await readOutputText(text, schema)
    if (reading.valid) return { content: call ? [{ type: 'text', text }] : content, output: reading.value }
    const wasCut = finishReason === 'length' || finishReason === 'content-filter'
    const why = wasCut ? `it ended early (${finishReason})` : describePlaces(reading.issues, schema.jsonSchema)
    throw new OutputValidationError(`the output does not fit its schema: ${why}`, {
      code: wasCut ? 'output.incomplete' : 'output.invalid',
      hint: 'Ответ не подошёл под схему, а в отложенном задании поправить его нельзя: текст — в error.text, замечания — в error.issues.',
      text,
      issues: reading.issues,
    })
  }

  #describe(error: ShlyuzError): ShlyuzError {
    error.provider ??= this.#call.context.provider.name
    error.model ??= this.#ticket.model
    error.policy ??= this.#policy
    return error
  }
}

function joinText(content: readonly ContentPart[]): string {
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

function createMissingError(): ProtocolError {
  return new ProtocolError('the service gave no answer to this request of the job', {
    code: 'response.shape',
    hint: 'В ответе сервиса нет этого запроса: отправьте его заново.',
  })
}
