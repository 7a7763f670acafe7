/** Names whose stem changes. */
const changedStems: Readonly<Record<string, string>> = {
  лев: 'льв',
  павел: 'павл',
  петр: 'петр',
  любовь: 'любов',
}

/**
 * The singular case forms of a first name, in lower case with `е` for `ё`. A form more than the language has costs
 * nothing, so `ы` and `и`, `ой` and `ей` are not told apart.
 */
export function declineFirstName(name: string): readonly string[] {
  const nominative = name.toLowerCase().replaceAll('ё', 'е')
  const changed = changedStems[nominative]
  const stem = nominative.slice(0, -1)
  switch (nominative.at(-1)) {
    case 'а':
      return [nominative, ...['ы', 'и', 'е', 'у', 'ой', 'ою', 'ей'].map((ending) => stem + ending)]
    case 'я':
      return [nominative, ...['и', 'е', 'ю', 'ей', 'ею'].map((ending) => stem + ending)]
    case 'й':
      return [nominative, ...['я', 'ю', 'ем', 'е', 'и'].map((ending) => stem + ending)]
    case 'ь': {
      const feminine = changed ?? stem
      return [nominative, `${stem}ью`, ...['и', 'я', 'ю', 'ем', 'е'].map((ending) => feminine + ending)]
    }
    case 'о':
    case 'е':
    case 'и':
    case 'у':
    case 'ю':
    case 'э':
    case 'ы':
      return [nominative]
    default: {
      const hard = changed ?? shortenStem(nominative)
      return [nominative, ...['а', 'у', 'ом', 'ем', 'е'].map((ending) => hard + ending)]
    }
  }
}

/** `Толик`, `Игорёк` → `игорьк`: the vowel of the fond ending falls out. */
function shortenStem(nominative: string): string {
  return /[лрнтв]ек$/.test(nominative) && nominative.length > 4 ? `${nominative.slice(0, -2)}ьк` : nominative
}
