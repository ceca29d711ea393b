import { AwpError } from '../base/errors.ts';
import type { PackedFile } from '../packager/manifest.ts';
import type { Arguments } from './command.ts';
import { counted } from './diagnostics/summary.ts';
import type { Shell } from './shell.ts';
import { oneLine } from './text.ts';

/** A size as people read it: `812 B`, `3.4 kB`, `12.0 MB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Name and version, if there is one. */
export function titleOf({
  name,
  version,
}: {
  name: string | undefined;
  version?: string | undefined;
}): string {
  return [name, version].filter((part) => part !== undefined).join(' ');
}

/** `12 files, 34.0 kB`. */
export function filesText(files: readonly PackedFile[]): string {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  return `${counted(files.length, 'file')}, ${sizeText(total)}`;
}

/** A good ending with its mark, and lines below it. */
export function goodText(
  { title, lines }: { title: string; lines: readonly string[] },
  args: Arguments,
  shell: Shell,
): string {
  const style = shell.style(shell.out, args.has('no-color'));
  const rest = lines.map((line) => `  ${oneLine(line)}\n`).join('');
  return `${style.paint('ok', `${style.symbols.ok} ${oneLine(title)}`)}\n${rest}`;
}

/**
 * Does the work of a command with `--json`: its result as one object, and findings that it was
 * refused for as one too. Other errors are thrown on.
 */
export async function answerJson(shell: Shell, work: () => Promise<object>): Promise<number> {
  const write = (value: object): void =>
    shell.out.write(`${JSON.stringify(value, undefined, 2)}\n`);
  try {
    write({ ok: true, ...(await work()) });
    return 0;
  } catch (error) {
    if (!(error instanceof AwpError) || !error.findings) throw error;
    const { code, message, hint, findings } = error;
    write({ ok: false, code, message, hint, diagnostics: findings.diagnostics });
    return 1;
  }
}
