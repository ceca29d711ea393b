import { rootGraph } from '../../events/graph-walk.ts';
import { evaluationOf } from '../../events/scoring.ts';
import type { Frame, RunState } from '../../events/state.ts';
import { waitingText } from '../approvals/approval-text.ts';
import { failureBlock } from '../failure.ts';
import { endScoreLines } from '../score-text.ts';
import type { Style } from '../style.ts';
import { nodeCommand, raiseCommand, resumeCommand, showCommand } from '../suggest.ts';
import { block, oneLine } from '../text.ts';
import { nodeHint, nodeNotes } from './node-notes.ts';

/** Most paths of artifacts that are listed. */
const MAX_PATHS = 40;
/** Most names of tools and skills that are listed. */
const MAX_MADE = 6;

/** What the end of a run is told from. */
export interface Ending {
  state: RunState;
  /** Paths of the artifacts, as the user can open them. */
  paths: readonly string[];
  style: Style;
  /** `--home`, for the commands that are suggested. */
  home: string | undefined;
  /** What to try after a complete run; showing it when left out. */
  next: readonly string[] | undefined;
}

/** The end of a run for people: why it ended, its files, and the next command. */
export function endingText(ending: Ending): string {
  return [
    ...troubleLines(ending),
    ...nodeLines(ending),
    ...scoreLines(ending),
    ...madeLine(ending),
    ...fileLines(ending),
    ...nextLines(ending),
    ...replayedLine(ending),
    ...simulatedLine(ending),
  ].join('');
}

function troubleLines({ state, style, home }: Ending): string[] {
  const { status, ending, run, stopReason } = state;
  if (status === 'waiting') return [waitingText({ state, style, home })];
  if (status === 'complete' || status === 'running') return [];
  if (status === 'failed') return [failedBlock(state, style, home)];
  if (status === 'partial') {
    const why = ending?.message ?? ending?.reason ?? 'it could not be finished';
    return [`${style.paint('warn', 'partial:')} ${block(why)}\n`];
  }
  const word = oneLine(stopReason ?? status);
  return [
    `${style.paint('warn', word)}; the work so far is kept in ${run}\n`,
    waitingText({ state, style, home }),
  ];
}

/** Nodes of a graph that brought nothing; of a run that can go on nobody knows yet. */
function nodeLines({ state, style }: Ending): string[] {
  if (!/^(complete|partial|failed)$/.test(state.status)) return [];
  return nodeNotes(state, style).map((line) => `${line}\n`);
}

function scoreLines({ state, style }: Ending): string[] {
  const evaluation = evaluationOf(state);
  const thresholds = state.plan?.evaluation?.thresholds;
  return evaluation && thresholds ? endScoreLines(evaluation, thresholds, style) : [];
}

function failedBlock(state: RunState, style: Style, home: string | undefined): string {
  const { ending, run } = state;
  const code = ending?.reason ?? 'run/failed';
  const message = ending?.message ?? ending?.text ?? 'the run failed';
  return failureBlock(
    {
      code,
      message: message === '' ? 'the run failed' : message,
      hint: hintFor(state, code),
      run: `${run} is kept; ${furtherWith(state, home)}`,
    },
    style,
  );
}

/** What was too large for the state is so in a resumed run, too: it can only be read. */
function furtherWith(state: RunState, home: string | undefined): string {
  const { run, ending } = state;
  const { node } = rootGraph(state)?.stopping ?? {};
  if (ending?.reason !== 'state/too-large' || node === undefined)
    return `go on with: ${resumeCommand(run, home)}`;
  return `what there is: ${nodeCommand(run, { node, home })}`;
}

/** What can be tried, as the failure that ended the run said it. */
function hintFor(state: RunState, code: string): string | undefined {
  const failures = [...state.frames.values()].map(({ failure }: Frame) => failure);
  return failures.find((failure) => failure?.code === code)?.hint ?? nodeHint(code);
}

/** Tools and skills that this run made and still has: on a terminal nothing else has told of them. */
function madeLine({ state }: Ending): string[] {
  const { tools, skills } = state.creation ?? {};
  const names = [
    ...[...(tools?.values() ?? [])].flatMap(({ name, origin }) =>
      origin === 'agent' ? [name] : [],
    ),
    ...[...(skills?.keys() ?? [])].map((name) => `skill ${name}`),
  ];
  if (names.length === 0) return [];
  const more = names.length - MAX_MADE;
  const listed = oneLine(names.slice(0, MAX_MADE).join(', '));
  return [`made    ${listed}${more > 0 ? ` and ${more} more` : ''}\n`];
}

function fileLines({ paths, style }: Ending): string[] {
  const shown = paths.slice(0, MAX_PATHS);
  const lines = shown.map(
    (path, index) => `${index === 0 ? 'files' : '     '}   ${oneLine(path)}\n`,
  );
  const more = paths.length - shown.length;
  return more > 0 ? [...lines, `        ${style.symbols.ellipsis} and ${more} more\n`] : lines;
}

function nextLines({ state, home, next }: Ending): string[] {
  const { run, status } = state;
  if (status === 'cancelled' || status === 'paused' || status === 'waiting') {
    return [`Resume: ${resumeCommand(run, home)}\n`];
  }
  // A failure's block has named its next command already.
  if (status === 'failed') return [];
  const commands =
    status === 'partial' ? [partialCommand(state, home)] : (next ?? [showCommand(run, home)]);
  return commands.map((command, index) => `${index === 0 ? 'next' : '    '}    ${command}\n`);
}

/** Nodes that a graph went on after are settled: only a look at what there is leads further. */
function partialCommand(state: RunState, home: string | undefined): string {
  const { run, ending } = state;
  if (ending?.reason !== 'node/failed') return raiseCommand(state, home);
  return nodeCommand(run, { node: rootGraph(state)?.failure?.node ?? '', home });
}

/** A run over a tape says so, too: its tokens and cost were paid for when it was recorded. */
function replayedLine({ state, style }: Ending): string[] {
  const { replay } = state.plan ?? {};
  if (!replay) return [];
  const text = `replayed from ${oneLine(replay.file)} recorded ${oneLine(replay.recorded)}`;
  return [`${style.paint('dim', `${text}: no model was asked`)}\n`];
}

/** A run without a model says so in its last line (experience 6.2). */
function simulatedLine({ state, style }: Ending): string[] {
  if (!state.simulated) return [];
  return [`${style.paint('dim', 'simulated: no model was called, tokens are estimates')}\n`];
}
