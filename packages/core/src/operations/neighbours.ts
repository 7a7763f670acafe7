/** What is said of an unknown name: the option that is meant, or what to do instead of it. */
export type Neighbour = { readonly option: string } | { readonly message: string; readonly hint: string }

/** Our options, and the names people write for them by habit from other libraries, in lower case without `_` and `-`. */
const habits: Readonly<Record<string, string>> = {
  // Calls.
  instructions: 'system systemprompt systeminstruction systeminstructions systemmessage style',
  prompt: 'input inputs text query question content contents',
  messages: 'history chat chathistory conversation dialog messagelist',
  stop: 'stopsequences stopwords stopstrings stoptokens',
  tools: 'functions function toolset plugins',
  toolChoice: 'functioncall toolconfig forcedtool',
  parallelToolCalls: 'paralleltools paralleltooluse paralleltoolcall',
  maxSteps: 'stopwhen maxiterations maxturns maxtoolroundtrips maxroundtrips maxtoolcalls recursionlimit',
  onStep: 'onstepfinish onstepend onstepstart onstepresult',
  approve: 'toolapproval approval ontoolapproval onapproval confirm needsapproval requireapproval',
  output:
    'schema responseformat responseschema responsemodel jsonschema outputschema outputformat structuredoutput object experimentaloutput format json guidedjson',
  providerOptions: 'options providermetadata extrabody extraheaders headers body modelkwargs extra',
  labels: 'metadata tags experimentaltelemetry',
  signal: 'abortsignal abort aborter abortcontroller controller canceltoken cancellationtoken',
  retries: 'maxretries retry attempts maxattempts',
  timeout: 'timeoutms timeouts requesttimeout timeoutseconds deadline',
  model: 'provider modelid modelname engine modeluri',
  // Settings of a text.
  maxOutputTokens: 'maxtokens maxcompletiontokens maxnewtokens maxlength numpredict',
  temperature: 'temp',
  seed: 'randomseed',
  reasoningEffort: 'thinking effort thinkingbudget thinkinglevel reasoningmode reasoningoptions',
  // Embeddings, images and jobs.
  value: 'input inputs text query prompt content',
  values: 'input inputs text texts documents contents prompt prompts content',
  kind: 'type task tasktype inputtype texttype',
  dimensions: 'size dim dims length outputdimensionality',
  concurrency: 'maxparallelcalls parallel parallelism maxconcurrency',
  aspectRatio: 'size width height ratio resolution widthratio heightratio',
  requests: 'prompts items inputs input prompt messages batch tasks',
  pollMs: 'interval pollinterval pollintervalms every',
  // Tools.
  inputSchema: 'parameters params schema args arguments argsschema input jsonschema',
  execute: 'handler run func fn call function invoke callback action',
  needsApproval: 'requireapproval requiresapproval approval approve confirm humanintheloop',
  timeoutMs: 'timeout toolms',
  examples: 'fewshotexamples inputexamples',
  outputSchema: 'returns returnparameters response output',
  tool: 'name toolname function',
  // Messages and their parts.
  role: 'author from',
  content: 'text parts message contents',
  text: 'content value',
  image: 'data url imageurl file source path',
  data: 'file image document audio video url content source path inputaudio',
  mediaType: 'mimetype contenttype type mime',
  filename: 'name title',
  // Clients and limits of time.
  providers: 'provider adapters models',
  totalMs: 'timeout request requestms all overall',
  headersMs: 'response responsems',
}

interface Elsewhere extends Record<'message' | 'hint', string> {
  /** A known option by which the place is told. */
  readonly beside: string
  readonly names: string
}

