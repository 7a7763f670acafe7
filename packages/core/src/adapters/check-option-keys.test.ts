import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { checkOptionKeys } from './check-option-keys.ts'

function refusal(given: object, known: readonly string[], others?: Readonly<Record<string, string>>): string[] {
  try {
    checkOptionKeys('vendor(…)', given, known, others)
  } catch (error) {
    if (error instanceof ConfigurationError) return [error.message, error.hint ?? '']
  }
  throw new Error('nothing was refused')
}

describe('an option that an adapter does not know', () => {
  it('is named, with those that it knows', () => {
    expect(refusal({ colour: 1 }, ['name', 'baseUrl'])).toEqual([
      "vendor(…): unknown option 'colour'",
      "Уберите 'colour': известны name, baseUrl.",
    ])
    expect(refusal({ colour: 1 }, [])[1]).toBe("Уберите 'colour': здесь нет ни одного.")
  })

  it('is answered with the name that was meant', () => {
    expect(refusal({ base_url: 1 }, ['baseUrl'])).toEqual([
      "vendor(…): unknown option 'base_url'; use baseUrl",
      "Замените 'base_url' на baseUrl.",
    ])
    expect(refusal({ tools: 1 }, [], { tools: 'tools of the call itself, or builtInTools' })).toEqual([
      "vendor(…): unknown option 'tools'; use tools of the call itself, or builtInTools",
      "Замените 'tools' на tools самого вызова или builtInTools.",
    ])
  })

  it('is looked up among own names alone', () => {
    expect(refusal({ toString: 1 }, ['name'])[0]).toBe("vendor(…): unknown option 'toString'")
  })
})
