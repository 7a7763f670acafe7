const lifetimeMs = 30_000

/**
 * The service's prompt cache: tokens of a repeated beginning cost nothing for some 30 seconds after the last hit, if
 * `X-Session-ID` is the same (measured by the gpt2giga project on GigaChat-2-Max).
 */
export class PromptCache {
  readonly #sessions = new Map<string, { readonly tokens: readonly string[]; readonly at: number }>()

  /** How many tokens at the beginning of the prompt this session has sent before. Remembers the prompt. */
  reuse(session: string, tokens: readonly string[]): number {
    const known = this.#sessions.get(session)
    this.#sessions.set(session, { tokens, at: Date.now() })
    if (known === undefined || known.at < Date.now() - lifetimeMs) return 0
    const differs = tokens.findIndex((token, index) => token !== known.tokens[index])
    return differs === -1 ? tokens.length : differs
  }

  clear(): void {
    this.#sessions.clear()
  }
}
