import { resolve } from 'node:path';
import type { RunSkill } from '../../data/run-skills.ts';
import type { WorkflowSkill } from '../../data/workflow-skill-list.ts';
import type { Arguments, Command } from '../command.ts';
import { withHome } from '../open-home.ts';
import type { Shell } from '../shell.ts';
import { cut, oneLine, pad, widthOf } from '../text.ts';

/** Columns when the output is not a terminal. */
const PLAIN_COLUMNS = 120;

interface Row {
  name: string;
  /** Where it is from. */
  from: string;
  description: string;
}

/** `awp skills list`: the skills of a run, with those that its managers wrote, or of a workflow. */
export const skillsListCommand: Command = {
  name: 'skills list',
  summary: 'List skills of a run, with those that its managers wrote, or of a workflow',
  usage: '[RUN | DIR] [options]',
  examples: ['awp skills', 'awp skills list r-7f3a', 'awp skills list my-workflow --json'],
  options: [{ name: 'json', group: 'OUTPUT', help: 'a JSON array on standard output' }],
  maxPositionals: 1,

  async run(args, shell) {
    const [named = '.'] = args.positionals;
    const effects = await shell.effects();
    const path = resolve(shell.cwd, named);
    const kind = (await effects.files.info(path))?.kind;
    // No id of a run looks like a path; a folder with the name of a run is what is there to see.
    if (kind === 'folder' || kind === 'link' || /[/\\]|\.ya?ml$/.test(named)) {
      const { skillsOfWorkflow } = await import('../../data/workflow-skill-list.ts');
      const skills = await skillsOfWorkflow(path, effects);
      return show({ rows: skills.map(workflowRow), json: skills.map(workflowJson) }, args, shell);
    }
    return withHome(shell, args, async ({ store }) => {
      const { skillsOfRun } = await import('../../data/run-skills.ts');
      const { run } = await store.find(named);
      const { skills } = await skillsOfRun(store, run);
      return show({ rows: skills.map(runRow), json: skills.map(runJson) }, args, shell);
    });
  },
};

function show(
  { rows, json }: { rows: readonly Row[]; json: readonly object[] },
  args: Arguments,
  shell: Shell,
): number {
  if (args.has('json')) {
    shell.out.write(`${JSON.stringify(json, undefined, 2)}\n`);
    return 0;
  }
  if (rows.length === 0) {
    shell.err.write('there are no skills\n');
    return 0;
  }
  const lines = rows.map(({ name, from, description }) => [name, from, description].map(oneLine));
  const widths = [0, 1].map((at) => Math.max(...lines.map((line) => widthOf(line[at] ?? ''))));
  const columns = shell.out.terminal ? shell.out.size().columns : PLAIN_COLUMNS;
  for (const line of lines) {
    const cells = line.map((cell, at) => pad(cell, widths[at] ?? 0));
    shell.out.write(`${cut(cells.join('  ').trimEnd(), columns)}\n`);
  }
  return 0;
}

function runRow({ name, origin, written, description }: RunSkill): Row {
  return { name, from: written ? `by ${written.by}` : origin, description };
}

function runJson({ name, origin, written, description, chars, sha256 }: RunSkill): object {
  const by = { creator: written?.by ?? null, created_at: written?.at ?? null };
  return { name, origin, ...by, description, chars, sha256 };
}

function workflowRow({ name, from, description }: WorkflowSkill): Row {
  return { name, from, description };
}

function workflowJson({ name, origin, from, version, description }: WorkflowSkill): object {
  return { name, origin, from, version: version ?? null, description };
}
