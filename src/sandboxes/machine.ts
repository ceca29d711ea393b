import { AwpError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import type { Effects } from '../ports/effects.ts';
import { runCommand } from './commands.ts';

/** What the providers need to know of the machine, and what makes its files fit for a box. */
export interface Machine {
  effects: Effects;
  /** The user that programs run as when we are root, else undefined: our own (decision 31). */
  uid: number | undefined;
}

/** Where the search for an unused user id begins: below those that systems hand out themselves. */
const FIRST_UID = 59_876;
const UIDS = 200;

/** Looks who we are, and for an unused user id when we are root. */
export async function lookAtMachine(effects: Effects): Promise<Machine> {
  if (effects.processes.uid() !== 0) return { effects, uid: undefined };
  const users = await effects.files.readText('/etc/passwd').catch(() => '');
  const taken = new Set(users.split('\n').map((line) => Number(line.split(':')[2])));
  const ids = Array.from({ length: UIDS }, (_, index) => FIRST_UID - index);
  return { effects, uid: ids.find((id) => !taken.has(id)) };
}

/** `uid` and `gid` for a process of the box. */
export function idsOf({ uid }: Machine): { uid?: number; gid?: number } {
  return uid === undefined ? {} : { uid, gid: uid };
}

/** Whether the user of the box can read this file, or this folder with all in it. */
export async function isReadable({ effects, uid }: Machine, path: string): Promise<boolean> {
  if (uid === undefined) return true;
  const unreadable = ['!', '-readable', '-o', '-type', 'd', '!', '-executable'];
  const args = [path, ...unreadable, '-print', '-quit'];
  const found = await runCommand(effects, { command: '/usr/bin/find', args, uid });
  return found?.code === 0 && found.stdout === '';
}

/** Makes a copy that everybody can read; links inside a folder stay links. */
export async function copyReadable({ effects }: Machine, from: string, to: string): Promise<void> {
  const copied = await runCommand(effects, {
    command: '/bin/cp',
    args: ['-R', '-H', '--', from, to],
    timeoutMs: 120_000,
  });
  const opened = await runCommand(effects, {
    command: '/bin/chmod',
    args: ['-R', 'u+rwX,go+rX', '--', to],
  });
  if (copied?.code === 0 && opened?.code === 0) return;
  throw new AwpError('sandbox/broken', `${from} could not be copied for the sandbox's user`, {
    hint: 'check that there is room in the temporary folder, or do not run as root',
  });
}

/**
 * The path of an interpreter's file or folder that the user of the box can read: its own, or that
 * of a copy which is made once (decision 31). `stamp` tells one state of it from another.
 */
export async function readableInterpreter(
  machine: Machine,
  path: string,
  stamp: string,
): Promise<string> {
  if (await isReadable(machine, path)) return path;
  const { files, processes } = machine.effects;
  const copy = `${CACHE}/${sha256(`${path}\n${stamp}`).slice(0, 16)}`;
  if ((await files.info(copy)) !== undefined) return copy;
  const draft = `${copy}.${processes.pid()}`;
  await files.makeFolder(CACHE, 0o755);
  try {
    await copyReadable(machine, path, draft);
    // Whoever else makes the same copy at the same time has made as good a one.
    await runCommand(machine.effects, { command: '/bin/mv', args: ['-nT', '--', draft, copy] });
  } finally {
    await files.remove(draft);
  }
  return copy;
}

/** Only root needs copies, and only root can write here: nobody can put something in its place. */
const CACHE = '/var/cache/awp-agents';