/** What is no option at all: where it goes instead. */
const elsewhere: readonly Elsewhere[] = [
  {
    beside: 'maxSteps',
    names: 'file files image images attachment attachments experimentalattachments documents audio media',
    message: 'files are parts of messages',
    hint: "Файлы — части сообщения: messages: [{ role: 'user', content: [{ type: 'text', text: '…' }, { type: 'image', image: localFile('путь') }] }]; для документов и аудио { type: 'file', data: localFile('путь') }.",
  },
  {
    beside: 'role',
    names: 'file files image images attachment attachments experimentalattachments',
    message: 'files are parts of content',
    hint: "Файлы — части content: [{ type: 'text', text: '…' }, { type: 'image', image: localFile('путь') }]; для документов и аудио { type: 'file', data: localFile('путь') }.",
  },
  {
    beside: 'role',
    names: 'toolcalls functioncall toolinvocations',
    message: 'tool calls are parts of content, ready in responseMessages of a result',
    hint: "Вызовы — части content: { type: 'tool-call', toolCallId, toolName, input }; готовые сообщения даёт responseMessages результата.",
  },
  {
    beside: 'role',
    names: 'toolcallid name functionname',
    message: 'the result of a tool is a part of content',
    hint: "Результат инструмента: { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output }] }; иначе поле лишнее, уберите его.",
  },
  {
    beside: 'maxSteps',
    names: 'stream streaming',
    message: 'call client.streamText(…)',
    hint: 'Уберите stream и вызовите client.streamText(…) с теми же параметрами.',
  },
  {
    beside: 'maxSteps',
    names: 'onfinish onchunk ontoken ondelta ontext callbacks',
    message: 'read the parts of client.streamText(…), or await its result',
    hint: 'Читайте части: for await (const part of client.streamText(…)); итог — await stream.result или await generateText(…).',
  },
  {
    beside: 'model',
    names: 'models fallback fallbacks fallbackmodels',
    message: 'several models are one value: model: client.fallback([…])',
    hint: "Несколько моделей по очереди — model: client.fallback(['…', '…']); так умеют generateText и streamText.",
  },
  {
    beside: 'model',
    names: 'apikey key credentials token accesstoken baseurl folderid folder ca',
    message: 'keys and addresses belong to the adapter, in createClient({ providers })',
    hint: 'Ключи и адреса задаются адаптеру в createClient({ providers: [адаптер({ … })] }), а не вызову.',
  },
  {
    beside: 'providers',
    names: 'apikey key credentials token accesstoken baseurl folderid folder ca scope model',
    message:
      'keys, addresses and models are told to the adapters and the calls: createClient({ providers: [adapter({ … })] })',
    hint: 'Ключи и адреса задаются адаптеру: createClient({ providers: [адаптер({ … })] }); модель — каждому вызову.',
  },
  {
    beside: 'execute',
    names: 'name title id',
    message: 'the name of a tool is its key in tools',
    hint: 'Имя инструмента — его ключ: tools: { имя: tool({ … }) }; поле уберите.',
  },
  {
    beside: 'requests',
    names: 'temperature maxtokens maxoutputtokens instructions system reasoningeffort topp seed',
    message: 'settings of a text belong to each request',
    hint: 'Параметры текста задаются каждому запросу: requests: [{ prompt, temperature, … }].',
  },
  {
    beside: 'requests',
    names: 'maxsteps onstep approve',
    message: 'a deferred job runs no tools: their calls are given back in the answers',
    hint: 'Отложенное задание не исполняет инструменты: вызовы вернутся в ответах. Уберите параметр.',
  },
]

/** The option somebody meant by a name that is not known at this place. */
export function findNeighbour(key: string, known: readonly string[]): Neighbour | undefined {
  const word = plain(key)
  const option =
    known.find((name) => plain(name) === word) ?? known.find((name) => lists(habits, name) && holds(habits[name], word))
  if (option !== undefined) return { option }
  const other = elsewhere.find(({ beside, names }) => known.includes(beside) && holds(names, word))
  if (other) return { message: other.message, hint: other.hint }
  const near = findNear(word, known)
  return near === undefined ? undefined : { option: near }
}

function lists(table: object, name: string): boolean {
  return Object.hasOwn(table, name)
}

function holds(words: string | undefined, word: string): boolean {
  return words?.split(' ').includes(word) ?? false
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '')
}

/** Below this many letters a name is near too many others. */
const shortest = 4

/** The one option that begins so, or that differs in one letter. */
function findNear(word: string, known: readonly string[]): string | undefined {
  if (word.length < shortest) return undefined
  const longer = known.filter((name) => plain(name).startsWith(word))
  if (longer.length === 1) return longer[0]
  return word.length === shortest ? undefined : known.find((name) => differsInOneLetter(word, plain(name)))
}

/** One letter more, less, other, or two neighbours the wrong way round. */
function differsInOneLetter(a: string, b: string): boolean {
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  const [restOfA, restOfB] = [a.slice(start), b.slice(start)]
  const swapped = `${restOfA[1] ?? ''}${restOfA[0] ?? ''}${restOfA.slice(2)}`
  return (
    restOfA.slice(1) === restOfB ||
    restOfA === restOfB.slice(1) ||
    restOfA.slice(1) === restOfB.slice(1) ||
    swapped === restOfB
  )
}
