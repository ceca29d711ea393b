import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { Message } from '../../events/event.ts';
import { type MakingNews, makingIn } from './making.ts';
import {
  blocksOf,
  list,
  objectIn,
  parametersOf,
  sectionOf,
  text,
  withoutBlocks,
} from './prompt-text.ts';

/** What a prompt says about one input of the run. */
export interface PromptInput {
  name: string;
  /** Path as programs see it, below `inputs/`. */
  file: string | undefined;
  bytes: number;
  about: Json;
}

/** What a manager's prompt says about one worker that has ended. */
export interface PromptReport {
  worker: string;
  ok: boolean;
  output: JsonObject;
  error: string | undefined;
  files: readonly string[];
}

/** What a loop lets its manager do besides delegating and finishing. */
interface Means {
  /** Most parts of a plan; undefined where there is none. */
  plan: number | undefined;
  diagnose: boolean;
  /** Whether a worker may get workers of its own. */
  nest: boolean;
  /** Workers of one turn, and workers and tool calls that are left; infinite where nothing limits them. */
  turnWorkers: number;
  workersLeft: number;
  toolsLeft: number;
  /** Turns in all. */
  turns: number;
}

/** What the demo takes from a manager's prompt. */
export interface ManagerPrompt {
  role: 'manager';
  task: string;
  /** Parameters of its piece of work, for the sub-manager of a demo manager. */
  piece: JsonObject | undefined;
  inputs: readonly PromptInput[];
  reports: readonly PromptReport[];
  /** Workers that ended, those of older turns included. */
  known: ReadonlySet<string>;
  /** Its own decisions in this conversation, oldest first, and the kinds of all of its answers. */
  decisions: readonly JsonObject[];
  answered: ReadonlySet<string>;
  /** What kind of answer was sent back last; undefined when this question is about none. */
  sentBack: string | undefined;
  /** What the runtime said about earlier turns, line by line; and of that, about the last one. */
  notes: readonly string[];
  news: readonly string[];
  /** Ids of the parts of its plan. */
  parts: ReadonlySet<string>;
  means: Means;
  /** Tools and skills that can be made, and were; undefined where nobody makes any. */
  making: MakingNews | undefined;
  /** Paths below `shared/`, without that prefix. */
  shared: readonly string[];
  turn: number;
  /** No turn follows this one. */
  last: boolean;
  /** What was wrong with the answer before, when this turn's answer was sent back. */
  complaint: string | undefined;
  /** JSON Schema of the typed output. */
  schema: JsonObject | undefined;
  canRun: boolean;
}

const TURN = /(?:^|\n)## Turn\n(\d+)(?:\n|$)/;
const LAST_TURN = '\n\nThis is the last turn';
const NOT_ACCEPTED = 'Your answer was not accepted: ';
const PLACE = /^(?:The mark of this message is \w+\.\n\n)?## Your place\n/;

