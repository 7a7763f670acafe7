import type { Usage } from '../vocabulary/usage.ts'

const figures = ['inputTokens', 'cachedInputTokens', 'outputTokens', 'reasoningTokens', 'totalTokens'] as const

/** The tokens of several requests. A figure that one of those with usage did not state is absent: no sum is known. */
export function sumUsage(all: readonly Usage[]): Usage {
  if (all.length === 1) return all[0] as Usage
  const sum: { -readonly [Figure in keyof Usage]: Usage[Figure] } = {}
  for (const figure of figures) {
    const stated = all.map((usage) => usage[figure]).filter((count) => count !== undefined)
    const isSum =
      stated.length === all.length ||
      ((figure === 'cachedInputTokens' || figure === 'reasoningTokens') && stated.length > 0)
    if (isSum && stated.length > 0) sum[figure] = stated.reduce((a, b) => a + b, 0)
  }
  return sum
}
