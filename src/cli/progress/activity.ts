import { isObject, parseJson } from '../../base/json.ts';
import { formatDuration } from '../../base/time.ts';
import type { Approval, Frame } from '../../events/state.ts';
import type { Symbols } from '../style.ts';
import { oneLine } from '../text.ts';

/** What else the words about an agent are made from. */
export interface ActivityFacts {
  now: number;
  /** Paths of the artifacts that it wrote. */
  files: readonly string[];
  /** Its calls that wait for a person. */
  asked: readonly Approval[];
  symbols: Symbols;
}

/** What one agent is doing or has done, in a few words that are safe to print. */
export function activityOf(frame: Frame, facts: ActivityFacts): string {
  if (frame.outcome) return ended(frame, facts);
  if (facts.asked.length > 0) return waitingForYou(facts.asked);
  if (frame.role === 'step') return 'running';
  switch (frame.phase) {
    case 'ask':
    case 'read':
    case 'checked':
      return frame.role === 'manager' ? 'deciding' : 'working';
    case 'waiting':
      return asking(frame);
    case 'retry':
      return retrying(frame, facts.now);
    case 'failed':
      return oneLine(`failed: ${frame.failure?.code ?? 'model'}`);
    case 'tools':
      return running(frame);
    case 'workers':
      return waitingFor(frame);
    case 'closed':
      return '';
  }
}

/** The last trouble of an open agent, if its last step had some: what a tool or the model said. */
export function troubleOf(frame: Frame): string | undefined {
  if (frame.failure) return oneLine(frame.failure.message);
  if (frame.complaint !== undefined) return oneLine(frame.complaint);
  const tool = frame.transcript.findLast(({ role }) => role === 'tool');
  if (tool === undefined) return undefined;
  const result = parseJson(tool.text);
  if (!isObject(result) || result.ok !== false || typeof result.error !== 'string')
    return undefined;
  return oneLine(lastLine(result.error));
}

function ended(frame: Frame, { files, symbols }: ActivityFacts): string {
  const { outcome } = frame;
  if (!outcome) return '';
  if (!outcome.ok) {
    const message = outcome.message === undefined ? '' : `: ${outcome.message}`;
    return oneLine(`${outcome.code ?? 'failed'}${message}`);
  }
  if (frame.role === 'manager') return plural(frame.turns.length, 'turn');
  const problems =
    outcome.problems.length === 0 ? [] : [plural(outcome.problems.length, 'problem')];
  return oneLine([...files, ...problems].join(` ${symbols.dot} `));
}

function asking(frame: Frame): string {
  const attempt = frame.attempt > 1 ? `, attempt ${frame.attempt}` : '';
  const purpose = frame.purpose ?? 'work';
  switch (purpose) {
    case 'turn':
      return `planning turn ${frame.round}${attempt}`;
    case 'closing':
      return `summing up${attempt}`;
    case 'correction':
      return `correcting its answer${attempt}`;
    case 'repair':
      return `repairing its output${attempt}`;
    case 'summary':
      return `reporting${attempt}`;
    case 'work':
      return `thinking${questionOf(frame)}${attempt}`;
  }
}

/** Rounds of a node are those of its loop: its questions have another name. */
function questionOf({ role, round }: Frame): string {
  if (role !== 'node') return `, round ${round}`;
  return round > 1 ? `, question ${round}` : '';
}

function retrying(frame: Frame, now: number): string {
  const wait = Math.max(0, (frame.retryAt ?? now) - now);
  return oneLine(`${frame.failure?.code ?? 'interrupted'}, again in ${formatDuration(wait)}`);
}

function running(frame: Frame): string {
  const names = frame.calls
    .filter(({ phase }) => phase !== 'returned')
    .map(({ call }) => call.name);
  const first = names[0];
  if (first === undefined) return 'working';
  return oneLine(names.length > 1 ? `${first} and ${names.length - 1} more` : first);
}

function waitingForYou(asked: readonly Approval[]): string {
  const calls = asked.map(({ id, tool }) => `${id} ${tool}`).join(', ');
  return oneLine(`waits for you: ${calls}`);
}

function waitingFor(frame: Frame): string {
  const open = frame.open.size + frame.waiting.length;
  return open === 0 ? 'reading the results' : `waiting for ${plural(open, 'worker')}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The last line of a message: of a traceback it is the one that says what was wrong. */
export function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}
