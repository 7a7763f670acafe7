import { plainWords } from './mentions.ts'

/** How many places of the vector a feature touches: with one, two features that meet by chance would weigh a lot. */
const placesOfFeature = 4

/** Weights of a word's beginnings, by their letters, and of all its trigrams together: only the endings change. */
const beginnings = [
  { letters: 3, weight: 0.7 },
  { letters: 5, weight: 0.8 },
] as const
const trigramsWeight = 0.7
/** Of a word's first three consonants: vowels change within roots («спит», «спят»). */
const consonantsWeight = 0.6

/** Short words that are in every text say nothing about it. */
const wordsOfNoSubject = new Set(
  (
    'и в во на не но а по за к ко о об от до из с со у для или что как это то же бы ли при над под без ' +
    'the a an of in on at to for and or is are was were be it this that with from by'
  ).split(' '),
)

/**
 * A vector for a text: texts that share words, or parts of words, in Russian or any other language, lie near each
 * other. Made by hashing the beginnings of words and trigrams of letters with signs, so it knows no synonyms. The same text gives
 * the same vector; a text without letters and digits is hashed whole, and the empty text is all zeros. The length is
 * not normalised: {@link normalise} does that.
 *
 * @param dimensions how many numbers, from 1
 */
export function embedText(text: string, dimensions: number): number[] {
  const vector = Array.from({ length: dimensions }, () => 0)
  const words = plainWords(text).match(/[\p{L}\p{N}]+/gu) ?? []
  if (words.length === 0 && text !== '') addFeature(vector, text, 1)
  for (const word of words) addWord(vector, word)
  return vector
}

/** The vector with a length of 1; zeros stay zeros. */
export function normalise(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector)
  return vector.map((value) => (length === 0 ? 0 : value / length))
}

function addWord(vector: number[], word: string): void {
  const importance = wordsOfNoSubject.has(word) ? 0.1 : 1
  for (const { letters, weight } of beginnings) {
    addFeature(vector, `beginning ${letters} ${word.slice(0, letters)}`, weight * importance)
  }
  addFeature(vector, `consonants ${word.replace(/[аеиоуыэюяьъ]/gu, '').slice(0, 3)}`, consonantsWeight * importance)
  const trigrams = trigramsOf(word)
  for (const trigram of trigrams) {
    addFeature(vector, `part ${trigram}`, (trigramsWeight * importance) / Math.sqrt(trigrams.length))
  }
}

function trigramsOf(word: string): string[] {
  const letters = ['^', ...word, '$']
  return letters.slice(2).map((_, index) => letters.slice(index, index + 3).join(''))
}

function addFeature(vector: number[], feature: string, weight: number): void {
  let hash = hashFeature(feature)
  for (let place = 0; place < placesOfFeature; place++) {
    hash = mix(hash + place)
    const index = hash % vector.length
    const sign = mix(hash) % 2 === 0 ? 1 : -1
    vector[index] = (vector[index] ?? 0) + (sign * weight) / Math.sqrt(placesOfFeature)
  }
}

/** FNV-1a: a text of thousands of words has tens of thousands of features, too many for a cryptographic digest. */
function hashFeature(text: string): number {
  let hash = 0x81_1c_9d_c5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01_00_01_93)
  }
  return hash >>> 0
}

/** The finishing steps of MurmurHash3: without them near hashes would touch near places. */
function mix(hash: number): number {
  let mixed = Math.imul((hash ^ (hash >>> 16)) >>> 0, 0x85_eb_ca_6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2_b2_ae_35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
