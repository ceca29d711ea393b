import type { Effects } from '../ports/effects.ts';
import { familyOf, procText } from '../ports/proc-files.ts';

/** Most processes that are looked for: a flood of them is ended in its group, not one by one. */
const MOST = 1000;

/**
 * All that a process of ours has started and that has not been cut loose from it, by number, also what
 * has left its group. Empty where there is no `/proc`, as on macOS and Windows, and when it has ended:
 * its number may be somebody else's then.
 */
export async function startedBy({ files, processes }: Effects, pid: number): Promise<number[]> {
  const stat = await procText(files, `/proc/${pid}/stat`);
  const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (Number(parent) !== processes.pid()) return [];
  const found: number[] = [];
  let level = [pid];
  while (level.length > 0 && found.length < MOST) {
    level = (await Promise.all(level.map((one) => familyOf(files, one)))).flatMap(
      ({ children }) => children,
    );
    found.push(...level);
  }
  return found;
}
