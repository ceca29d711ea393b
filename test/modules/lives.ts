import { existsSync, readFileSync } from 'node:fs';

/** Whether a process is there and not only remembered by a parent that does not look after it. */
export function lives(pid: number): boolean {
  const path = `/proc/${pid}/stat`;
  return existsSync(path) && !/\) [ZX] /.test(readFileSync(path, 'utf8'));
}
