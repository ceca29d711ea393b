import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { appendFile, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeEffects } from '../../src/effects/index.ts';
import { type Bait, layBait } from '../../src/sandboxes/hostile/bait.ts';
import { lookAtMachine } from '../../src/sandboxes/machine.ts';

const linux = process.platform === 'linux';
const QUIET = { heard: [], victim: 'alive', changed: [] };

let bait: Bait;
beforeEach(async () => {
  bait = await layBait(await lookAtMachine(nodeEffects()));
});
afterEach(async () => bait.close());

const answerOf = (where: number | string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket =
      typeof where === 'number' ? connect(where, '127.0.0.1') : connect({ path: where });
    socket.on('data', (data) => resolve(String(data))).on('error', reject);
  });

/** One that was ended and that nobody has asked for its end has an empty command line. */
const isAlive = async (pid: number): Promise<boolean> =>
  (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) !== '';

describe.runIf(linux)('the bait', () => {
  it('stands unharmed while nobody comes', async () => {
    expect(await bait.look()).toEqual(QUIET);
    expect(await bait.look()).toEqual(QUIET);
  });

  it('holds the secret in files, in an environment and behind sockets', async () => {
    const { facts, secret } = bait;
    const files = [facts.file, `${facts.home}/.ssh/id_ed25519`, `${facts.inputs}-private/key.txt`];
    for (const path of files) expect(await readFile(path, 'utf8')).toContain(secret);
    const environment = await readFile(`/proc/${facts.host}/environ`, 'utf8');
    expect(environment).toContain(`${facts.variable}=${secret}`);
    for (const where of [facts.tcp, facts.socket, `\0${facts.abstract}`]) {
      expect(await answerOf(where)).toContain(secret);
    }
    expect((await bait.look()).heard).toEqual(['tcp', 'unix', 'abstract']);
  });

  it('tells what was heard once', async () => {
    await answerOf(bait.facts.tcp);
    expect(await bait.look()).toMatchObject({ heard: ['tcp'] });
    expect(await bait.look()).toEqual(QUIET);
  });

  it('answers a datagram and tells of it', async () => {
    const socket = createSocket('udp4');
    const answer = new Promise((resolve) => socket.on('message', resolve));
    socket.send('x', bait.facts.udp, '127.0.0.1');
    expect(String(await answer)).toBe(bait.secret);
    socket.close();
    expect(await bait.look()).toMatchObject({ heard: ['udp'] });
  });

  it.for<[string, (facts: Bait['facts']) => Promise<void>, string[]]>([
    ['changed', ({ writable }) => appendFile(writable, 'x'), ['/writable.txt']],
    ['removed', ({ file }) => rm(file), ['/secret.json']],
    ['renamed', ({ file }) => rename(file, `${file}.x`), ['/secret.json', '/secret.json.x']],
    ['added', ({ packages }) => writeFile(`${packages}/a.pth`, ''), ['/packages/a.pth']],
    [
      'replaced by a link',
      async ({ file }) => {
        await rm(file);
        await symlink('/', file);
      },
      ['/secret.json'],
    ],
  ])('tells of a file that was %s', async ([, change, changed]) => {
    await change(bait.facts);
    expect(await bait.look()).toEqual({ ...QUIET, changed });
  });

  it.for([
    ['ended', 'SIGKILL', 'gone'],
    ['halted', 'SIGSTOP', 'stopped'],
  ] as const)('tells of a victim that was %s', async ([, signal, victim]) => {
    process.kill(bait.facts.victim, signal);
    await expect.poll(async () => (await bait.look()).victim).toBe(victim);
  });

  it('belongs to the user that programs run as', async () => {
    const { uid } = await lookAtMachine(nodeEffects());
    const status = await readFile(`/proc/${bait.facts.victim}/status`, 'utf8');
    expect(/^Uid:\s+(\d+)/m.exec(status)?.[1]).toBe(String(uid ?? process.getuid?.()));
  });

  it('counts as harmed when its own process was ended', async () => {
    process.kill(bait.facts.host, 'SIGKILL');
    expect(await bait.look()).toMatchObject({ victim: 'gone' });
    process.kill(bait.facts.victim, 'SIGKILL');
  });

  it('leaves no process and no folder', async () => {
    const { host, victim, folder } = bait.facts;
    await bait.close();
    await expect.poll(async () => (await isAlive(host)) || (await isAlive(victim))).toBe(false);
    expect(existsSync(folder)).toBe(false);
  });
});
