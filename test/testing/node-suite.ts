import { test } from 'node:test'
import { defineWatchedSuite } from './watched-suite.ts'

// Run by `node --test`, see no-egress.test.ts.
defineWatchedSuite((title, run) => void test(title, run))
