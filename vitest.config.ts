import { defineConfig } from 'vitest/config'

// Workspace packages resolve to their sources: nothing has to be built for the tests.
const conditions = ['@shlyuz/source', 'node', 'import', 'default']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
})
