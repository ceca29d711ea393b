import { dirname, resolve } from 'node:path';
import { AwpError } from '../../base/errors.ts';
import type { VerifyResult } from '../../data/packages.ts';
import type { Arguments, Command } from '../command.ts';
import { counted } from '../diagnostics/summary.ts';
import { filesText, goodText, titleOf } from '../package-text.ts';
import type { Shell } from '../shell.ts';

/** `awp verify`: whether a package is whole and what it claims to be. Nothing is written. */
export const verifyCommand: Command = {
  name: 'verify',
  summary: 'Check a package: archive, sums, names, signature',
  usage: 'FILE [options]',
  examples: [
    'awp verify news-digest-1.0.0.awp.zip',
    'awp verify news-digest-1.0.0.awp.zip --key me.pub',
  ],
  options: [
    {
      name: 'key',
      value: 'PUB',
      group: 'CHECK',
      help: 'public Ed25519 key (PEM) it must be signed by',
    },
    { name: 'json', group: 'OUTPUT', help: 'the result as JSON' },
  ],
  maxPositionals: 1,

  async run(args, shell) {
    const file = packageFile(args, shell, 'verify');
    const effects = await shell.effects();
    const { verify } = await import('../../data/packages.ts');
    const result = await verify(file, { effects, ...keyOption(args, shell) });
    if (args.has('json')) shell.out.write(`${JSON.stringify(result, undefined, 2)}\n`);
    else if (result.ok) {
      const title = `${titleOf(result)} is whole: ${filesText(result.files)}`;
      shell.out.write(goodText({ title, lines: factsOf(result) }, args, shell));
    } else await tellRefused(result, args, shell);
    return result.ok ? 0 : 1;
  },
};

/** Absolute path of the package that was named. Throws `usage/missing-argument`. */
export function packageFile(args: Arguments, shell: Shell, command: string): string {
  const [file] = args.positionals;
  if (file !== undefined) return resolve(shell.cwd, file);
  throw new AwpError('usage/missing-argument', 'no package was named', {
    hint: `awp ${command} news-digest-1.0.0.awp.zip`,
  });
}

/** `--key`, from the working directory. */
export function keyOption(args: Arguments, shell: Shell): { publicKey?: string } {
  const key = args.text('key');
  return key === undefined ? {} : { publicKey: resolve(shell.cwd, key) };
}

/** What else is known of a verified package. */
export function factsOf({ sha256, layout, awpVersion, signature }: VerifyResult): string[] {
  const signed = {
    valid: 'signature: valid',
    invalid: 'signature: not valid',
    unchecked: 'signature: not checked; --key checks it',
    none: 'signature: none',
  };
  const by = layout === 'reference' ? ' (layout of the Python packager)' : '';
  return [`sha256 ${sha256}`, `awp ${awpVersion ?? 'unknown'}${by}`, signed[signature]];
}

async function tellRefused(result: VerifyResult, args: Arguments, shell: Shell): Promise<void> {
  const { prettyDiagnostic } = await import('../diagnostics/pretty.ts');
  const style = shell.style(shell.out, args.has('no-color'));
  const { shownPath } = await import('../diagnostics/shown-path.ts');
  const options = { sources: new Map(), style, shown: shownPath(dirname(result.file), shell.cwd) };
  for (const one of result.diagnostics) shell.out.write(`${prettyDiagnostic(one, options)}\n`);
  const text = `refused: ${counted(result.diagnostics.length, 'problem')}`;
  shell.out.write(`${style.paint('bad', `${style.symbols.bad} ${text}`)}\n`);
}