/** Reads the conversation of a manager. */
export function readManager(messages: readonly Message[], system: string): ManagerPrompt {
  const questions = messages.filter(({ role }) => role === 'user').map((message) => message.text);
  const said = questions.at(-1) ?? '';
  const blocks = questions.flatMap(blocksOf);
  const textsOf = (title: string): string[] =>
    blocks.flatMap((block) => (block.title === title ? [block.text] : []));
  const own = questions.map(withoutBlocks);
  const reports = blocks
    .filter(({ title }) => title.startsWith('Results of turn '))
    .flatMap((block) => list(block.text).map(reportFrom));
  const older = textsOf('Earlier turns')
    .flatMap((body) => body.split('\n'))
    .flatMap((line) => list(objectIn(line)?.workers));
  const listed = textsOf('Files in shared/').flatMap((body) => list(body).map(({ path }) => path));
  const written = reports.flatMap(({ files }) => files);
  const task = textsOf('Task')[0]?.trim() ?? '';
  const answers = messages
    .filter(({ role }) => role === 'assistant')
    .map((message) => text(objectIn(message.text)?.decision));
  return {
    role: 'manager',
    task,
    piece: questions.some((question) => PLACE.test(question)) ? parametersOf(task) : undefined,
    inputs: list(textsOf('Inputs')[0]).map(inputFrom),
    reports,
    known: new Set([
      ...older.map((item) => text(item.worker_id)),
      ...reports.map(({ worker }) => worker),
    ]),
    decisions: decisionsIn(messages),
    answered: new Set(answers),
    sentBack: said.startsWith(NOT_ACCEPTED) ? (answers.at(-1) ?? '') : undefined,
    notes: own.flatMap(notesIn),
    news: notesIn(own.at(-1) ?? ''),
    parts: new Set(own.flatMap(partsIn)),
    means: meansOf(system, own),
    making: makingIn(system, blocks),
    shared: [...new Set([...listed.map(text), ...written])].map((path) =>
      path.replace(/^shared\//, ''),
    ),
    turn: Number(questions.flatMap((question) => TURN.exec(question)?.[1] ?? []).at(-1) ?? 1),
    last: questions.some((question) =>
      question.slice(question.lastIndexOf('\n\n')).startsWith(LAST_TURN),
    ),
    complaint: said.startsWith(NOT_ACCEPTED)
      ? said.slice(NOT_ACCEPTED.length).split('\n')[0]
      : undefined,
    schema: objectIn(lineAfter(sectionOf(system, 'Typed output'))),
    canRun: mayRun(system),
  };
}

/** Its answers; one that was sent back is none. */
function decisionsIn(messages: readonly Message[]): JsonObject[] {
  return messages.flatMap((message, at) => {
    const next = messages[at + 1];
    const isSentBack = next?.role === 'user' && next.text.startsWith(NOT_ACCEPTED);
    if (message.role !== 'assistant' || isSentBack) return [];
    const answer = objectIn(message.text);
    return answer ? [answer] : [];
  });
}

function notesIn(question: string): string[] {
  return (sectionOf(question, 'Note') ?? '').split('\n').filter((line) => line !== '');
}

function partsIn(question: string): string[] {
  const lines = (sectionOf(question, 'Plan') ?? '').split('\n');
  return lines
    .flatMap((line) => (line.startsWith('[') ? list(line) : []))
    .map(({ id }) => text(id));
}

function meansOf(system: string, questions: readonly string[]): Means {
  const most = /^Plan a task .* at most (\d+) subtasks/m.exec(system)?.[1];
  const limits = objectIn(sectionOf(system, 'Limits') ?? '') ?? {};
  const budgets = questions.flatMap((question) => sectionOf(question, 'Budget') ?? []);
  const budget = objectIn(budgets.at(-1)?.split('\n')[0] ?? '') ?? {};
  const left = (dimension: Json | undefined, used: string): number => {
    if (!isObject(dimension) || typeof dimension.max !== 'number') return Number.POSITIVE_INFINITY;
    return Math.max(0, dimension.max - Number(dimension[used] ?? 0));
  };
  const { workers_in_one_turn: inTurn, turns } = limits;
  const bound = (most: Json | undefined): number =>
    typeof most === 'number' ? most : Number.POSITIVE_INFINITY;
  return {
    plan: most === undefined ? undefined : Number(most),
    diagnose: system.includes('{"decision": "diagnose"'),
    nest: /^- "as_submanager": true/m.test(system),
    turnWorkers: bound(inTurn),
    workersLeft: left(budget.workers, 'spawned'),
    toolsLeft: left(budget.tool_calls, 'used'),
    turns: bound(turns),
  };
}

/** Whether workers may run JavaScript: the tool is offered and the box has the language. */
function mayRun(system: string): boolean {
  return /^- code\.execute: /m.test(system) && /^- javascript(?: \(default\))?: /m.test(system);
}

function lineAfter(body = ''): string {
  return body.slice(body.indexOf('\n') + 1);
}

function inputFrom(item: JsonObject): PromptInput {
  return {
    name: text(item.name),
    file: typeof item.file === 'string' ? item.file : undefined,
    bytes: typeof item.bytes === 'number' ? item.bytes : 0,
    about: item.about ?? null,
  };
}

function reportFrom(item: JsonObject): PromptReport {
  const { output, error, files } = item;
  return {
    worker: text(item.worker_id),
    ok: item.ok === true,
    output: isObject(output) ? output : {},
    error: typeof error === 'string' ? error : undefined,
    files: Array.isArray(files) ? files.map((file) => text(file)) : [],
  };
}
