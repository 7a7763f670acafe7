// What the types promise, checked by the compiler alone: this file is never run.
import { createClient, type GenerateTextResult, type Provider, type TextOptions } from './index.ts'

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
