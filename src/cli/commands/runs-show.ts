import { AwpError } from '../../base/errors.ts';
import { type RunResult, resultJson, resultOf } from '../../events/result.ts';
import type { RunState } from '../../events/state.ts';
import { answeredText, waitingText } from '../approvals/approval-text.ts';
import type { Arguments, Command } from '../command.ts';
import { creationText } from '../creation-text.ts';
import { loadRun } from '../load-run.ts';
import { nodeAt, notWhole, outputOf } from '../node-output.ts';
import { withHome } from '../open-home.ts';
import { endingText } from '../progress/summary.ts';
import { treeLines } from '../progress/tree.ts';
import { usageLines } from '../progress/usage.ts';
import { artifactPaths, resultText } from '../result-text.ts';
import type { Shell } from '../shell.ts';
import { stateText } from '../state-text.ts';
import { resumeCommand } from '../suggest.ts';
import { taintText } from '../taint-text.ts';
import { block } from '../text.ts';
import { theRun } from '../the-run.ts';

/** Width of the tree when the output is not a terminal. */
const PLAIN_COLUMNS = 120;

/** `awp runs show ID`: one run as it stands now, also while another process works on it. */
export const runsShowCommand: Command = {
  name: 'runs show',
  summary: 'Show a run: its agents, result, files and what it used',
  usage: 'ID [--calls [CALL] | --node NODE] [options]',
  examples: [
    'awp runs show r-7f3a',
    'awp runs show r-7f3a --json',
    'awp runs show r-7f3a --calls 2.1/3',
    'awp runs show r-7f3a --node writer',
  ],
  options: [
    {
      name: 'calls',
      group: 'OUTPUT',
      help: 'the calls of models; one in full when its id follows',
    },
    {
      name: 'node',
      value: 'NODE',
      group: 'OUTPUT',
      help: 'what a node of a graph brought: writer, weather/writer',
    },
    { name: 'json', group: 'OUTPUT', help: 'the result object on standard output' },
  ],
  maxPositionals: 2,

  async run(args, shell) {
    const id = theRun(args, 'runs show');
    const { clock } = await shell.effects();
    if (args.positionals[1] !== undefined && !args.has('calls')) {
      throw new AwpError('usage/bad-argument', `unexpected argument "${args.positionals[1]}"`, {
        hint: `for one call of a model: awp runs show ${id} --calls ${args.positionals[1]}`,
      });
    }
    if (args.has('calls') && args.has('node')) {
      throw new AwpError('usage/bad-option', '--calls and --node show different things', {
        hint: 'give one of them',
      });
    }
    return withHome(shell, args, async ({ store }) => {
      const { run, owner } = await store.find(id);
      if (args.has('calls')) {
        const { showCalls } = await import('../model-calls/show.ts');
        return showCalls(args, shell, { store, run, alive: (owner?.until ?? 0) > clock.now() });
      }
      const state = await loadRun(store, run);
      const node = args.text('node');
      if (node !== undefined) return showNode(nodeAt(state, node), state, { args, shell });
      const result = resultOf(state, `${store.folder(run)}/artifacts`);
      if (args.has('json')) {
        shell.out.write(`${JSON.stringify(resultJson(result), undefined, 2)}\n`);
        return 0;
      }
      const now = clock.now();
      const interrupted = state.status === 'running' && !(owner && owner.until > now);
      shell.out.write(runText({ state, result, now, interrupted }, args, shell));
      return 0;
    });
  },
};

/** What a node brought as JSON; why there is nothing, or not all, on standard error. */
function showNode(
  node: ReturnType<typeof nodeAt>,
  state: RunState,
  { args, shell }: { args: Arguments; shell: Shell },
): number {
  const output = outputOf(node, state);
  const problem = notWhole(node);
  if (problem !== undefined) shell.err.write(`${problem}\n`);
  if (output === undefined) return 0;
  const text = JSON.stringify(output, undefined, 2);
  shell.out.write(`${args.has('json') ? text : block(text)}\n`);
  return 0;
}

interface Shown {
  state: RunState;
  result: RunResult;
  /** Milliseconds since 1970. */
  now: number;
  /** The log has no end, but nobody works on the run any more. */
  interrupted: boolean;
}

function runText(
  { state, result, now, interrupted }: Shown,
  args: Arguments,
  shell: Shell,
): string {
  const style = shell.style(shell.out, args.has('no-color'));
  const home = args.text('home');
  const columns = shell.out.terminal ? shell.out.size().columns : PLAIN_COLUMNS;
  const rows = Number.POSITIVE_INFINITY;
  const tree = treeLines({ state, now, columns, rows, style, interrupted });
  const paths = artifactPaths(result, shell.cwd);
  const place = { state, style, home };
  return [
    forkedText(state),
    `${tree.join('\n')}\n\n${resultText(result)}\n`,
    `${usageLines(state, style).join('\n')}\n`,
    creationText(state),
    taintText(state),
    stateText(state),
    answeredText(place),
    // The ending of a run that came to a halt has what it waits for.
    state.status === 'running' ? waitingText(place) : '',
    endingText({ state, paths, style, home, next: [] }),
    interrupted ? `Resume: ${resumeCommand(state.run, home)}\n` : '',
  ].join('');
}

/** Where a fork comes from. */
function forkedText({ forked }: RunState): string {
  return forked ? `forked from ${forked.from} after its event ${forked.seq}\n` : '';
}
