import { isObject, type JsonObject, jsonBytes } from '../base/json.ts';
import type { BoardNote, Tool, ToolContext, ToolResult } from '../ports/tool.ts';
import { failure, success, textOf } from './results.ts';

/** Bytes of one entry's payload as JSON. */
const ENTRY_BYTES = 4096;
/** Characters of a topic. */
const TOPIC_CHARS = 64;
/** Characters of the entries that one call returns, as JSON. */
const READ_CHARS = 24_000;

/** `board.post`: a note for the other workers of the loop and its manager (spec, capabilities 6.5). */
const boardPost: Tool = {
  name: 'board.post',
  description: 'Post a short finding for your sibling workers and manager.',
  parameters: {
    type: 'object',
    properties: {
      topic: { type: 'string', minLength: 1, maxLength: TOPIC_CHARS },
      payload: { type: 'object' },
    },
    required: ['topic', 'payload'],
    additionalProperties: false,
  },
  idempotent: true,
  grant: 'explicit',
  run: async (args, { board }) => post(args, board),
};

function post(args: JsonObject, board: ToolContext['board']): ToolResult {
  if (!board) return noBoard();
  const topic = topicOf(textOf(args, 'topic') ?? '');
  if (topic === '') return failure(400, 'the topic needs a letter or a digit');
  const payload = isObject(args.payload) ? args.payload : {};
  const bytes = jsonBytes(payload);
  if (bytes > ENTRY_BYTES) {
    return failure(413, `the payload has ${bytes} bytes; at most ${ENTRY_BYTES} go on the board`);
  }
  board.post(topic, payload);
  return success({});
}

/** `board.read`: what was posted, newest entries or those after one that is known. */
const boardRead: Tool = {
  name: 'board.read',
  description: 'Read the board: its newest entries, or those after `since` (an entry id or time).',
  parameters: {
    type: 'object',
    properties: {
      topic: { type: 'string', minLength: 1, maxLength: TOPIC_CHARS },
      since: { type: 'string', maxLength: 40 },
    },
    additionalProperties: false,
  },
  idempotent: true,
  grant: 'explicit',
  run: async (args, { board }) => read(args, board),
};

function read(args: JsonObject, board: ToolContext['board']): ToolResult {
  if (!board) return noBoard();
  const isNew = newerThan(textOf(args, 'since'));
  if (!isNew) return failure(400, 'since is the id of an entry, such as b12, or an ISO 8601 time');
  const asked = textOf(args, 'topic');
  const topic = asked === undefined ? undefined : topicOf(asked);
  const found = board
    .entries()
    .filter((entry) => isNew(entry) && (topic === undefined || entry.topic === topic));
  const shown = fitting(found, args.since === undefined);
  const left = found.length - shown.length;
  return success({ entries: shown, ...(left > 0 && { left_out: left }) });
}

/** Which entries are strictly newer; undefined when `since` says nothing that is known. */
function newerThan(since: string | undefined): ((entry: BoardNote) => boolean) | undefined {
  if (since === undefined) return () => true;
  const after = numberOfEntry(since);
  if (after !== undefined) return ({ id }) => (numberOfEntry(id) ?? 0) > after;
  const time = Date.parse(since);
  return Number.isNaN(time) ? undefined : ({ at }) => at > time;
}

function numberOfEntry(id: string): number | undefined {
  const digits = /^b(\d{1,15})$/.exec(id)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** As many entries as one answer holds: the newest ones, or the first after a known one. */
function fitting(found: readonly BoardNote[], newest: boolean): JsonObject[] {
  const shown: JsonObject[] = [];
  let left = READ_CHARS;
  for (const entry of newest ? found.toReversed() : found) {
    const { id, topic, worker, payload, at } = entry;
    const note = { id, at: new Date(at).toISOString(), topic, worker, payload };
    left -= JSON.stringify(note).length;
    if (left < 0) break;
    shown.push(note);
  }
  return newest ? shown.reverse() : shown;
}

/** A topic as a slug: letters, digits, `-`, `_` and `.`; one spelling for one topic. */
function topicOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[-._]+|[-._]+$/g, '');
}

function noBoard(): ToolResult {
  return failure(503, 'this agent has no board');
}

/** The tools of the board. Workers of a loop that has one get them without being granted them. */
export const boardTools: readonly Tool[] = [boardPost, boardRead];
