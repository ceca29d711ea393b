import { AwpError } from '../../base/errors.ts';
import { resultJson, resultOf } from '../../events/result.ts';
import { answeredText, waitingText } from '../approvals/approval-text.ts';
import type { Command } from '../command.ts';
import { loadRun } from '../load-run.ts';
import { withHome } from '../open-home.ts';
import { endingText } from '../progress/summary.ts';
import { treeLines } from '../progress/tree.ts';
import { usageLines } from '../progress/usage.ts';
import { artifactPaths, resultText } from '../result-text.ts';
import { resumeCommand } from '../suggest.ts';
import { theRun } from '../the-run.ts';

/** Width of the tree when the output is not a terminal. */
const PLAIN_COLUMNS = 120;

/** `awp runs show ID`: one run as it stands now, also while another process works on it. */
export const runsShowCommand: Command = {
  name: 'runs show',
  summary: 'Show a run: its agents, result, files and what it used',
  usage: 'ID [--calls [CALL]] [options]',
  examples: [
    'awp runs show r-7f3a',
    'awp runs show r-7f3a --json',
    'awp runs show r-7f3a --calls 2.1/3',
  ],
  options: [
    {
      name: 'calls',
      group: 'OUTPUT',
      help: 'the calls of models; one in full when its id follows',
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
    return withHome(shell, args, async ({ store }) => {
      const { run, owner } = await store.find(id);
      if (args.has('calls')) {
        const { showCalls } = await import('../model-calls/show.ts');
        return showCalls(args, shell, { store, run, alive: (owner?.until ?? 0) > clock.now() });
      }
      const state = await loadRun(store, run);
      const result = resultOf(state, `${store.folder(run)}/artifacts`);
      if (args.has('json')) {
        shell.out.write(`${JSON.stringify(resultJson(result), undefined, 2)}\n`);
        return 0;
      }
      const style = shell.style(shell.out, args.has('no-color'));
      const columns = shell.out.terminal ? shell.out.size().columns : PLAIN_COLUMNS;
      const now = clock.now();
      const interrupted = state.status === 'running' && !(owner && owner.until > now);
      const rows = Number.POSITIVE_INFINITY;
      const tree = treeLines({ state, now, columns, rows, style, interrupted });
      const paths = artifactPaths(result, shell.cwd);
      const ending = endingText({ state, paths, style, home: args.text('home'), next: [] });
      shell.out.write(`${tree.join('\n')}\n\n${resultText(result)}\n`);
      shell.out.write(`${usageLines(state, style).join('\n')}\n`);
      const place = { state, style, home: args.text('home') };
      // The ending of a run that came to a halt has what it waits for.
      const waiting = state.status === 'running' ? waitingText(place) : '';
      shell.out.write(answeredText(place) + waiting + ending);
      if (interrupted) shell.out.write(`Resume: ${resumeCommand(run, args.text('home'))}\n`);
      return 0;
    });
  },
};
