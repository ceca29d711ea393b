import { resolve } from 'node:path';
import type { SecretRow } from '../../data/secret-list.ts';
import type { Command } from '../command.ts';
import type { Shell } from '../shell.ts';
import { oneLine, pad, widthOf } from '../text.ts';

/** `awp secrets list`: names, where each comes from, and since when; never a value. */
export const secretsListCommand: Command = {
  name: 'secrets list',
  summary: 'List secrets: names, where each comes from, dates; never values',
  usage: '[WORKFLOW] [options]',
  examples: ['awp secrets', 'awp secrets list my-workflow', 'awp secrets list --json'],
  options: [{ name: 'json', group: 'OUTPUT', help: 'a JSON array on standard output' }],
  maxPositionals: 1,

  async run(args, shell) {
    const [folder] = args.positionals;
    const { storedSecrets, workflowSecretRows } = await import('../../data/secret-list.ts');
    const effects = await shell.effects();
    const rows =
      folder === undefined
        ? storedSecrets(effects)
        : await workflowSecretRows(resolve(shell.cwd, folder), effects);
    if (args.has('json')) {
      shell.out.write(`${JSON.stringify(rows.map(asJson), undefined, 2)}\n`);
    } else {
      writeRows(rows, shell, folder);
    }
    return rows.some(({ from, required }) => required === true && from === undefined) ? 1 : 0;
  },
};

function writeRows(rows: readonly SecretRow[], shell: Shell, folder: string | undefined): void {
  if (rows.length === 0) {
    const none =
      folder === undefined
        ? 'the store has no secrets; awp secrets set NAME keeps one'
        : 'the workflow declares no secrets';
    shell.err.write(`${none}\n`);
    return;
  }
  const lines = rows.map((row) => [oneLine(row.name), sourceWords(row), row.setAt ?? '']);
  const widths = [0, 1].map((at) => Math.max(...lines.map((line) => widthOf(line[at] ?? ''))));
  for (const line of lines) {
    const cells = line.map((cell, at) => pad(cell, widths[at] ?? 0));
    shell.out.write(`${cells.join('  ').trimEnd()}\n`);
  }
}

function sourceWords({ from, required, file }: SecretRow): string {
  switch (from) {
    case undefined:
      return required === true ? 'missing' : 'not set, optional';
    case 'store':
      return 'store';
    case 'environment':
      return 'environment';
    case '.env':
      return '.env of the workflow';
    case 'file':
      return `${oneLine(file ?? 'secrets.yaml')} of the workflow`;
    case 'default':
      return 'default of the workflow';
    case 'api':
      return 'given';
  }
}

function asJson({ name, from, setAt, required }: SecretRow): object {
  return {
    name,
    from: from ?? null,
    set_at: setAt ?? null,
    ...(required !== undefined && { required }),
  };
}
