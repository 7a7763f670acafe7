// Everybody who is measured. A contender is made by `create(setup)` and has
// `generate(signal) → the text`, `stream(onText, signal)` and `close()`.

/** @typedef {{ name: string, load: () => Promise<Function>, shape?: string, with?: string[], signal?: 'own' | 'shared' | 'none' }} Contender */

const byHand = (name) => async () => (await import('./by-hand.mjs'))[name]
const peer = (name) => async () => (await import('../../compare/bench/peers.mjs'))[name]
const shlyuz = async () => (await import('./shlyuz.mjs')).shlyuz

/** @type {Record<string, Contender>} */
export const contenders = {
  bare: { name: 'bare (undici request)', load: byHand('bare') },
  // Once more, against itself: what is left of a difference is noise.
  same: { name: 'bare again (A/A)', load: byHand('bare') },
  floor: { name: 'floor (undici dispatch)', load: byHand('floor') },
  shlyuz: { name: 'Shlyuz', load: shlyuz, signal: 'own' },
  before: { name: 'Shlyuz before', load: shlyuz, signal: 'own', isBefore: true },
  audit: { name: 'Shlyuz, audit on', load: shlyuz, signal: 'own', with: ['audit'] },
  masking: { name: 'Shlyuz, masking on', load: shlyuz, signal: 'own', with: ['masking'] },
  'shlyuz-gigachat': { name: 'Shlyuz (gigachat)', load: shlyuz, signal: 'own', shape: 'gigachat' },
  'no-signal': { name: 'Shlyuz, no signal', load: shlyuz },
  'shared-signal': { name: 'Shlyuz, one signal', load: shlyuz, signal: 'shared' },
  reading: { name: 'reading the bytes', load: byHand('reading'), shape: 'yandexgpt' },
  naive: { name: 'parsing each line', load: byHand('naive'), shape: 'yandexgpt' },
  'shlyuz-yandexgpt': { name: 'Shlyuz (yandexgpt)', load: shlyuz, signal: 'own', shape: 'yandexgpt' },
  openai: { name: 'openai', load: peer('openai'), package: 'openai' },
  'ai-sdk': { name: 'AI SDK', load: peer('aiSdk'), package: 'ai' },
  'langchain-openai': { name: '@langchain/openai', load: peer('langchainOpenai'), package: '@langchain/openai' },
  gigachat: { name: 'gigachat', load: peer('gigachat'), shape: 'gigachat', package: 'gigachat' },
  'langchain-gigachat': {
    name: 'langchain-gigachat',
    load: peer('langchainGigachat'),
    shape: 'gigachat',
    package: 'langchain-gigachat',
  },
}

export const peers = ['openai', 'ai-sdk', 'langchain-openai', 'gigachat', 'langchain-gigachat']
