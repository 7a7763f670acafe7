/** The two services. */
export type Service = 'gigachat' | 'yandexgpt'

/**
 * What a request asks for. `token` is OAuth, `/token` and IAM; `metadata` the token of a virtual machine;
 * `count-tokens` the tokenizers; `unknown` any path that the service does not have.
 */
export type Operation = 'chat' | 'token' | 'metadata' | 'models' | 'count-tokens' | 'operation' | 'unknown'
