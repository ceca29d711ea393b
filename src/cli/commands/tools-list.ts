import type { ToolEntry } from '../../data/kept-tools.ts';
import type { RunTool } from '../../data/run-tools.ts';
import type { Arguments, Command } from '../command.ts';
import { withHome } from '../open-home.ts';
import type { Shell } from '../shell.ts';
import { cut, oneLine, pad, widthOf } from '../text.ts';
import { entryColumns, entryJson, runToolColumns, runToolJson, withPlaces } from '../tool-text.ts';

/** Columns when the output is no terminal. */
const PLAIN_COLUMNS = 160;
/** Widest column but the last. */
const MOST_COLUMNS = 40;

/** `awp tools list`: tools that ship, that a person promoted, that runs kept; or those of one run. */
export const toolsListCommand: Command = {
  name: 'tools list',
  summary: 'List tools: those that ship, of the project, kept ones; or those of a run',
  usage: '[RUN] [options]',
  examples: ['awp tools', 'awp tools list --dir my-workflow --json', 'awp tools list r-7f3a'],
  options: [
    {
      name: 'dir',
      value: 'DIR',
      group: 'TOOLS',
      help: 'folder of the workflow; else the nearest one upward from here',
    },
    { name: 'json', group: 'OUTPUT', help: 'a JSON array on standard output' },
  ],
  maxPositionals: 1,

  async run(args, shell) {
    const [run] = args.positionals;
    return run === undefined ? listAll(args, shell) : listOfRun(run, args, shell);
  },
};

async function listAll(args: Arguments, shell: Shell): Promise<number> {
  const { findTools } = await import('../../data/kept-tools.ts');
  const { entries, notes } = await findTools(await withPlaces(args, shell));
  for (const note of notes) shell.err.write(`${oneLine(note)}\n`);
  if (args.has('json')) writeJson(entries.map(entryJson), shell);
  else
    writeRows(
      entries.map((one: ToolEntry) => entryColumns(one)),
      shell,
    );
  return 0;
}

async function listOfRun(id: string, args: Arguments, shell: Shell): Promise<number> {
  const { toolsOfRun } = await import('../../data/run-tools.ts');
  const { run, tools } = await withHome(shell, args, async ({ store }) => {
    const { run: whole } = await store.find(id);
    return { run: whole, ...(await toolsOfRun(store, whole)) };
  });
  if (args.has('json')) writeJson(tools.map(runToolJson), shell);
  else if (tools.length === 0) shell.err.write(`no tool was made in the run ${run}\n`);
  else
    writeRows(
      tools.map((one: RunTool) => runToolColumns(one)),
      shell,
    );
  return 0;
}

function writeJson(rows: readonly object[], shell: Shell): void {
  shell.out.write(`${JSON.stringify(rows, undefined, 2)}\n`);
}

/** Rows of columns that are as wide as they need to be; the last one takes what is left. */
function writeRows(rows: readonly (readonly string[])[], shell: Shell): void {
  const { ellipsis } = shell.style(shell.out, true).symbols;
  const columns = shell.out.terminal ? shell.out.size().columns : PLAIN_COLUMNS;
  const safe = rows.map((row) => row.map((cell) => oneLine(cell)));
  const most = Math.max(0, ...safe.map((row) => row.length - 1));
  const widths = Array.from({ length: most }, (_, at) =>
    Math.min(MOST_COLUMNS, Math.max(...safe.map((row) => widthOf(row[at] ?? '')))),
  );
  for (const row of safe) {
    const cells = row.map((cell, at) => {
      const width = widths[at];
      return width === undefined ? cell : pad(cut(cell, width, ellipsis), width);
    });
    shell.out.write(`${cut(cells.join('  ').trimEnd(), columns, ellipsis)}\n`);
  }
}
