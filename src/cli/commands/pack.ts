import { resolve } from 'node:path';
import type { PackResult } from '../../data/packages.ts';
import type { Command } from '../command.ts';
import { answerJson, filesText, goodText, sizeText } from '../package-text.ts';
import { oneLine } from '../text.ts';

/** `awp pack`: a workflow folder as one verified file. */
export const packCommand: Command = {
  name: 'pack',
  summary: 'Pack a workflow folder as one file to pass on',
  usage: '[folder] [options]',
  examples: ['awp pack', 'awp pack ./research-pipeline -o dist', 'awp pack --list'],
  options: [
    {
      name: 'output',
      short: 'o',
      value: 'FILE',
      group: 'PACKAGE',
      help: 'file or folder to write to; else <name>-<version>.awp.zip here',
    },
    { name: 'list', group: 'PACKAGE', help: 'only show what would be packed, and what stays out' },
    {
      name: 'sign',
      value: 'KEY',
      group: 'PACKAGE',
      help: 'private Ed25519 key (PEM): writes .sig',
    },
    { name: 'allow-secrets', group: 'PACKAGE', help: 'pack what looks like a key, but is none' },
    { name: 'json', group: 'OUTPUT', help: 'the result as JSON' },
  ],
  maxPositionals: 1,

  async run(args, shell) {
    const folder = resolve(shell.cwd, args.positionals[0] ?? '.');
    const effects = await shell.effects();
    const { pack } = await import('../../data/packages.ts');
    const key = args.text('sign');
    const dryRun = args.has('list');
    const work = (): Promise<PackResult> =>
      pack(folder, {
        effects,
        dryRun,
        output: resolve(shell.cwd, args.text('output') ?? '.'),
        allowSecrets: args.has('allow-secrets'),
        ...(key !== undefined && { signKey: resolve(shell.cwd, key) }),
      });
    if (args.has('json')) return answerJson(shell, work);
    const result = await work();
    if (dryRun) shell.out.write(listText(result));
    else {
      const title = `packed ${result.name} ${result.version}: ${filesText(result.files)}`;
      const lines = [`${result.file} (${sizeText(result.bytes)})`, `sha256 ${result.sha256}`];
      const signed = result.signatureFile === undefined ? [] : [`signed: ${result.signatureFile}`];
      shell.out.write(goodText({ title, lines: [...lines, ...signed] }, args, shell));
    }
    return 0;
  },
};

const REASONS = {
  always: 'never packed',
  default: 'left out by default',
  '.awpignore': 'left out by .awpignore',
} as const;

function listText({ files, excluded, name, version }: PackResult): string {
  const packed = files.map(({ path, size }) => `${sizeText(size).padStart(9)}  ${oneLine(path)}\n`);
  const out = excluded.map(
    ({ path, why }) => `${'-'.padStart(9)}  ${oneLine(path)}  (${REASONS[why]})\n`,
  );
  return `${name}-${version}.awp.zip: ${filesText(files)}\n${packed.join('')}${out.join('')}`;
}
