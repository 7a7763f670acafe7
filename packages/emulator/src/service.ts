/** The two services, and `openai`: a server of open models on the premises of a company. */
export type Service = 'gigachat' | 'yandexgpt' | 'openai'

/**
 * What a request asks for. `token` is OAuth, `/token` and IAM; `metadata` the token of a virtual machine;
 * `count-tokens` the tokenizers; `responses` the Responses API of YandexGPT; `submit` a completion that YandexGPT works on
 * later, and `operation` the look at it, or at an image; `classify` YandexGPT's classifiers, `search` its generative
 * search, `endpoints` the list of its hosts; `files`, `batches`, `balance` and
 * `functions` are addresses of GigaChat, and so is `check` (who wrote a text, and the filter); `unknown` any path that
 * the service does not have. GigaChat's images come by `chat`.
 */
export type Operation =
  | 'chat'
  | 'token'
  | 'metadata'
  | 'models'
  | 'count-tokens'
  | 'operation'
  | 'submit'
  | 'classify'
  | 'search'
  | 'endpoints'
  | 'embeddings'
  | 'images'
  | 'responses'
  | 'files'
  | 'batches'
  | 'check'
  | 'balance'
  | 'functions'
  | 'unknown'
