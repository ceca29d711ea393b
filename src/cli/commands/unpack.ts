import { resolve } from 'node:path';
import type { UnpackResult } from '../../data/packages.ts';
import type { Command } from '../command.ts';
import { answerJson, filesText, goodText, titleOf } from '../package-text.ts';
import { factsOf, keyOption, packageFile } from './verify.ts';

/** `awp unpack`: verifies a package and writes its folder. */
export const unpackCommand: Command = {
  name: 'unpack',
  summary: 'Verify a package and write its workflow folder',
  usage: 'FILE [options]',
  examples: [
    'awp unpack news-digest-1.0.0.awp.zip',
    'awp unpack news-digest-1.0.0.awp.zip -o copy',
  ],
  options: [
    {
      name: 'output',
      short: 'o',
      value: 'DIR',
      group: 'PACKAGE',
      help: 'folder to make; else one with the name of the workflow here',
    },
    { name: 'force', group: 'PACKAGE', help: 'put a workflow that is there aside, as DIR.old' },
    {
      name: 'key',
      value: 'PUB',
      group: 'PACKAGE',
      help: 'public Ed25519 key (PEM) it must be signed by',
    },
    { name: 'json', group: 'OUTPUT', help: 'the result as JSON' },
  ],
  maxPositionals: 1,

  async run(args, shell) {
    const file = packageFile(args, shell, 'unpack');
    const effects = await shell.effects();
    const { unpack } = await import('../../data/packages.ts');
    const output = args.text('output');
    const work = (): Promise<UnpackResult> =>
      unpack(file, {
        effects,
        cwd: shell.cwd,
        force: args.has('force'),
        ...(output !== undefined && { output: resolve(shell.cwd, output) }),
        ...keyOption(args, shell),
      });
    if (args.has('json')) return answerJson(shell, work);
    const result = await work();
    const title = `unpacked ${titleOf(result)}: ${filesText(result.files)}`;
    const old = result.replaced === undefined ? [] : [`the old folder is now ${result.replaced}`];
    const lines = [result.folder, ...old, ...factsOf(result)];
    shell.out.write(goodText({ title, lines }, args, shell));
    return 0;
  },
};
