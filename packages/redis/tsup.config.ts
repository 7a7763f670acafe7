import { defineConfig } from 'tsup'

// Declarations come from `tsc -b`.
export default defineConfig({
  entry: ['src/index.ts'],
  format: 'esm',
  target: 'node22',
  platform: 'node',
  sourcemap: true,
  dts: false,
  clean: false,
  silent: true,
})
