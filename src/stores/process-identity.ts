import { readFileSync, readlinkSync } from 'node:fs';

/**
 * What tells one process from all others that ever ran on a machine: a process id alone is used
 * again, so its start time, the boot and the id space (containers have their own) go with it.
 */
export interface ProcessIdentity {
  pid: number;
  start: string;
  boot: string;
  space: string;
}

/** Our own identity; undefined where the system does not tell (no Linux `/proc`). */
export function thisProcess(): ProcessIdentity | undefined {
  const here = thisMachine();
  const stat = here && processStat(process.pid);
  return stat && here && { pid: process.pid, start: stat.start, ...here };
}

/**
 * Whether a process has surely ended. False when it lives, and also when that cannot be known:
 * another machine, another container, another boot, another system.
 */
export function surelyDead(other: ProcessIdentity): boolean {
  const here = thisMachine();
  if (here?.boot !== other.boot || here.space !== other.space) return false;
  const stat = processStat(other.pid);
  if (stat) return stat.start !== other.start || stat.ended;
  return !answers(other.pid); // `/proc` may be mounted so that it hides others' processes
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function thisMachine(): { boot: string; space: string } | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return { boot, space: readlinkSync('/proc/self/ns/pid') };
  } catch {
    return undefined; // no such files on this system: nothing can be known
  }
}

function processStat(pid: number): { start: string; ended: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in brackets may hold anything; the state is field 3 and the start time field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { start: fields[19] ?? '', ended: fields[0] === 'Z' || fields[0] === 'X' };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
