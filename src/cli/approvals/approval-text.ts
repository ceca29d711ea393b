import type { JsonObject } from '../../base/json.ts';
import { pendingOf } from '../../events/loop-requests.ts';
import { nodeRequest } from '../../events/node-requests.ts';
import type { Approval, RunState } from '../../events/state.ts';
import type { Style } from '../style.ts';
import { answerCommands } from '../suggest.ts';
import { block, cut, oneLine } from '../text.ts';

/** Most lines and characters of arguments that are shown unasked. */
const ARGS_LINES = 30;
const ARGS_CHARS = 2000;
/** Columns of arguments in a list. */
const ARGS_COLUMNS = 96;

/** What somebody said to a request. */
export type Resolution = NonNullable<Approval['resolution']>;

/** An answer in words: `approved (cli), with other arguments: as agreed`. Not yet safe to print. */
export function answerWords({ decision, by, args, reason }: Omit<Resolution, 'id'>): string {
  const edited = args === undefined ? '' : ', with other arguments';
  return `${decision} (${by})${edited}${reason === undefined ? '' : `: ${reason}`}`;
}

/** Arguments, or a safe text, for a person to read as safe lines; `left` says how much is left out. */
export function argsText(
  args: JsonObject | string,
  all: boolean,
): { text: string; left: string | undefined } {
  const whole = typeof args === 'string' ? args : block(JSON.stringify(args, undefined, 2));
  const lines = whole.split('\n');
  const text = all ? whole : lines.slice(0, ARGS_LINES).join('\n').slice(0, ARGS_CHARS);
  if (text.length === whole.length) return { text, left: undefined };
  const left = `${whole.length - text.length} more characters of ${whole.length}`;
  return { text, left };
}

/** Who wants what, and why, on one line. */
export function requestLine({ id, tool, agent, agentName, reason }: Approval): string {
  const who = agentName === agent || agent === '0' ? agentName : `${agent} ${agentName}`;
  return oneLine(`${id} ${tool}   ${who}: ${reason}`);
}

/** Where answers to a run's requests are given from. */
export interface AnswerPlace {
  state: RunState;
  style: Style;
  /** `--home`, for the commands that are suggested. */
  home: string | undefined;
}

/** The requests that wait, each with the commands that answer it; nothing when there are none. */
export function waitingText({ state, style, home }: AnswerPlace): string {
  const waiting = pendingOf(state);
  if (waiting.length === 0) return '';
  const lines = waiting.flatMap((approval) => [
    `  ${requestLine(approval)}`,
    `      ${style.paint('dim', shortArgs(approval.args, style))}`,
    ...commandsFor(state.run, approval, home).map((command) => `      ${command}`),
  ]);
  return [style.paint('warn', 'waits for you:'), ...lines].map((line) => `${line}\n`).join('');
}

/** What a loop asks is answered with words. */
function commandsFor(run: string, approval: Approval, home: string | undefined): string[] {
  const [approve = '', reject = ''] = answerCommands(run, { id: approval.id, home });
  const isInput = nodeRequest(approval)?.about === 'input';
  return [isInput ? `${approve} --reason "YOUR ANSWER"` : approve, reject];
}

/** The requests that were answered, each with its answer; nothing when there are none. */
export function answeredText({ state, style }: AnswerPlace): string {
  const lines = [...state.approvals.values()].flatMap((approval) =>
    approval.resolution ? answerLines(approval, approval.resolution, style) : [],
  );
  if (lines.length === 0) return '';
  return ['answered:', ...lines].map((line) => `${line}\n`).join('');
}

function answerLines(approval: Approval, resolution: Resolution, style: Style): string[] {
  const { decision, args } = resolution;
  const { ok, bad } = style.symbols;
  const yes = decision === 'approved';
  const mark = style.paint(yes ? 'ok' : 'bad', yes ? ok : bad);
  const { id, tool } = approval;
  return [
    `  ${mark} ${oneLine(`${id} ${tool}   ${approval.agentName}: ${answerWords(resolution)}`)}`,
    `      ${style.paint('dim', shortArgs(args ?? approval.args, style))}`,
  ];
}

function shortArgs(args: JsonObject, { symbols }: Style): string {
  // Longer than any line, and still quick to measure.
  const start = JSON.stringify(args).slice(0, 2 * ARGS_COLUMNS);
  return cut(oneLine(start), ARGS_COLUMNS, symbols.ellipsis);
}
