import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { nodeProcesses } from '../../src/effects/processes.ts';
import type { ByteSource } from '../../src/ports/effects.ts';

const processes = nodeProcesses();
const sh = (script: string, more = {}) =>
  processes.spawn({ command: '/bin/sh', args: ['-c', script], env: {}, ...more });

async function textOf(source: ByteSource): Promise<string> {
  const chunks: Uint8Array[] = [];
  source.onData((bytes) => chunks.push(bytes));
  await new Promise<void>((resolve) => source.onEnd(resolve));
  return Buffer.concat(chunks).toString();
}

/** Resolves when a process has ended; one that nobody has reaped yet counts as ended. */
async function ended(pid: number): Promise<void> {
  while (true) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
    if (stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')) return;
    await new Promise(setImmediate);
  }
}

describe('processes', () => {
  it('get what is written to them, and end with their own code', async () => {
    const child = sh('cat; echo aside >&2; exit 3');
    const [out, err] = [textOf(child.stdout), textOf(child.stderr)];
    await child.stdin.write(Buffer.from('hello'));
    child.stdin.end();
    expect(await child.exit).toEqual({ code: 3, signal: null });
    expect([await out, await err]).toEqual(['hello', 'aside\n']);
  });

  it('have exactly the environment that they are given', async () => {
    const child = processes.spawn({ command: '/usr/bin/env', args: [], env: { ONLY: 'this' } });
    const out = textOf(child.stdout);
    await child.exit;
    expect(await out).toBe('ONLY=this\n');
  });

  it('speak both ways over a pipe besides the three', async () => {
    const child = sh('read line <&3; echo "got $line" >&3', { extra: ['pipe'] });
    const answer = textOf(child.extra[0]!);
    await child.extra[0]!.write(Buffer.from('a line\n'));
    await child.exit;
    expect(await answer).toBe('got a line\n');
  });

  it('inherit no descriptor that they are not given', async () => {
    // What whoever started us left open is replaced by nothing. 3 is the folder that ls reads.
    const child = sh(
      'ls -l /proc/self/fd | grep -v /dev/null | sed "s/.* \\([0-9]*\\) -> .*/\\1/"',
    );
    const out = textOf(child.stdout);
    await child.exit;
    expect((await out).trim().split('\n').slice(1)).toEqual(['0', '1', '2', '3']);
  });

  it('tell when they cannot be started', async () => {
    const child = processes.spawn({ command: '/nowhere/at-all', args: [], env: {} });
    child.kill('SIGKILL', true);
    await expect(child.exit).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('may be killed again after their end', async () => {
    const child = sh('exit 0', { detached: true });
    await child.exit;
    child.kill('SIGKILL');
    child.kill('SIGKILL', true);
  });

  it('end although nobody reads what they say', async () => {
    const child = sh('head -c 3000 /dev/zero');
    expect((await child.exit).code).toBe(0);
  });

  it('swallow what is written after their end', async () => {
    const child = sh('exit 0');
    await child.exit;
    await child.stdin.write(Buffer.from('too late'));
  });

  it('are killed with their whole group', async () => {
    const child = sh('sleep 60 & echo $!; wait', { detached: true });
    const inner = new Promise<number>((resolve) => {
      child.stdout.onData((bytes) => resolve(Number(Buffer.from(bytes).toString())));
    });
    const pid = await inner;
    child.kill('SIGKILL', true);
    expect(await child.exit).toEqual({ code: null, signal: 'SIGKILL' });
    await ended(pid);
  });

  it('leave nobody of their group behind when they end by themselves', async () => {
    const child = sh('sleep 60 & echo $!', { detached: true });
    const out = textOf(child.stdout);
    expect((await child.exit).code).toBe(0);
    await ended(Number(await out));
  });

  it('that were halted end with whoever halted them, however suddenly', async () => {
    const code = `
      const { nodeProcesses } = await import(process.argv[1]);
      const spec = { command: '/bin/sh', args: ['-c', 'sleep 60'], env: {}, detached: true };
      const child = nodeProcesses().spawn(spec);
      child.kill('SIGSTOP');
      process.stdout.write(String(child.pid), () => process.exit(130));
    `;
    const source = new URL('../../src/effects/processes.ts', import.meta.url).href;
    const args = ['--input-type=module', '-e', code, source];
    const child = processes.spawn({ command: process.execPath, args, env: {} });
    const out = textOf(child.stdout);
    expect((await child.exit).code).toBe(130);
    await ended(Number(await out));
  });
});
