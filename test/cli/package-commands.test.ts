import { generateKeyPairSync } from 'node:crypto';
import { cpSync, existsSync, realpathSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/arguments.ts';
import type { Command } from '../../src/cli/command.ts';
import { packCommand } from '../../src/cli/commands/pack.ts';
import { unpackCommand } from '../../src/cli/commands/unpack.ts';
import { verifyCommand } from '../../src/cli/commands/verify.ts';
import { sizeText } from '../../src/cli/package-text.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { temporaryFolder } from '../make.ts';
import { type FakeShell, fakeShell } from './fake-shell.ts';

const HELLO = resolve(import.meta.dirname, '../../examples/hello');
const PACKAGE = 'hello-1.0.0.awp.zip';

let place: { path: string } & Disposable;
let cwd: string;
beforeEach(() => {
  place = temporaryFolder();
  cwd = realpathSync(place.path);
});
afterEach(() => place[Symbol.dispose]());

/** Runs a command in the temporary folder. */
async function run(
  command: Command,
  ...words: string[]
): Promise<{ code: number; shell: FakeShell }> {
  const shell = fakeShell({ cwd, effects: nodeEffects() });
  return { code: await command.run(parseArguments(words, command), shell), shell };
}

describe('awp pack, verify and unpack', () => {
  it('pack a folder, verify the file, and write the folder again', async () => {
    const packed = await run(packCommand, HELLO);
    expect(packed.code).toBe(0);
    expect(packed.shell.out.text()).toMatch(
      /^✓ packed hello 1\.0\.0: 4 files, [\d.]+ k?B\n {2}\/.*hello-1\.0\.0\.awp\.zip \(.*\)\n {2}sha256 [0-9a-f]{64}\n$/,
    );
    const verified = await run(verifyCommand, PACKAGE);
    expect(verified.code).toBe(0);
    expect(verified.shell.out.text()).toMatch(
      /^✓ hello 1\.0\.0 is whole: 4 files.*\n.*\n {2}awp 1\.0\.0\n {2}signature: none\n$/,
    );
    const unpacked = await run(unpackCommand, PACKAGE);
    expect(unpacked.code).toBe(0);
    expect(unpacked.shell.out.text()).toContain('✓ unpacked hello 1.0.0: 4 files');
    expect(existsSync(join(cwd, 'hello/workflow.awp.yaml'))).toBe(true);
    const again = await run(unpackCommand, PACKAGE, '--force');
    expect(again.shell.out.text()).toContain(`the old folder is now ${join(cwd, 'hello.old')}`);
    const beside = await run(unpackCommand, PACKAGE, '-o', 'copy');
    expect(beside.shell.out.text()).toContain(join(cwd, 'copy'));
  });

  it('list what would be packed, and why something stays out', async () => {
    cpSync(HELLO, join(cwd, 'hello'), { recursive: true });
    writeFileSync(join(cwd, 'hello/.env'), 'X=1');
    writeFileSync(join(cwd, 'hello/.awpignore'), 'README.md\n');
    const { shell } = await run(packCommand, 'hello', '--list');
    expect(shell.out.text()).toMatch(/^hello-1\.0\.0\.awp\.zip: 4 files, /);
    expect(shell.out.text()).toContain('-  .env  (never packed)\n');
    expect(shell.out.text()).toContain('-  README.md  (left out by .awpignore)\n');
    expect(shell.out.text()).toMatch(/ B {2}agents\/greeter\/agent\.awp\.yaml\n/);
    expect(existsSync(join(cwd, PACKAGE))).toBe(false);
  });

  it('pack the working directory when no folder is named', async () => {
    cpSync(HELLO, join(cwd, 'hello'), { recursive: true });
    cwd = join(cwd, 'hello');
    await run(packCommand);
    expect(existsSync(join(cwd, PACKAGE))).toBe(true);
    const { shell } = await run(packCommand, '--list');
    expect(shell.out.text()).toContain(`-  ${PACKAGE}  (left out by default)`);
  });

  it('sign and check signatures', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    writeFileSync(join(cwd, 'key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(join(cwd, 'pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    const { shell } = await run(packCommand, HELLO, '--sign', 'key', '-o', 'a.awp.zip');
    expect(shell.out.text()).toContain(`signed: ${join(cwd, 'a.awp.zip.sig')}`);
    const plain = await run(verifyCommand, 'a.awp.zip');
    expect(plain.shell.out.text()).toContain('signature: not checked; --key checks it');
    const checked = await run(verifyCommand, 'a.awp.zip', '--key', 'pub');
    expect(checked.shell.out.text()).toContain('signature: valid');
    const unpacked = await run(unpackCommand, 'a.awp.zip', '--key', 'pub');
    expect(unpacked.shell.out.text()).toContain('signature: valid');
  });

  it('show why a package is refused, and exit with 1', async () => {
    writeFileSync(join(cwd, 'bad.awp.zip'), 'nothing of the kind, whatever its name may say');
    const { code, shell } = await run(verifyCommand, 'bad.awp.zip');
    expect(code).toBe(1);
    expect(shell.out.text()).toContain('error[P1]: this is no ZIP archive, or it was cut short');
    expect(shell.out.text()).toContain('--> bad.awp.zip:1:1');
    expect(shell.out.text()).toMatch(/✗ refused: 1 problem\n$/);
    await expect(run(unpackCommand, 'bad.awp.zip')).rejects.toMatchObject({
      code: 'spec/package-refused',
      message: 'bad.awp.zip: this is no ZIP archive, or it was cut short',
    });
  });

  it('answer in JSON, also when they refuse', async () => {
    const json = async (command: Command, ...words: string[]) => {
      const { code, shell } = await run(command, ...words, '--json');
      return { code, ...JSON.parse(shell.out.text()) };
    };
    expect(await json(packCommand, HELLO)).toMatchObject({ code: 0, ok: true, name: 'hello' });
    expect(await json(verifyCommand, PACKAGE)).toMatchObject({ code: 0, ok: true, layout: 'awp' });
    expect(await json(unpackCommand, PACKAGE)).toMatchObject({
      code: 0,
      ok: true,
      folder: join(cwd, 'hello'),
    });
    writeFileSync(join(cwd, 'hello/manifest.json'), '{}');
    const refused = { ok: false, code: 'spec/package-refused' };
    expect(await json(packCommand, 'hello')).toMatchObject({
      ...refused,
      diagnostics: [{ rule: 'P16' }],
    });
    writeFileSync(join(cwd, 'bad.awp.zip'), '');
    expect(await json(verifyCommand, 'bad.awp.zip')).toMatchObject({ code: 1, ok: false });
    expect(await json(unpackCommand, 'bad.awp.zip')).toMatchObject({
      ...refused,
      diagnostics: [{ rule: 'P1' }],
    });
    await expect(run(unpackCommand, PACKAGE, '--json')).rejects.toMatchObject({
      code: 'usage/target-exists',
    });
    await expect(run(packCommand, 'nowhere', '--json')).rejects.toMatchObject({
      code: 'spec/no-workflow',
    });
  });

  it('say which package is missing', async () => {
    for (const command of [verifyCommand, unpackCommand]) {
      await expect(run(command)).rejects.toMatchObject({ code: 'usage/missing-argument' });
      await expect(run(command, 'none.awp.zip')).rejects.toMatchObject({ code: 'spec/no-package' });
    }
  });

  it('show names from packages without letting them do anything', async () => {
    const { archiveOf } = await import('../packager/make-package.ts');
    writeFileSync(join(cwd, 'bad.awp.zip'), await archiveOf({ 'a/\u001b[31mred\u202e': 'x' }));
    const { shell } = await run(verifyCommand, 'bad.awp.zip', '--no-color');
    expect(shell.out.text()).toContain('P2');
    for (const mark of ['\u001b', '\u202e']) expect(shell.out.text()).not.toContain(mark);
  });
});

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [12_345_678, '12.3 MB'],
  ])('of %s bytes are %s', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });
});
