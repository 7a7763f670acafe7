import { defineConfig } from 'vitest/config'

// Workspace packages resolve to their sources: nothing has to be built for the tests.
const conditions = ['@shlyuz/source', 'node', 'import', 'module', 'default']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    testTimeout: 20_000,
    hookTimeout: 20_000,
    projects: [
      { extends: true, test: { name: 'unit', include: ['packages/*/src/**/*.test.ts'] } },
      { extends: true, test: { name: 'suite', include: ['test/**/*.test.ts'] } },
    ],
  },
})
