import type { Json, JsonObject } from '../base/json.ts';
import type { Message } from '../events/event.ts';
import type { ModelRequest } from '../ports/model-provider.ts';
import { keyOf, type TapeCall } from './tape-format.ts';

/** What differs between two runs of the same work, and so is no part of a question on a tape. */
export interface RunMarks {
  /** Folders of the run on this machine with the words that stand for them, the longest first. */
  folders: readonly (readonly [path: string, word: string])[];
  /** From when on a time can only be one of the run's own, in milliseconds since 1970. */
  since: number;
  now(): number;
  /** Takes secrets out of any value. */
  redact<T>(value: T): T;
}

/**
 * The part of a request that is the same whenever the same is asked: the model string, messages,
 * tools by name and schema, temperature. What is left of budget and time decides about the length
 * of an answer, and who watches about its pieces: neither belongs to the question. Images are in it
 * by the hashes that messages name.
 */
export function questionOf(model: string, request: ModelRequest, marks: RunMarks): JsonObject {
  const { messages, tools, images, headers, maxOutputTokens, timeoutMs, stream, ...more } = request;
  const { hide, goesOn, ...rest } = more;
  const run = headers['x-awp-run-id'] ?? '';
  const question: JsonObject = JSON.parse(
    JSON.stringify({
      ...rest,
      model,
      messages,
      tools: tools
        .map(({ name, parameters }) => ({ name, parameters }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    }),
  );
  const redacted = marks.redact(question);
  return { ...redacted, messages: plain(redacted.messages ?? [], run, marks) };
}

/** A recorded call as this version would have recorded it: an older one may have kept more. */
export function asRecordedNow(call: TapeCall, marks: RunMarks): TapeCall {
  const request = { ...call.request, messages: plain(call.request.messages ?? [], '', marks) };
  return { ...call, request, key: keyOf(request) };
}

/** A conversation as a question has it. */
export function conversationOf(messages: readonly Message[], run: string, marks: RunMarks): Json {
  return plain<Json>(JSON.parse(JSON.stringify(marks.redact(messages))), run, marks);
}

/** Messages without what is the run's own. */
function plain<T>(messages: T, run: string, marks: RunMarks): T {
  return JSON.parse(JSON.stringify(messages), (_, value: unknown) =>
    typeof value === 'string' ? plainText(value, run, marks) : value,
  );
}

/**
 * What a prompt says of the box: its version of Python and the like are the machine's own. Where that
 * makes a difference, results of programs differ, and so do the questions that hold them.
 */
const BOX = /(^|\n\n)## (Sandbox|Programs)\n[\s\S]*?(?=\n\n## |$)/g;
/** Scratch folders of boxes, wherever the machine keeps such. */
const SCRATCH = /(?:\/[\w.+-]+)+\/awp-[\w-]+/g;
/**
 * The report on the budget in a manager's question: its times differ, tokens do after a crash, because
 * a call that was lost counts as what was set aside for it, and so does what follows from them.
 */
const REPORT = /("(?:elapsed_s|consumed|budget_remaining_pct)":)[\d.]+/g;
/** When a service takes calls again, as a failure tells it to a manager. */
const COME_BACK = /(it takes calls again in \S+, from )[\dT:.-]+Z/g;
/** Where an object lies in memory, as programs print it. */
const ADDRESS = /\b0x[0-9a-f]{6,16}\b/gi;
/** A time of day on a date, or seconds or milliseconds since 1970. */
const TIME =
  /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?|\b1\d{9}(?:\d{3}|\.\d+)?\b/g;
/** The mark of data in a prompt: it is made from all of it, what is the run's own included. */
const MARK = /(<\/?(?:data|task|instructions)-|^The mark of this message is )[0-9a-f]{12}\b/gm;
/** Clocks of a machine and of its boxes need not agree to the second. */
const SLACK_MS = 60_000;

function plainText(text: string, run: string, marks: RunMarks): string {
  let result = text;
  for (const [path, word] of marks.folders) result = result.replaceAll(path, word);
  if (run !== '') result = result.replaceAll(run, '<run>');
  return result
    .replace(BOX, '$1## $2\n<of the machine>')
    .replace(SCRATCH, '<scratch>')
    .replace(REPORT, '$10')
    .replace(COME_BACK, '$1<time>')
    .replace(ADDRESS, '<address>')
    .replace(MARK, '$1<mark>')
    .replace(TIME, (time) => (isOfRun(time, marks) ? '<time>' : time));
}

/** Whether a time lies within the run, in UTC or in the zone of the machine: then the run made it. */
function isOfRun(time: string, { since, now }: RunMarks): boolean {
  return instantsOf(time).some((at) => at >= since - SLACK_MS && at <= now() + SLACK_MS);
}

function instantsOf(time: string): number[] {
  if (/^\d{13}$/.test(time)) return [Number(time)];
  if (/^\d+(?:\.\d+)?$/.test(time)) return [Number(time) * 1000];
  const iso = time.replace(' ', 'T').replace(',', '.');
  const zoned = /:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$/.test(iso);
  return zoned ? [Date.parse(iso)] : [Date.parse(`${iso}Z`), Date.parse(iso)];
}
