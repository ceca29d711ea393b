import { relative, resolve } from 'node:path';
import type { Template } from '../../data/templates/template.ts';
import type { Arguments, Command } from '../command.ts';
import { counted } from '../diagnostics/summary.ts';
import type { Shell } from '../shell.ts';
import { parseChoice } from '../values.ts';

const NAMES = ['hello', 'pipeline', 'delegation', 'tools', 'enterprise'] as const;

/** `awp init`: a workflow folder to start from. */
export const initCommand: Command = {
  name: 'init',
  summary: 'Write a workflow folder to start from',
  usage: '[dir] [options]',
  examples: ['awp init my-flow', 'awp init my-flow --template pipeline --yes'],
  options: [
    { name: 'template', value: 'NAME', group: 'WRITE', help: NAMES.join(', ') },
    { name: 'yes', group: 'WRITE', help: 'ask nothing; the template is delegation unless named' },
    { name: 'force', group: 'WRITE', help: 'write over files that differ' },
    { name: 'no-git', group: 'WRITE', rare: true, help: 'leave .gitignore alone' },
  ],
  maxPositionals: 1,

  async run(args, shell) {
    const template = await chosen(args, shell);
    const folder = resolve(shell.cwd, args.positionals[0] ?? '.');
    const { files } = await shell.effects();
    const { init } = await import('../../data/init.ts');
    const options = { template, files, force: args.has('force'), git: !args.has('no-git') };
    const { written, report } = await init(folder, options);
    const shown = relative(shell.cwd, folder) || '.';
    const agents = report.workflow.agents.size;
    const lines = written
      .filter((path) => !path.startsWith('.'))
      .map((path, index) => `${index === 0 ? 'created' : '       '}  ${shown}/${path}`);
    const editors = written.filter((path) => path.startsWith('.')).length;
    if (editors > 0)
      lines.push(`         and ${counted(editors, 'file')} for editors, secrets and git`);
    if (written.length === 0) lines.push('nothing to do: all files are there');
    lines.push(
      `checked  ${counted(report.errors, 'error')}, ${counted(report.warnings, 'warning')}; ${counted(agents, 'agent')}, level ${template.level}`,
      `next     ${shown === '.' ? '' : `cd ${quoted(shown)} && `}${report.ok ? template.next : 'awp validate'}`,
    );
    shell.out.write(`${lines.join('\n')}\n`);
    return report.ok ? 0 : 1;
  },
};

async function chosen(args: Arguments, shell: Shell): Promise<Template> {
  const { templates } = await import('../../data/templates/index.ts');
  const [first] = templates;
  let name = args.text('template');
  if (name === undefined && shell.interactive && !args.has('yes')) {
    const list = templates.map(
      (one, index) => `  ${index + 1}  ${one.name.padEnd(11)} ${one.summary} (${one.level})`,
    );
    shell.out.write(`Which template?\n${list.join('\n')}\n`);
    const answer = (await shell.ask('number or name [1]: ')).trim();
    name = templates[Number(answer || '1') - 1]?.name ?? answer;
  }
  const wanted = parseChoice('template', name ?? first?.name ?? 'delegation', NAMES);
  const found = templates.find((one) => one.name === wanted) ?? first;
  if (!found) throw new Error('there is no template');
  return found;
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `"${path}"`;
}
