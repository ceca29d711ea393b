import { AwpError } from '../../base/errors.ts';
import type { ToolEntry } from '../../data/kept-tools.ts';
import type { RunCheck, RunTool } from '../../data/run-tools.ts';
import type { Arguments, Command } from '../command.ts';
import { counted } from '../diagnostics/summary.ts';
import { withHome } from '../open-home.ts';
import type { Shell } from '../shell.ts';
import { block, oneLine } from '../text.ts';
import { draftText, entryJson, runToolJson, withPlaces } from '../tool-text.ts';

/** `awp tools show`: one tool with its source, who made it, and what it went through. */
export const toolsShowCommand: Command = {
  name: 'tools show',
  summary: 'Show a tool: arguments, source, who made it and how it was checked',
  usage: '[RUN] NAME [options]',
  examples: ['awp tools show data.query', 'awp tools show r-7f3a stats.mean'],
  options: [
    {
      name: 'dir',
      value: 'DIR',
      group: 'TOOLS',
      help: 'folder of the workflow; else the nearest one upward from here',
    },
    { name: 'json', group: 'OUTPUT', help: 'one JSON object on standard output' },
  ],
  maxPositionals: 2,

  async run(args, shell) {
    const [first, second] = args.positionals;
    if (first === undefined) {
      throw new AwpError('usage/missing-argument', 'tools show takes the name of a tool', {
        hint: 'awp tools list shows them; with a run before it: awp tools show RUN NAME',
      });
    }
    if (second === undefined) return showEntry(first, args, shell);
    return showOfRun({ id: first, name: second }, args, shell);
  },
};

async function showEntry(name: string, args: Arguments, shell: Shell): Promise<number> {
  const { entriesOf, findTools } = await import('../../data/kept-tools.ts');
  const { entries } = await findTools(await withPlaces(args, shell));
  const found = entriesOf(name, entries);
  if (args.has('json')) return writeJson(found.map(entryJson)[0], shell);
  shell.out.write(found.map(entryText).join('\n'));
  return 0;
}

function entryText(entry: ToolEntry): string {
  if ('problem' in entry) {
    const { error, hint } = entry.problem;
    return `${oneLine(entry.name)}\n  ${oneLine(entry.path)}\n  no tool: ${oneLine(error)}\n  ${oneLine(hint)}\n`;
  }
  if (entry.from === 'ships') {
    const { description, parameters } = entry.tool;
    const shown = JSON.stringify(parameters, undefined, 2);
    return `${entry.name}\n  ships\n\n${block(description)}\n\narguments:\n${block(shown)}\n`;
  }
  const { draft, creator, createdAt, run, hash, repairs } = entry.tool;
  return draftText(draft, [
    entry.from === 'kept' ? 'kept by a run' : 'promoted by a person',
    `made by ${creator}${run === undefined ? '' : ` in ${run}`}${createdAt === undefined ? '' : `, ${createdAt}`}`,
    ...(repairs > 0 ? [`repaired: ${counted(repairs, 'time')}`] : []),
    ...(hash === undefined ? [] : [`SHA-256 ${hash}`]),
    entry.path,
  ]);
}

async function showOfRun(
  { id, name }: { id: string; name: string },
  args: Arguments,
  shell: Shell,
): Promise<number> {
  const [{ toolsOfRun }, { unknownTool }] = await Promise.all([
    import('../../data/run-tools.ts'),
    import('../../data/kept-tools.ts'),
  ]);
  const { run, tools, checks } = await withHome(shell, args, async ({ store }) => {
    const { run: whole } = await store.find(id);
    return { run: whole, ...(await toolsOfRun(store, whole)) };
  });
  const found = tools.filter((one) => one.name === name);
  const [first] = found;
  if (!first) {
    const names = tools.map((one) => one.name);
    throw unknownTool(name, names, `awp tools list ${run} shows what the run has`);
  }
  const own = checks.filter((one) => one.name === name);
  if (args.has('json')) return writeJson({ ...runToolJson(first), checks: own }, shell);
  shell.out.write(`${found.map(runToolText).join('\n')}${checksText(own)}`);
  return 0;
}

function runToolText({ name, state, creator, calls, reused, tool, proposal, problem }: RunTool) {
  const by = creator === undefined ? '' : ` by ${creator}`;
  if (problem) {
    const { status, stage, error, hint } = problem;
    return `${oneLine(name)}\n  refused, ${status} at ${stage}${oneLine(by)}: ${oneLine(error)}\n  ${oneLine(hint)}\n`;
  }
  if (proposal) return draftText(proposal, [`proposed: the same program${by}`]);
  if (!tool) return '';
  const { createdAt, hash, repairs } = tool;
  return draftText(tool, [
    `${state}${by}, ${createdAt}`,
    `${counted(calls, 'call')}, ${reused} of them by others than its maker`,
    ...(repairs > 0 ? [`repaired: ${counted(repairs, 'time')}`] : []),
    `SHA-256 ${hash}`,
  ]);
}

/** The stages of its drafts, one line each. */
function checksText(checks: readonly RunCheck[]): string {
  if (checks.length === 0) return '';
  const lines = checks.map(({ attempt, stage, ok, ms, problem }) => {
    const why = problem ? `: ${problem.status} ${problem.error}` : '';
    const what = attempt === 0 ? 'draft' : `repair ${attempt}`;
    return `  ${what}  ${stage}  ${ok ? 'ok' : 'refused'}  ${ms} ms${oneLine(why)}`;
  });
  return `\nchecks:\n${lines.join('\n')}\n`;
}

function writeJson(value: unknown, shell: Shell): number {
  shell.out.write(`${JSON.stringify(value, undefined, 2)}\n`);
  return 0;
}
