import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { privateFile } from '../../src/effects/private-file.ts';
import { temporaryFolder } from '../make.ts';

let folder: ReturnType<typeof temporaryFolder>;
let path: string;

beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, 'user/awp/secrets.json');
});
afterEach(() => folder[Symbol.dispose]());

function put(text: string, mode = 0o600): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, text);
  chmodSync(path, mode);
}

const modeOf = (of: string): string => (statSync(of).mode & 0o777).toString(8);

describe('a private file', () => {
  it('is nothing before it is written, and leaves no trace when it is read', () => {
    expect(privateFile(path).read()).toBeUndefined();
    expect(existsSync(dirname(path))).toBe(false);
  });

  it('is written for its owner alone, whatever the process allows', () => {
    const before = process.umask(0);
    try {
      privateFile(path).update(() => 'one');
    } finally {
      process.umask(before);
    }
    expect(privateFile(path).read()).toBe('one');
    expect([modeOf(path), modeOf(dirname(path))]).toEqual(['600', '700']);
  });

  it('is changed from what it was, and nothing else is left beside it', () => {
    const file = privateFile(path);
    file.update((text) => `${text} one`);
    file.update((text) => `${text} two`);
    expect(file.read()).toBe('undefined one two');
    expect(readdirSync(dirname(path)).sort()).toEqual(['secrets.json', 'secrets.json.lock']);
  });

  it('is not written when nothing changes', () => {
    put('one');
    const { ino } = statSync(path);
    privateFile(path).update((text) => text ?? '');
    expect(statSync(path).ino).toBe(ino);
  });

  it('closes a folder that is open to others', () => {
    put('one');
    chmodSync(dirname(path), 0o777);
    privateFile(path).update(() => 'two');
    expect(modeOf(dirname(path))).toBe('700');
  });

  it('stays as it was when the change fails', () => {
    put('one');
    const change = (): string => {
      throw new Error('no');
    };
    expect(() => privateFile(path).update(change)).toThrow('no');
    privateFile(path).update((text) => `${text} two`);
    expect(privateFile(path).read()).toBe('one two');
  });

  it.each([0o640, 0o604, 0o644, 0o620, 0o666, 0o601])('is refused when others may %o', (mode) => {
    put('one', mode);
    const refused = expect.objectContaining({
      code: 'secret/not-private',
      hint: expect.stringContaining(`chmod 600 ${path}`),
    });
    expect(() => privateFile(path).read()).toThrow(refused);
    expect(() => privateFile(path).update(() => 'two')).toThrow(refused);
    expect(readFileSync(path, 'utf8')).toBe('one');
  });

  it.each([
    ['a link', () => symlinkSync(join(folder.path, 'elsewhere'), path)],
    ['a link to nothing', () => symlinkSync('nowhere', path)],
    ['a folder', () => mkdirSync(path)],
  ])('is refused when it is %s', (_, make) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(join(folder.path, 'elsewhere'), 'not ours', { mode: 0o600 });
    make();
    const refused = expect.objectContaining({ code: 'secret/not-private' });
    expect(() => privateFile(path).read()).toThrow(refused);
    expect(() => privateFile(path).update(() => 'two')).toThrow(refused);
    expect(readFileSync(join(folder.path, 'elsewhere'), 'utf8')).toBe('not ours');
  });

  it('is refused when it is larger than 1 MiB', () => {
    put('x'.repeat(1024 * 1024 + 1));
    expect(() => privateFile(path).read()).toThrow(
      expect.objectContaining({ code: 'secret/unreadable' }),
    );
  });

  it('cannot be where no folder can be made', () => {
    writeFileSync(join(folder.path, 'user'), '');
    expect(() => privateFile(path).update(() => 'one')).toThrow(
      expect.objectContaining({ code: 'secret/unwritable' }),
    );
  });

  it('is free again when a process that was changing it was killed', async () => {
    put('one');
    const lock = `${path}.lock`;
    const program = `
      const { DatabaseSync } = require('node:sqlite');
      const database = new DatabaseSync(${JSON.stringify(lock)});
      database.exec('BEGIN IMMEDIATE');
      process.stdout.write('locked');
      setInterval(() => database, 1000);`;
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'ignore'] });
    await new Promise((ready) => child.stdout.once('data', ready));
    const other = new DatabaseSync(lock);
    expect(() => other.exec('BEGIN IMMEDIATE')).toThrow('locked');
    other.close();
    child.kill('SIGKILL');
    await new Promise((ended) => child.once('close', ended));
    privateFile(path).update((text) => `${text} two`);
    expect(privateFile(path).read()).toBe('one two');
  });

  it('loses nothing when several processes change it at once', async () => {
    const module = resolve(import.meta.dirname, '../../src/effects/private-file.ts');
    const program = (name: string): string => `
      import { privateFile } from ${JSON.stringify(module)};
      const file = privateFile(${JSON.stringify(path)});
      for (let at = 0; at < 25; at++) file.update((text) => (text ?? '') + '${name}' + at + ' ');`;
    const names = ['a', 'b', 'c', 'd'];
    const codes = await Promise.all(
      names.map((name) => {
        const args = ['--input-type=module', '-e', program(name)];
        const child = spawn(process.execPath, args, { stdio: 'ignore' });
        return new Promise((ended) => child.once('close', ended));
      }),
    );
    expect(codes).toEqual([0, 0, 0, 0]);
    const words = privateFile(path).read()?.trim().split(' ') ?? [];
    expect(words).toHaveLength(100);
    for (const name of names) {
      const own = words.filter((word) => word.startsWith(name));
      expect(own).toEqual(Array.from({ length: 25 }, (_, at) => `${name}${at}`));
    }
  }, 60_000);
});
