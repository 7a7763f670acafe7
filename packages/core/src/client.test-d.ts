// What the types promise, checked by the compiler alone: this file is never run.
import { z } from 'zod'
import {
  createClient,
  tool,
  type ExtraOperation,
  type GenerateTextResult,
  type ProviderClient,
  type Provider,
  type TextOptions,
} from './index.ts'

declare const one: Provider<'vendor', 'first', 'small' | 'large', { readonly tier?: 'a' | 'b' }>
declare const two: Provider<'other', 'second', 'only', { readonly speed?: number }>

const client = createClient({ providers: [one, two] })
type Options = Parameters<typeof client.generateText>[0]

// Known models complete; any other string is accepted, and judged at the call.
type Known = Extract<Options['model'], 'first/small' | 'first/large' | 'second/only'>
export const known: readonly Known[] = ['first/small', 'first/large', 'second/only']
export const unknown: Options['model'] = 'first/some-new-model'

// Options of a provider are its own.
export const good: Options = { model: 'first/small', prompt: 'x', providerOptions: { vendor: { tier: 'a' } } }
// @ts-expect-error -- a value that the vendor does not know
export const badValue: Options = { model: 'first/small', prompt: 'x', providerOptions: { vendor: { tier: 'c' } } }
// @ts-expect-error -- a vendor that is not configured
export const badVendor: Options = { model: 'first/small', prompt: 'x', providerOptions: { third: {} } }
// @ts-expect-error -- a neighbour of ours
export const badName: Options = { model: 'first/small', prompt: 'x', maxTokens: 5 }
// @ts-expect-error -- a provider that is not configured
client.provider('third')

// Results hold no `any`.
type IsAny<T> = 0 extends 1 & T ? true : false
export const resultIsTyped: IsAny<GenerateTextResult[keyof GenerateTextResult]> = false
export const optionsAreTyped: IsAny<TextOptions<readonly Provider[]>['model']> = false
export const text: Promise<string> = client.generateText(good).then((answer) => answer.text)

// Tools are typed by their schemas, outputs by theirs.
const weather = tool({
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => {
    const typed: string = city
    return { typed }
  },
})
export const withTools = client.generateText({ ...good, tools: { weather }, toolChoice: { tool: 'weather' } })
// @ts-expect-error -- no tool of that name
export const badChoice = client.generateText({ ...good, tools: { weather }, toolChoice: { tool: 'wether' } })
export const topic: Promise<string> = client
  .generateText({ ...good, output: z.object({ topic: z.string() }) })
  .then(({ output }) => output.topic)
export const streamed: Promise<number> = client
  .streamText({ ...good, output: z.object({ sum: z.number() }) })
  .result.then(({ output }) => output.sum)
export const plain: Promise<undefined> = client
  .generateText({ model: 'first/small', prompt: 'x' })
  .then(({ output }) => output)
export const unvalidated: Promise<unknown> = client
  .generateText({ ...good, output: { type: 'object' } })
  .then(({ output }) => output)
tool({
  inputSchema: z.object({ city: z.string() }),
  // @ts-expect-error -- the schema gives a string
  execute: ({ city }: { city: number }) => city,
})

// Operations of one provider alone are typed by its extras.
interface Balance {
  readonly rubles: number
}
declare const three: Provider<
  'third',
  'third',
  'only',
  undefined,
  {
    readonly balance: ExtraOperation<undefined, Balance>
    readonly ask: ExtraOperation<{ readonly id: string }, string>
  }
>
const extended = createClient({ providers: [three, one] })
export const balance: Promise<Balance> = extended
  .provider('third')
  .balance()
  .then(({ data }) => data)
export const asked: Promise<string> = extended
  .provider('third')
  .ask({ id: 'x' })
  .then(({ data }) => data)
// @ts-expect-error -- its input is required
void extended.provider('third').ask()
// The other provider, whose type says nothing of extras, takes any name and no input.
export const others: ProviderClient = extended.provider('first')
type IsNever<T> = [T] extends [never] ? true : false
export const othersAreTyped: IsNever<typeof others> = false
