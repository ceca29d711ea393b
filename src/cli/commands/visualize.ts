import { resolve } from 'node:path';
import type { RunState } from '../../events/state.ts';
import type { Arguments, Command } from '../command.ts';
import { loadRun } from '../load-run.ts';
import { withHome } from '../open-home.ts';
import type { Shell } from '../shell.ts';
import { oneLine } from '../text.ts';
import { parseChoice } from '../values.ts';
import { writeOutput } from '../write-output.ts';

const FORMATS = ['ascii', 'mermaid'] as const;
const DIRECTIONS = ['TD', 'LR'] as const;
/** Width of a drawing that goes to a file or another program. */
const COLUMNS = 100;

/** `awp visualize`: a workflow as a drawing. */
export const visualizeCommand: Command = {
  name: 'visualize',
  summary: 'Draw a workflow, for the terminal or as Mermaid',
  usage: '[path] [options]',
  examples: ['awp visualize', 'awp visualize ./research-pipeline --format mermaid -o flow.mmd'],
  options: [
    { name: 'format', value: 'NAME', group: 'DRAW', help: 'ascii (the default) or mermaid' },
    { name: 'direction', value: 'TD|LR', group: 'DRAW', help: 'of Mermaid: down, or to the right' },
    { name: 'run', value: 'ID', group: 'DRAW', help: 'with status and duration of that run' },
    { name: 'output', short: 'o', value: 'FILE', group: 'OUTPUT', help: 'write it to a file' },
  ],
  maxPositionals: 1,

  async run(args, shell) {
    const path = resolve(shell.cwd, args.positionals[0] ?? '.');
    const format = parseChoice('format', args.text('format') ?? 'ascii', FORMATS);
    const direction = parseChoice('direction', args.text('direction') ?? 'TD', DIRECTIONS);
    const { files, clock } = await shell.effects();
    const { draw } = await import('../../data/draw.ts');
    const state = await stateOf(args, shell);
    const output = args.text('output');
    const file = output !== undefined || !shell.out.terminal;
    const text = await draw(path, {
      format,
      direction,
      files,
      width: file ? COLUMNS : shell.out.size().columns,
      ascii: shell.style(shell.out, true).symbols.ok !== '✓',
      ...(state && { state, now: clock.now() }),
      onNote: (note) => shell.err.write(`note: ${oneLine(note)}\n`),
    });
    await writeOutput(text, output, shell);
    return 0;
  },
};

async function stateOf(args: Arguments, shell: Shell): Promise<RunState | undefined> {
  const id = args.text('run');
  if (id === undefined) return undefined;
  return withHome(shell, args, async ({ store }) => loadRun(store, (await store.find(id)).run));
}
