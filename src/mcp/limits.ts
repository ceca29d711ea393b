/**
 * Bounds for servers that nobody has to trust (reliability-security T13; spec, capabilities 12.10
 * row 137). What passes one is refused with words; nothing is cut without saying so.
 */
export const LIMITS = {
  /** Milliseconds from the start to the list of tools, when the settings name no other time. */
  handshakeMs: 10_000,
  /** Milliseconds of one call; MCP servers are slower than functions. */
  callMs: 60_000,
  /** Tools of one server that are offered. */
  tools: 500,
  /** Tools that a server may list before some are chosen. */
  listed: 5000,
  /** Pages of a list of tools. */
  pages: 50,
  /** Characters of a whole list. */
  listChars: 32 * 1024 * 1024,
  /** Characters of a description that a model sees. */
  descriptionChars: 2000,
  /** Characters of a schema, as JSON. */
  schemaChars: 200_000,
  /** Levels of a schema or of a result. */
  depth: 64,
  /** Bytes of one message. */
  messageBytes: 8 * 1024 * 1024,
  /** Bytes of one HTTP answer, which may hold many messages. */
  responseBytes: 64 * 1024 * 1024,
  /** Messages in a minute; who sends more is not answering but flooding. */
  messages: { limit: 20_000, ms: 60_000 },
  /** Requests of the server to us in a second that are answered; others are dropped. */
  requests: { limit: 20, ms: 1000 },
  /** Fresh connections after the first one, in one run. */
  restarts: 3,
  /** Bytes of what a process says on stderr that are kept for an error message. */
  stderrBytes: 4096,
  /** Characters of words of the server in an error. */
  errorChars: 2000,
  /** Bytes of an image or another file in a result that are kept, as base64. */
  blobBytes: 64 * 1024,
  /** Milliseconds for a farewell, and for each step of ending a process. */
  farewellMs: 1000,
  /** Milliseconds at least until a stream of a server is opened again. */
  reopenMs: 1000,
} as const;
