/** Operations of the service that this package does not offer, each with its reason: for the documentation. */
export const yandexgptNotOffered: readonly { readonly operation: string; readonly because: string }[] = Object.freeze([
  {
    operation: 'completionBatch and the management of batches (BatchInferenceService)',
    because:
      'batches are described, listed and cancelled over gRPC alone, and their input is a dataset, which is gRPC alone too; ' +
      'submitText gives the lower price over HTTP',
  },
  {
    operation: 'datasets (DatasetService)',
    because: 'gRPC alone, and of use to batches and tuning only',
  },
  {
    operation: 'tuning of text, embedding and classification models (TuningService)',
    because: 'gRPC alone and in preview; a tuned model is used by its suffix: name@suffix',
  },
  {
    operation: 'realtime audio (WebSocket /v1/realtime)',
    because: 'a conversation of sound over a WebSocket, in preview: no verb of this client has its shape',
  },
  {
    operation: 'stored chat completions (list, get, update)',
    because: 'the reference lists them while `store` is marked as not supported, so nothing can be stored',
  },
  {
    operation: 'conversations and their items (/v1/conversations)',
    because:
      'the state of a conversation would lie with the service, out of reach of the policy; messages are sent whole',
  },
  {
    operation: 'files and vector stores (/v1/files, /v1/vector_stores)',
    because:
      'they serve the file search of the Responses API alone, which keeps the content of the files at the service',
  },
  {
    operation: 'MCP hub (MCP gateways)',
    because: 'it sends data on to servers that the policy cannot see',
  },
  {
    operation: 'agents and prompts of the console (prompt templates by id)',
    because: 'what is sent to the model would be decided outside of the code and of the policy',
  },
  {
    operation: 'OpenAI-style /completions, /audio, /batches, /moderations, /fine_tuning',
    because: 'the service has none of them',
  },
  {
    operation: 'endpoint discovery (https://api.cloud.yandex.net/endpoints)',
    because: 'where requests may go is what the settings and the policy say, not what a service answers',
  },
  {
    operation: 'IAM tokens for other service accounts, and their revocation',
    because: 'the management of credentials is that of the cloud, not of a client of models',
  },
  {
    operation: 'embeddings of the OpenAI-compatible API (/v1/embeddings)',
    because:
      'the same models as `textEmbedding`, one text a request there too: `embed` and `embedMany` ask the native API',
  },
  {
    operation: 'streams of the Responses API',
    because:
      'their events are not documented: `streamText` streams the chat, and a long response runs with `background: true`',
  },
  {
    operation: '`logprobs` and `n` of the OpenAI-compatible chat',
    because: 'not all models know them, and an answer has no place for them that other providers share',
  },
  {
    operation:
      '`store`, `audio`, `web_search_options`, `service_tier` and `include_obfuscation` of the chat, `truncation` of the Responses API',
    because: 'the reference marks them as not supported; `createResponse` searches the web',
  },
  {
    operation: 'partial answers of the generative search (`getPartialResults`)',
    because: 'the framing of its stream is nowhere documented: the answer comes whole',
  },
  {
    operation: '`modelVersion` of completions and embeddings, and `reqId` of search queries',
    because: 'a date and a mark for the logs of the service, with no place in the answers that providers share',
  },
  {
    operation: 'models tuned in DataSphere (`ds://`)',
    because: 'the service ended them on 2025-05-15',
  },
  {
    operation: 'dedicated instances',
    because: 'they are set up in the console; the form of their addresses is not documented',
  },
])
