/** An operation of the service that this client does not offer, and why. */
export interface GigachatNotOffered {
  /** As the service names it. */
  readonly operation: string
  readonly because: string
}

/** What GigaChat has and this client does not, for the documentation: `not offered, because …`. */
export const gigachatNotOffered: readonly GigachatNotOffered[] = [
  {
    operation: 'assistants (/assistants…) and threads (/threads…)',
    because:
      'they are a beta of the official Python client, absent from the official OpenAPI file, and keep the conversation at the service, out of sight of the policy',
  },
  {
    operation: '`storage`, `assistant_id`, `thread_id`, `memory_id` of a chat, and the tool `memory`',
    because: 'they keep the conversation at the service, out of sight of the policy, and work for no other provider',
  },
  {
    operation: '`logprobs` (`top_logprobs` of v2)',
    because: 'the service gives them by agreement only, and an answer has no place for them that other providers share',
  },
  {
    operation: '`partial_arguments` of a forced function (v1)',
    because: 'only a type of the official Python client knows it',
  },
  {
    operation: '`n` answers to one request (v1)',
    because: 'the official OpenAPI file has dropped it: one answer comes in any case',
  },
  {
    operation: '`additional_data.features` (v1)',
    because: 'only the official Java client knows it; `extraBody` can carry it',
  },
  {
    operation: '`tools_state_id` beside the messages of a v2 request',
    because: 'the state goes with its message, as `tool_state_id`, where the official OpenAPI file has it',
  },
  {
    operation: 'messages of the roles `search_result` and `function_in_progress`, and `data_for_context` (v1)',
    because: 'only enums of the official clients know them: the second is of answers alone, the third is deprecated',
  },
  {
    operation: '`thread_id`, `message_id`, `additional_data` and `system_tokens` in answers',
    because:
      'the first two belong to a conversation kept at the service, the third traces what the tools did, the last stands in old recordings alone',
  },
  {
    operation: '`inline_data.images`, and `cover` and `video` of a file, in answers of v2',
    because: 'their form is documented nowhere: generated files come as `file` parts by their ids',
  },
  {
    operation: 'the gRPC interface',
    because: 'it is the same service over another transport, and the policy guards HTTP',
  },
  {
    operation: 'realtime audio, SaluteSpeech',
    because: 'they are services of their own with another protocol; audio files go as parts of messages',
  },
]
